import json

import pytest
from door_builders import (
    NHS_NUMBER,
    Change,
    bars,
    cancelling,
    reason,
    resource,
    setting,
    structure,
    use_case,
    without,
)

from spa_intake.adapters.fhir.message import read_message
from spa_intake.adapters.fhir.outcome import FhirRefusal, operation_outcome
from spa_intake.adapters.fhir.rules import Asked, check_message

ID = "5a000000-0000-4000-8000-0000000000ff"
BAD, WRONG = (400, "REC_BAD_REQUEST"), (422, "REC_UNPROCESSABLE_ENTITY")


def refused(bundle: object) -> FhirRefusal:
    body = bundle if isinstance(bundle, bytes) else json.dumps(bundle).encode()
    with pytest.raises(FhirRefusal) as caught:
        check_message(read_message(body, structure()))
    return caught.value


def asked(*changes: Change) -> Asked:
    return check_message(read_message(json.dumps(bars(*changes)).encode(), structure()))


def test_our_example_passes_every_rule() -> None:
    assert asked() is Asked.NEW


@pytest.mark.parametrize("status", ["revoked", "entered-in-error"])
def test_an_update_that_revokes_is_a_cancellation(status: str) -> None:
    assert asked(*cancelling(status)) is Asked.CANCEL


def test_an_active_update_is_an_update() -> None:
    assert asked(reason("update")) is Asked.UPDATE


@pytest.mark.parametrize("name", ["Patient", "ServiceRequest", "MessageHeader"])
def test_a_cancellation_is_checked_by_its_own_definition(name: str) -> None:
    assert refused(bars(*cancelling(), without(name))).status == 400


def test_an_update_needs_all_that_a_new_referral_needs() -> None:
    refusal = refused(bars(reason("update"), setting("CarePlan", "status", "active")))
    assert (refusal.status, refusal.issues[0].expression) == (400, "CarePlan.status")


def event(code: str) -> Change:
    system = "https://fhir.nhs.uk/CodeSystem/message-events-bars"
    return setting("MessageHeader", "eventCoding", {"system": system, "code": code})


def category(code: str) -> Change:
    def change(bundle: dict[str, object]) -> None:
        resource(bundle, "ServiceRequest")["category"][0]["coding"][0]["code"] = code

    return change


NOWHERE = {"reference": "urn:uuid:00000000-0000-4000-8000-000000000000"}


@pytest.mark.parametrize(
    ("change", "answer", "issue", "expression"),
    [
        (setting("Bundle", "meta", {"profile": ["x"]}), BAD, "invariant", "Bundle.meta.versionId"),
        (setting("Bundle", "meta", {"versionId": "2.0.0"}), WRONG, "not-supported", "Bundle.meta.versionId"),
        (setting("Bundle", "meta", {"versionId": "one"}), WRONG, "not-supported", "Bundle.meta.versionId"),
        (setting("Bundle", "type", "batch"), BAD, "invariant", "Bundle.type"),
        (setting("Bundle", "type", "parcel"), BAD, "structure", "Bundle.type"),
        (setting("Bundle", "id", None), BAD, "invariant", "Bundle.id"),
        (setting("Bundle", "timestamp", None), BAD, "invariant", "Bundle.timestamp"),
        (setting("Bundle", "parcel", 1), BAD, "structure", "Bundle"),
        (setting("Patient", "birthDate", "1941-13-09"), BAD, "structure", "Bundle.entry[5].resource.birthDate"),
        (without("MessageHeader"), BAD, "invariant", "Bundle.entry[0]"),
        (without("ServiceRequest"), BAD, "invariant", "Bundle.entry"),
        (without("Patient"), BAD, "invariant", "Bundle.entry.resource.ofType(Patient)"),
        (without("CarePlan"), BAD, "invariant", "Bundle.entry.resource.ofType(CarePlan)"),
        (without("Consent"), BAD, "invariant", "Bundle.entry.resource.ofType(Consent)"),
        (event("booking-request"), WRONG, "not-supported", "MessageHeader.eventCoding"),
        (use_case("a5t1"), WRONG, "not-supported", "ServiceRequest.category"),
        (category("validation"), WRONG, "not-supported", "ServiceRequest.category"),
        (reason("delete"), WRONG, "not-supported", "MessageHeader.reason"),
        (setting("MessageHeader", "reason", None), WRONG, "not-supported", "MessageHeader.reason"),
        (setting("ServiceRequest", "status", "draft"), WRONG, "not-supported", "MessageHeader.reason"),
        (setting("ServiceRequest", "status", "revoked"), WRONG, "not-supported", "MessageHeader.reason"),
        (setting("ServiceRequest", "authoredOn", None), BAD, "invariant", "ServiceRequest.authoredOn"),
        (setting("ServiceRequest", "subject", NOWHERE), BAD, "invariant", "ServiceRequest.subject"),
        (setting("MessageHeader", "focus", [NOWHERE]), BAD, "invariant", "MessageHeader.focus"),
        (setting("CarePlan", "status", "active"), BAD, "invariant", "CarePlan.status"),
        (setting("Encounter", "status", "in-progress"), BAD, "invariant", "Encounter.status"),
        (setting("Patient", "contact", None), BAD, "invariant", "Patient.contact"),
    ],
)
def test_each_fault_has_its_published_coding_and_place(
    change: Change, answer: tuple[int, str], issue: str, expression: str
) -> None:
    refusal = refused(bars(change))
    assert (refusal.status, refusal.error) == answer
    assert (refusal.issues[0].code, refusal.issues[0].expression) == (issue, expression)
    assert list(structure().faults(operation_outcome(refusal.error, refusal.issues), "OperationOutcome")) == []


