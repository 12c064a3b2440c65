import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from door_builders import structure
from published_examples import EXAMPLES, files, needs_examples

from homeward_kit.values import is_valid_nhs_number
from spa_intake.adapters.fhir.message import read_message
from spa_intake.adapters.fhir.outcome import FhirRefusal, duplicate, operation_outcome
from spa_intake.adapters.fhir.referral import read_referral, sender_of
from spa_intake.adapters.fhir.rules import check_message

pytestmark = needs_examples
REFERRAL = "fhir/bars-refreq03-new-gp-to-pharmacy.json"
# Faults of the published files themselves: a version the schema lacks, a patch, a bare entry.
NOT_FHIR_R4 = {
    "barsapi-capability-statement.json",
    "barsapi-servicerequest-patch.json",
    "barsapi-servicerequest-searchset.json",
}
# Why each published message that is not a new hospital discharge is not taken.
REFUSED = {
    "bars-refreq03-new-gp-to-pharmacy.json": (422, "The use case a5t1 is not supported"),
    "bars-refreq08a-initial.json": (422, "The use case a6t1 is not supported"),
    "bars-refresp03-acceptance.json": (422, "servicerequest-request"),
    "bars-servreq01-cancel-revoked.json": (422, "The use case a4t1 is not supported"),
    "barsapi-process-message-booking.json": (422, "servicerequest-request"),
    "barsapi-validation-request.json": (422, "The use case"),
    "barsapi-validation-response.json": (422, "servicerequest-request"),
}


def load(path: Path) -> Any:  # Any: JSON
    return json.loads(path.read_text(encoding="utf-8"))


def refusal_of(body: bytes) -> FhirRefusal:
    with pytest.raises(FhirRefusal) as caught:
        check_message(read_message(body, structure()))
    return caught.value


@pytest.mark.parametrize("path", files("fhir/*.json"), ids=lambda path: path.name)
def test_published_resources_meet_hl7s_schema_but_for_their_own_faults(path: Path) -> None:
    faults = list(structure().faults(load(path), "Resource"))
    assert bool(faults) == (path.name in NOT_FHIR_R4)


@pytest.mark.parametrize("name", REFUSED)
def test_published_messages_are_refused_for_what_they_are(name: str) -> None:
    refusal = refusal_of((EXAMPLES / "fhir" / name).read_bytes())
    status, sentence = REFUSED[name]
    assert refusal.status == status
    assert sentence in refusal.issues[0].diagnostics


def test_with_our_use_case_alone_the_published_referral_is_taken() -> None:
    body = (EXAMPLES / REFERRAL).read_bytes().replace(b'"a5t1"', b'"hw-d1"')
    message = read_message(body, structure())
    check_message(message)
    referral = read_referral(message, sender_of(message) or "RJZ")
    assert (referral.facts.hospital, referral.facts.ward) == ("RND", "")
    assert (referral.person.nhs_number, referral.person.verification_status) == ("3478526985", "01")
    assert not is_valid_nhs_number(referral.person.nhs_number or "")


@pytest.mark.parametrize(
    ("name", "refuse"),
    [
        ("barsapi-oo-400-invariant.json", lambda: refusal_of(b'{"resourceType": "Bundle", "type": "message"}')),
        ("barsapi-oo-409-duplicate.json", duplicate),
        ("barsapi-oo-422-not-supported.json", lambda: refusal_of((EXAMPLES / REFERRAL).read_bytes())),
    ],
)
def test_our_outcomes_are_coded_as_the_published_ones(name: str, refuse: Callable[[], FhirRefusal]) -> None:
    published = load(EXAMPLES / "fhir" / name)["issue"][0]
    refusal = refuse()
    issue = operation_outcome(refusal.error, refusal.issues)["issue"][0]
    coded = ("severity", "code", "details")
    assert {part: issue[part] for part in coded} == {part: published[part] for part in coded}
