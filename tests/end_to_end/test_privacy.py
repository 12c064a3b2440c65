"""Names, NHS numbers and free text stay in spa-intake: not in topics, logs, traces or the other databases."""

import json
import re
from dataclasses import replace
from datetime import date
from uuid import uuid4

import httpx
import pytest

from homeward_local.client import demo_token
from homeward_local.demo import clock, hl7, rest
from homeward_local.demo.people import Person
from homeward_local.demo.sending import admit, discharge, send_referral
from homeward_local.demo.ways import Way
from homeward_local.topics import catalogue

from .conftest import Stack
from .databases import every_value
from .journeys import a_person
from .records import read_all, send_record
from .waiting import wait_for

pytestmark = pytest.mark.stack

SECRETS = {
    "family_name": "Qwertzfamily",
    "given_name": "Qwertzgiven",
    "address_line": "77 Qwertz Street",
    "phone": "07700 900888",
    "hospital_number": "HQWERTZ1",
    "postcode": "BR6 9QZ",
    "visit_number": "VQWERTZ1",
}
BORN_ON = date(1931, 7, 13)
FREE_TEXT = "Qwertzreason she asks for her sister"
CONTENT = {
    "contacts": [{"name": "Qwertzdaughter", "relationship": "child", "phone": "07700 900888"}],
    "liaison": {"name": "Qwertzliaison", "phone": "07700 900888"},
    "texts": dict.fromkeys(("clinical_summary", "wishes", "home_and_access", "risks", "medicines"), "Qwertzwords"),
}
NOTE = "Qwertznote the key is under the stone"


def _person(seed: int, mark: str) -> Person:
    """A person all of whose values are found nowhere else; `mark` tells the three ways apart."""
    person = a_person(seed)
    return replace(
        person,
        **{name: f"{value}{mark}" if name.endswith(("name", "number")) else value for name, value in SECRETS.items()},
        born_on=BORN_ON,
    )


def _forbidden(people: list[Person]) -> list[str]:
    words = ["qwertz", "br6 9qz", "br69qz", "1931-07-13", "19310713", "07700 900888", "07700900888"]
    for person in people:
        number = person.nhs_number
        words += [number, f"{number[:3]} {number[3:6]} {number[6:]}"]
    return words


def _found(text: str, forbidden: list[str]) -> list[str]:
    lowered = text.lower()
    return [word for word in forbidden if word in lowered]


def _send_by_all_ways(stack: Stack, people: list[Person]) -> str:
    by_rest, by_fhir, by_hl7 = people
    now = clock.now(stack.client)
    body = rest.referral_body(by_rest, now) | {"reason_text": FREE_TEXT} | CONTENT
    referral_id: str = stack.client.post("spa-intake", "/api/v1/referrals", "ward_system", body)["referral_id"]
    stack.client.post("spa-intake", "/api/v1/notes", "coordinator", {"referral_id": referral_id, "text": NOTE})
    send_referral(stack.client, by_fhir, now, Way.FHIR)
    send_referral(stack.client, by_hl7, now, Way.HL7)
    admit(stack.client, by_rest, now)
    discharge(stack.client, by_rest, now, now)
    return referral_id


