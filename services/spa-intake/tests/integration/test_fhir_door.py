"""BaRS messages on the real database: taken once, answered as published, and nothing of a person told elsewhere."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from door_builders import NHS_NUMBER, Json, bars, resource, setting, structure, use_case
from door_service import Door, open_door
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from published_examples import EXAMPLES, needs_examples

from homeward_kit.database import Database
from homeward_kit.testing.tokens import TokenIssuer
from spa_intake.adapters.db.fhir_messages import claim
from spa_intake.adapters.fhir.structure import SchemaMissingError
from spa_intake.api import fhir

PATH = "/fhir/R4/$process-message"
PUBLISHED = EXAMPLES / "fhir" / "bars-refreq03-new-gp-to-pharmacy.json"
SECRETS = (NHS_NUMBER, "Edith", "Sample Road", "1941-03-09", "H7700121", "02079460121")


@pytest.fixture
async def door(make_database: Callable[[str], Database], token_issuer: TokenIssuer) -> AsyncIterator[Door]:
    async with open_door(make_database("spa_intake"), token_issuer) as opened:
        yield opened


def identifiers(request_id: UUID | None = None) -> dict[str, str]:
    return {"X-Request-Id": str(request_id or uuid4()), "X-Correlation-Id": str(uuid4())}


async def send(door: Door, message: Json | bytes, **headers: str) -> Json:
    """Post a message; the body of the answer with its status and headers added."""
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    answer = await door.client.post(PATH, content=body, headers=door.ward() | identifiers() | headers)
    found: Json = answer.json()
    assert answer.headers["content-type"].startswith("application/fhir+json")
    assert list(structure().faults(found, "Answer")) == []
    return found | {"status": answer.status_code, "headers": answer.headers}


def coding(outcome: Json) -> tuple[int, str, str]:
    issue = outcome["issue"][0]
    return outcome["status"], issue["details"]["coding"][0]["code"], issue["code"]


async def test_a_referral_is_taken_and_answered(door: Door) -> None:
    request_id = uuid4()
    answer = await send(door, bars(), **{"X-Request-Id": str(request_id), "Content-Type": "text/json"})
    assert (answer["status"], answer["headers"]["X-Request-Id"]) == (200, str(request_id))
    referral_id = resource(answer, "ServiceRequest")["identifier"][0]["value"]
    assert answer["headers"]["Location"] == f"/api/v1/referrals/{referral_id}"
    (row,) = await door.rows("SELECT source, state, organisation, visit_number, facts FROM referrals")
    assert (row.source, row.state, row.organisation, row.visit_number) == ("fhir", "received", "RJZ", "V2026112001")
    assert row.facts["needs"] == ["washing_dressing", "meals", "therapy", "equipment"]
    (person,) = await door.rows("SELECT nhs_number, nhs_number_status FROM people")
    assert (person.nhs_number, person.nhs_number_status) == (NHS_NUMBER, "verified")
    (event, *_) = await door.rows("SELECT id, type FROM outbox ORDER BY seq")
    assert event.type == "discharge.referral.received.v1"
    assert str(event.id) in answer["headers"]["Homeward-Events"]


async def test_the_same_request_is_taken_once(door: Door) -> None:
    headers = identifiers()
    assert (await send(door, bars(), **headers))["status"] == 200
    again = await send(door, bars(), **headers)
    assert coding(again) == (409, "REC_CONFLICT", "duplicate")
    assert len(await door.rows("SELECT 1 FROM referrals")) == 1


async def test_a_refused_request_may_be_sent_again(door: Door) -> None:
    headers = identifiers()
    assert (await send(door, bars(use_case("a5t1")), **headers))["status"] == 422
    assert (await send(door, bars(), **headers))["status"] == 200


async def test_another_request_about_the_same_person_is_a_conflict(door: Door) -> None:
    await send(door, bars())
    second = await send(door, bars(setting("Bundle", "id", str(uuid4()))))
    assert coding(second) == (409, "REC_CONFLICT", "conflict")
    (row,) = await door.rows("SELECT outcome FROM audit_log WHERE action = 'process_message'")
    assert row.outcome == "person_already_referred"


async def test_a_request_that_is_being_taken_is_too_early(door: Door) -> None:
    request_id = uuid4()
    async with door.database.transaction() as tx:
        await claim(tx, door.subject, request_id)
        answer = await send(door, bars(), **{"X-Request-Id": str(request_id)})
    assert coding(answer) == (425, "REC_TOO_EARLY", "transient")


async def test_what_takes_too_long_is_a_time_out_and_leaves_nothing(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fhir, "ANSWER_SECONDS", 0.2)
    async with door.database.transaction() as tx:
        await tx.lock(f"identifier/nhs/{NHS_NUMBER}")
        answer = await send(door, bars())
    assert coding(answer) == (408, "REC_TIMEOUT", "timeout")
    assert await door.rows("SELECT 1 FROM referrals") == []


async def test_missing_identifiers_come_first(door: Door) -> None:
    answer = await door.client.post(PATH, content=b"nonsense", headers=door.ward())
    assert answer.status_code == 400
    assert len(answer.json()["issue"]) == 2


@pytest.mark.parametrize(
    ("headers", "expected"),
    [({}, (401, "REC_UNAUTHORIZED", "login")), ({"Authorization": "Bearer x"}, (401, "REC_UNAUTHORIZED", "login"))],
)
async def test_without_a_token(door: Door, headers: dict[str, str], expected: tuple[int, str, str]) -> None:
    answer = await door.client.post(PATH, content=b"{}", headers=identifiers() | headers)
    assert coding(answer.json() | {"status": answer.status_code}) == expected
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_staff_do_not_send_messages(door: Door) -> None:
    answer = await door.client.post(PATH, content=b"{}", headers=identifiers() | door.staff())
    assert coding(answer.json() | {"status": answer.status_code}) == (403, "REC_FORBIDDEN", "forbidden")


async def test_a_body_that_is_too_long(door: Door) -> None:
    answer = await send(door, b" " * (1024 * 1024 + 1))
    assert coding(answer) == (413, "REC_BAD_REQUEST", "too-long")


async def test_a_refusal_is_audited_and_tells_nothing(door: Door, capsys: pytest.CaptureFixture[str]) -> None:
    def misplaced(bundle: Json) -> None:
        resource(bundle, "Patient")["birthDate"] = NHS_NUMBER

    answer = await send(door, bars(misplaced))
    assert coding(answer) == (400, "REC_BAD_REQUEST", "structure")
    told = json.dumps(answer, default=str) + capsys.readouterr().out
    assert not any(secret in told for secret in SECRETS)
    (row,) = await door.rows("SELECT actor, outcome, subject FROM audit_log WHERE action = 'process_message'")
    assert (row.actor, row.outcome, row.subject) == (door.subject, "REC_BAD_REQUEST", "fhir-message")
    assert await door.rows("SELECT 1 FROM people") == []


async def test_the_event_holds_nothing_of_the_person(door: Door) -> None:
    await send(door, bars())
    rows = await door.rows("SELECT * FROM outbox")
    told = " ".join(str(value) for row in rows for value in row)
    assert rows
    assert not any(secret in told for secret in (*SECRETS, "femur"))


def test_the_door_does_not_open_without_the_schema(tmp_path: Path) -> None:
    for assets in (None, tmp_path):
        with pytest.raises(SchemaMissingError, match="make assets"):
            fhir.prepare(FastAPI(), assets)


async def test_what_the_server_can_do_is_open(door: Door) -> None:
    answer = await door.client.get("/fhir/R4/metadata")
    assert answer.status_code == 200
    assert list(structure().faults(answer.json(), "CapabilityStatement")) == []


@needs_examples
async def test_the_published_referral_is_refused_for_its_use_case_and_taken_with_ours(door: Door) -> None:
    body = PUBLISHED.read_bytes()
    refused = await send(door, body)
    assert coding(refused) == (422, "REC_UNPROCESSABLE_ENTITY", "not-supported")
    assert "a5t1" in refused["issue"][0]["diagnostics"]
    taken = await send(door, body.replace(b'"a5t1"', b'"hw-d1"'))
    assert taken["status"] == 200
    (person,) = await door.rows("SELECT nhs_number, nhs_number_status, verification_status FROM people")
    assert tuple(person) == ("3478526985", "unverified", "01")
    (referral,) = await door.rows("SELECT facts FROM referrals")
    assert (referral.facts["hospital"], referral.facts["ward"]) == ("RND", "unknown")


TEXTS = st.one_of(
    st.text(max_size=20), st.sampled_from(["\ud800", "\x7f", "\U0001d4b3", "'; DROP TABLE people; --", "9" * 3000])
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_odd_texts_are_taken_or_refused_but_never_fail(door: Door, data: st.DataObject) -> None:
    bundle = bars(setting("Bundle", "id", str(uuid4())))
    patient = resource(bundle, "Patient")
    patient["name"][0]["family"] = data.draw(TEXTS)
    patient["address"][0]["line"] = data.draw(st.lists(TEXTS, max_size=9))
    patient["identifier"][1]["value"] = data.draw(TEXTS)
    resource(bundle, "Condition")["code"]["text"] = data.draw(TEXTS)
    resource(bundle, "Encounter")["identifier"][0]["value"] = data.draw(TEXTS)
    assert (await send(door, json.dumps(bundle).encode()))["status"] < 500
