"""Referrals as wards send them, each about somebody else: bodies for the load."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import count
from uuid import uuid4

from homeward_local.demo import fhir
from homeward_local.demo.people import Person, nhs_number_of, synthetic_person
from homeward_local.demo.rest import referral_body

from .load import Target

REST, FHIR = "/api/v1/referrals", "/fhir/R4/$process-message"
MODELS = 200  # people are varied from these: making one up takes longer than answering for one


def people(start: int = 0) -> Iterator[Person]:
    """No two of them have a number in common."""
    chooser = random.Random(start)
    models = [synthetic_person(chooser, date(2026, 11, 1)) for _ in range(MODELS)]
    for number in count(start):
        nhs_number = nhs_number_of(number % 1_000_000)
        if nhs_number is not None:
            model = models[number % MODELS]
            yield replace(
                model,
                family_name=f"{model.family_name}-{_in_letters(number)}",  # nobody is taken for somebody alike
                nhs_number=nhs_number,
                hospital_number=f"B{number:08d}",
                visit_number=f"V{number:08d}",
            )


def _in_letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def rest_requests(target: Target, start: int = 0) -> Iterator[bytes]:
    """POSTs of a referral with an Idempotency-Key."""
    now = datetime.now(UTC)
    for person in people(start):
        body = json.dumps(referral_body(person, now)).encode()
        yield target.request(body, [("Content-Type", "application/json"), ("Idempotency-Key", str(uuid4()))])


def fhir_requests(target: Target, start: int = 0) -> Iterator[bytes]:
    """POSTs of a BaRS message."""
    now = datetime.now(UTC)
    for person in people(start):
        body = json.dumps(fhir.referral_message(person, now)).encode()
        headers = {
            "Content-Type": fhir.CONTENT_TYPE,
            "Accept": fhir.CONTENT_TYPE,
            "X-Request-Id": str(uuid4()),
            "X-Correlation-Id": str(uuid4()),
            "use-context": f"{fhir.USE_CASE}|referral|servicerequest-request|new",
        }
        yield target.request(body, headers.items())


def made_ahead(requests: Iterator[bytes], number: int) -> Iterator[bytes]:
    """The first of the requests, made before the clock runs."""
    return iter([next(requests) for _ in range(number)])