def _send_refused(stack: Stack, person: Person) -> None:
    """Every door refuses something that is full of personal data; none may repeat it anywhere."""
    token = demo_token(stack.client.issuer, "ward_system")
    intake = stack.client.services["spa-intake"]
    headers = {"Authorization": f"Bearer {token}"}
    good = rest.referral_body(person, clock.now(stack.client))
    broken = {**good, "person": {**good["person"], "nhs_number": "Qwertz", "born_on": "Qwertz", "extra": "Qwertz"}}
    adt = hl7.admission(person, clock.now(stack.client))
    attempts = [
        ("/api/v1/referrals", json.dumps(broken).encode()),
        ("/api/v1/referrals", b'{"person": {"family_name": "Qwertz'),
        (
            "/fhir/R4/$process-message",
            json.dumps({"resourceType": "Bundle", "id": "Qwertz", "entry": ["Qwertz"]}).encode(),
        ),
        ("/fhir/R4/$process-message", b"Qwertz"),
        ("/api/v1/hl7/adt", adt.replace(b"ADT^A01", b"ADT^Z99")),
        ("/api/v1/hl7/adt", adt.replace(b"PV1|", b"XX1|").replace(b"PID|", b"QZ1|Qwertz|")),
        ("/api/v1/hl7/adt", b"Qwertz"),
    ]
    for path, content in attempts:
        answer = httpx.post(f"{intake}{path}", content=content, headers=headers, timeout=20)
        assert answer.status_code < 500, f"{path}: {answer.status_code}"
        assert answer.status_code >= 400 or re.search(r"MSA\|A[ER]", answer.text), path
        assert "qwertz" not in answer.text.lower(), path
    unknown = httpx.get(f"{intake}/api/v1/referrals/Qwertz?family_name=Qwertz", headers=headers, timeout=20)
    assert unknown.status_code in {404, 422}
    assert "qwertz" not in unknown.text.lower()


def test_a_poison_record_is_announced_without_a_word_of_what_it_holds(stack: Stack) -> None:
    secret = "Zyxwvpoison"
    headers = {
        "ce_specversion": "1.0",
        "ce_id": str(uuid4()),
        "ce_type": "discharge.referral.accepted.v1",
        "ce_source": "homeward/spa-intake",
        "ce_subject": f"referral/{uuid4()}",
        "ce_time": "2026-11-22T10:00:00Z",
    }
    payload = json.dumps({"referral_id": secret, "family_name": secret, "facts": [secret]}).encode()
    send_record(stack.config.bootstrap_servers, "discharge-referrals", str(uuid4()), payload, headers)

    def announcements() -> list[str] | None:
        records = read_all(stack.config.bootstrap_servers, ["discharge-dead-letters"])
        told = [text for record in records if headers["ce_id"] in (text := f"{record.value!r} {record.headers!r}")]
        return told if len(told) >= 4 else None  # one from each group that handles the type

    found = wait_for(announcements, "the announcements of its consumers")
    shown = [
        json.dumps(stack.client.get(service, "/ops/dead-letters", "operator")) for service in stack.client.services
    ]
    assert any(headers["ce_id"] in listed for listed in shown)
    logs = [log.read_text(errors="replace") for log in stack.logs.glob("*.log")]
    traces = [body.decode("latin-1") for body in stack.spans.bodies]
    assert [text for text in (*found, *shown, *logs, *traces) if secret.lower() in text.lower()] == []


def test_identity_and_free_text_stay_in_spa_intake(stack: Stack) -> None:
    people = [_person(51, "R"), _person(52, "F"), _person(53, "H")]
    forbidden = _forbidden(people)
    referral_id = _send_by_all_ways(stack, people)
    _send_refused(stack, _person(54, "X"))
    wait_for(lambda: clock.is_settled(stack.client), "everything to be handled")
    wait_for(lambda: any(span.attributes.get("referral.id") == referral_id for span in stack.spans.spans), "its spans")

    in_intake = every_value(stack.database_url("spa-intake"))
    assert len(_found(in_intake, forbidden)) >= 8, "the search itself finds nothing: it could not fail"

    records = read_all(stack.config.bootstrap_servers, sorted(catalogue()))
    topics = "\n".join(f"{record.key!r} {record.value!r} {record.headers!r}" for record in records)
    assert referral_id in topics
    leaks = {"topics": _found(topics, forbidden)}
    for log in stack.logs.glob("*.log"):
        leaks[log.name] = _found(log.read_text(errors="replace"), forbidden)
    leaks["traces"] = _found("\n".join(body.decode("latin-1") for body in stack.spans.bodies), forbidden)
    for service in ("triage", "care-package", "readmission-monitor"):
        leaks[service] = _found(every_value(stack.database_url(service)), forbidden)
    assert {place: words for place, words in leaks.items() if words} == {}