def test_the_use_case_is_named_unless_it_could_be_something_else() -> None:
    assert "a5t1" in refused(bars(use_case("a5t1"))).issues[0].diagnostics
    told = refused(bars(use_case(NHS_NUMBER))).issues[0].diagnostics
    assert told == "The use case of the message is not supported; the one taken is hw-d1."


def test_cardinality_faults_are_told_together() -> None:
    refusal = refused(bars(without("Consent"), without("Practitioner"), without("HealthcareService")))
    assert len(refusal.issues) == 3


def test_a_type_with_an_upper_limit_may_not_occur_twice() -> None:
    def twice(bundle: dict[str, list[object]]) -> None:
        bundle["entry"].append({"fullUrl": "urn:uuid:" + ID, "resource": resource(bundle, "Encounter")})

    assert refused(bars(twice)).issues[0].expression == "Bundle.entry.resource.ofType(Encounter)"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"Bundle"', b'{"resourceType":"Patient"}', b"\xff\xfe", b"[" * 100_000, b"{}"]
)
def test_what_is_not_a_bundle_is_refused_as_structure(body: bytes) -> None:
    assert [issue.code for issue in refused(body).issues] == ["structure"]


@pytest.mark.parametrize("text", ["a\\u0000b", "a\x00b"])
def test_a_nul_character_is_refused(text: str) -> None:
    assert refused(b'{"resourceType":"Bundle","id":"%s"}' % text.encode()).issues[0].code == "invalid"


def test_a_byte_order_mark_is_forgiven() -> None:
    check_message(read_message(b"\xef\xbb\xbf" + json.dumps(bars()).encode(), structure()))


def test_a_number_that_the_schema_lets_through_is_refused_with_its_place() -> None:
    def change(bundle: dict[str, object]) -> None:
        resource(bundle, "Patient")["contact"][0]["extension"][0]["valuePositiveInt"] = 1.5

    assert refused(bars(change)).issues[0].expression == "Patient.contact.extension.valuePositiveInt"


def test_references_may_be_relative() -> None:
    def change(bundle: dict[str, object]) -> None:
        resource(bundle, "Patient")["id"] = "p1"
        resource(bundle, "ServiceRequest")["subject"] = {"reference": "Patient/p1"}

    check_message(read_message(json.dumps(bars(change)).encode(), structure()))


UNSUPPORTED = {"Accept": "application/fhir+json; version=2.0.0"}


@pytest.mark.parametrize(
    ("changes", "headers", "expected"),
    [
        # what comes first in the standard's list is answered, whatever else is wrong
        ((setting("Bundle", "meta", {}), use_case("a5t1")), UNSUPPORTED, (400, "invariant")),
        ((use_case("a5t1"), setting("CarePlan", "status", "active")), {}, (422, "not-supported")),
        ((setting("CarePlan", "status", "active"),), UNSUPPORTED, (422, "not-supported")),
        ((setting("CarePlan", "status", "active"),), {"use-context": "a5t1|a|b|c"}, (422, "not-supported")),
        ((without("Consent"), setting("CarePlan", "status", "active")), {}, (400, "invariant")),
    ],
)
def test_the_first_rule_that_is_broken_answers(
    changes: tuple[Change, ...], headers: dict[str, str], expected: tuple[int, str]
) -> None:
    with pytest.raises(FhirRefusal) as caught:
        check_message(read_message(json.dumps(bars(*changes)).encode(), structure()), headers)
    assert (caught.value.status, caught.value.issues[0].code) == expected


@pytest.mark.parametrize(
    ("said", "changes", "is_right"),
    [("new", (), True), ("update", (), False), ("new", cancelling(), False), ("update", cancelling(), True)],
)
def test_the_use_context_must_not_contradict_the_message(
    said: str, changes: tuple[Change, ...], *, is_right: bool
) -> None:
    headers = {"use-context": f"hw-d1|referral|servicerequest-request|{said}"}
    message = read_message(json.dumps(bars(*changes)).encode(), structure())
    if is_right:
        check_message(message, headers)
        return
    with pytest.raises(FhirRefusal) as caught:
        check_message(message, headers)
    assert (caught.value.status, caught.value.issues[0].code) == (400, "invariant")
