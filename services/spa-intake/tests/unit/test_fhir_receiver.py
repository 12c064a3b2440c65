import json

import pytest
from door_builders import NHS_NUMBER, Change, bars, resource, setting, structure, use_case, without

from spa_intake.adapters.fhir.message import read_message
from spa_intake.adapters.fhir.outcome import FhirRefusal, operation_outcome
from spa_intake.adapters.fhir.rules import check_formats, check_headers, check_message, check_use_context

ID = "5a000000-0000-4000-8000-0000000000ff"
BAD, WRONG = (400, "REC_BAD_REQUEST"), (422, "REC_UNPROCESSABLE_ENTITY")


def refused(bundle: object) -> FhirRefusal:
    body = bundle if isinstance(bundle, bytes) else json.dumps(bundle).encode()
    with pytest.raises(FhirRefusal) as caught:
        check_message(read_message(body, structure()))
    return caught.value


def test_our_example_passes_every_rule() -> None:
    check_message(read_message(json.dumps(bars()).encode(), structure()))


def event(code: str) -> Change:
    system = "https://fhir.nhs.uk/CodeSystem/message-events-bars"
    return setting("MessageHeader", "eventCoding", {"system": system, "code": code})


def reason(code: str) -> Change:
    system = "https://fhir.nhs.uk/CodeSystem/message-reason-bars"
    return setting("MessageHeader", "reason", {"coding": [{"system": system, "code": code}]})


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
        (reason("update"), WRONG, "not-supported", "MessageHeader.reason"),
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
    assert NHS_NUMBER not in refused(bars(use_case(NHS_NUMBER))).issues[0].diagnostics


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


@pytest.mark.parametrize("headers", [{}, {"X-Request-Id": ID}, {"X-Request-Id": "1", "X-Correlation-Id": ID}])
def test_both_identifiers_must_be_uuids(headers: dict[str, str]) -> None:
    with pytest.raises(FhirRefusal) as caught:
        check_headers(headers)
    assert (caught.value.status, caught.value.error, caught.value.issues[0].code) == (*BAD, "invalid")


def test_identifiers_are_read() -> None:
    assert str(check_headers({"X-Request-Id": ID.upper(), "X-Correlation-Id": ID}).request_id) == ID


@pytest.mark.parametrize(
    ("context", "answer"),
    [
        ("hw-d1|referral|servicerequest-request|new", None),
        ("a5t1|referral|servicerequest-request|new", WRONG),
        ("hw-d1|validation|servicerequest-request|new", WRONG),
        ("hw-d1|referral|servicerequest-request|update", WRONG),
        ("hw-d1|referral", BAD),
    ],
)
def test_the_use_context_must_be_ours(context: str, answer: tuple[int, str] | None) -> None:
    headers = {"use-context": context}
    if answer is None:
        check_use_context(headers)
        return
    with pytest.raises(FhirRefusal) as caught:
        check_use_context(headers)
    assert (caught.value.status, caught.value.error) == answer


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, None),
        ({"Accept": "application/fhir+json; version=1.4.0", "Content-Type": "text/json"}, None),
        ({"Accept": "*/*"}, None),
        ({"Accept": "application/fhir+xml"}, 406),
        ({"Content-Type": "application/fhir+json; version=2.0.0"}, 422),
    ],
)
def test_formats(headers: dict[str, str], status: int | None) -> None:
    if status is None:
        check_formats(headers)
        return
    with pytest.raises(FhirRefusal) as caught:
        check_formats(headers)
    assert caught.value.status == status
