import json
from base64 import b64encode

import pytest

from spa_intake.adapters.fhir.headers import check_formats, check_headers, check_versions, use_context
from spa_intake.adapters.fhir.outcome import FhirRefusal

ID = "5a000000-0000-4000-8000-0000000000ff"
IDS = {"X-Request-Id": ID, "X-Correlation-Id": ID}
BAD, WRONG = (400, "REC_BAD_REQUEST"), (422, "REC_UNPROCESSABLE_ENTITY")


def packed(content: object) -> str:
    return b64encode(json.dumps(content).encode()).decode()


TARGET = {"system": "https://fhir.nhs.uk/Id/dos-service-id", "value": "2000099999"}
WELL_FORMED = {
    "NHSD-Target-Identifier": packed(TARGET),
    "NHSD-End-User-Organisation": packed({"resourceType": "Organization", "name": "A hospital"}),
    "NHSD-Requesting-Software": packed({"resourceType": "Device"}),
    "NHSD-Requesting-Practitioner": packed({"resourceType": "PractitionerRole"}),
}


@pytest.mark.parametrize("headers", [{}, {"X-Request-Id": ID}, {"X-Request-Id": "1", "X-Correlation-Id": ID}])
def test_both_identifiers_must_be_uuids(headers: dict[str, str]) -> None:
    with pytest.raises(FhirRefusal) as caught:
        check_headers(headers)
    assert (caught.value.status, caught.value.error, caught.value.issues[0].code) == (*BAD, "invalid")


def test_identifiers_are_read() -> None:
    assert str(check_headers({"X-Request-Id": ID.upper(), "X-Correlation-Id": ID}).request_id) == ID


def test_well_formed_nhsd_headers_are_taken() -> None:
    assert check_headers(IDS | WELL_FORMED).missing == frozenset()


def test_missing_nhsd_headers_are_taken_and_known() -> None:
    assert check_headers(IDS).missing == {
        "NHSD-Target-Identifier",
        "NHSD-End-User-Organisation",
        "NHSD-Requesting-Software",
    }


@pytest.mark.parametrize("name", WELL_FORMED)
@pytest.mark.parametrize(
    "value", ["", "%%%", "bm90IGpzb24=", packed([]), packed({"resourceType": "Patient"}), packed({"system": 1})]
)
def test_a_malformed_nhsd_header_is_refused_by_name_alone(name: str, value: str) -> None:
    with pytest.raises(FhirRefusal) as caught:
        check_headers(IDS | WELL_FORMED | {name: value})
    (issue,) = caught.value.issues
    assert (caught.value.status, issue.code) == (400, "value")
    assert name in issue.diagnostics


@pytest.mark.parametrize(
    ("context", "answer"),
    [
        ("hw-d1|referral|servicerequest-request|new", None),
        ("hw-d1|referral|servicerequest-request|update", None),
        ("a5t1|referral|servicerequest-request|new", WRONG),
        ("hw-d1|validation|servicerequest-request|new", WRONG),
        ("hw-d1|referral|booking-request|new", WRONG),
        ("hw-d1|referral|servicerequest-request|delete", WRONG),
        ("hw-d1|referral", BAD),
        ("", BAD),
    ],
)
def test_the_use_context_must_be_ours(context: str, answer: tuple[int, str] | None) -> None:
    headers = {"use-context": context}
    if answer is None:
        assert use_context(headers) == context.split("|")
        return
    with pytest.raises(FhirRefusal) as caught:
        use_context(headers)
    assert (caught.value.status, caught.value.error) == answer


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, None),
        ({"Accept": "application/fhir+json; version=1.4.0", "Content-Type": "text/json"}, None),
        ({"Accept": "application/json", "Content-Type": "application/json"}, None),
        ({"Content-Type": "application/fhir+json;version=1.4.0"}, None),
        ({"Content-Type": 'application/fhir+json; fhirVersion=4.0; version="1.2.2"'}, None),
        ({"Accept": "*/*"}, None),
        ({"Accept": "application/fhir+xml"}, 406),
        ({"Content-Type": "application/fhir+xml"}, 415),
        ({"Content-Type": "application/fhir+json; version=2.0.0"}, 422),
        ({"Accept": "application/fhir+json; version=0.9"}, 422),
    ],
)
def test_formats_and_versions(headers: dict[str, str], status: int | None) -> None:
    def check() -> None:
        check_formats(headers)
        check_versions(headers)

    if status is None:
        check()
        return
    with pytest.raises(FhirRefusal) as caught:
        check()
    assert caught.value.status == status
