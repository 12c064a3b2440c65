"""Referrals as wards send them, each about somebody else: bodies for the load.

A BaRS message is as large as the published one (`bars-refreq03-new-gp-to-pharmacy.json`: 21,630 bytes, indented by two,
499 JSON values in 17 resources): what ours lacks of its resources is added, and it is indented alike.
"""

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
PUBLISHED_BYTES = 21_630
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
        body = fhir_body(person, now)
        headers = {
            "Content-Type": fhir.CONTENT_TYPE,
            "Accept": fhir.CONTENT_TYPE,
            "X-Request-Id": str(uuid4()),
            "X-Correlation-Id": str(uuid4()),
            "use-context": f"{fhir.USE_CASE}|referral|servicerequest-request|new",
        }
        yield target.request(body, headers.items())


def fhir_body(person: Person, now: datetime) -> bytes:
    """A message as large as the published one."""
    message = fhir.referral_message(person, now)
    message["entry"] += _besides(now.isoformat())
    body = json.dumps(message, indent=2).encode()
    if len(body) < PUBLISHED_BYTES:
        raise RuntimeError(f"a message of {len(body)} bytes is smaller than the published one of {PUBLISHED_BYTES}")
    return body


def _besides(at: str) -> list[fhir.Resource]:
    """What the published message holds beside what ours does: who else is concerned, why, and a task."""
    bodies: list[fhir.Resource] = [
        {"resourceType": "Task", "status": "requested", "intent": "plan", "code": _said("Assess the person at home")},
        {
            "resourceType": "Condition",
            "clinicalStatus": _coded("condition-clinical", "active"),
            "category": [_coded("condition-category", "problem-list-item")],
            "code": _said("Reduced mobility after a fall"),
            "subject": {"reference": f"urn:uuid:{uuid4()}"},
        },
        {
            "resourceType": "Practitioner",
            "identifier": [{"system": "https://fhir.nhs.uk/Id/sds-user-id", "value": "999999999999"}],
            "name": [{"use": "official", "family": "Example", "given": ["Another"], "prefix": ["Dr"]}],
            "telecom": [{"system": "phone", "value": "01632960000", "use": "work", "rank": 1}],
        },
        *(
            {"resourceType": "Organization", "identifier": [_ods(code)], **_place(code)}
            for code in ("A81001", "A81002")
        ),
    ]
    return [{"fullUrl": f"urn:uuid:{uuid4()}", "resource": {**body, **_head(body, at)}} for body in bodies]


def _head(body: fhir.Resource, at: str) -> fhir.Resource:
    profile = f"https://fhir.hl7.org.uk/StructureDefinition/UKCore-{body['resourceType']}"
    return {"id": str(uuid4()), "meta": {"lastUpdated": at, "profile": [profile]}}


def _place(name: str) -> fhir.Resource:
    lines = ["The Example Practice", "1 Example Street"]
    address = {"use": "work", "type": "physical", "line": lines, "city": "Exampletown", "postalCode": "ZZ99 3WZ"}
    telecom = {"system": "phone", "value": "01632960001", "use": "work"}
    return {"name": name, "active": True, "address": [address], "telecom": [telecom]}


def _said(words: str) -> fhir.Resource:
    return {"coding": [{"system": "http://snomed.info/sct", "code": "138875005", "display": words}], "text": words}


def _coded(system: str, code: str) -> fhir.Resource:
    return {"coding": [{"system": f"http://terminology.hl7.org/CodeSystem/{system}", "code": code}]}


def _ods(code: str) -> fhir.Resource:
    return {"system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": code}


def made_ahead(requests: Iterator[bytes], number: int) -> Iterator[bytes]:
    """The first of the requests, made before the clock runs."""
    return iter([next(requests) for _ in range(number)])
