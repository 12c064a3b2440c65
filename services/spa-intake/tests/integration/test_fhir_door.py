"""BaRS messages on the real database: taken once, answered as published, and nothing of a person told elsewhere."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import uuid4

import pytest
from door_builders import (
    NHS_NUMBER,
    Change,
    Json,
    bars,
    reason,
    resource,
    sent_on,
    setting,
    structure,
    use_case,
    without,
)
from door_service import PATH, Door, coding, identifiers, open_door, send
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from published_examples import EXAMPLES, needs_examples

from homeward_kit.auth import Role
from homeward_kit.database import Database
from homeward_kit.testing.tokens import TokenIssuer
from spa_intake.adapters.db.fhir_messages import claim
from spa_intake.adapters.fhir.structure import SchemaMissingError
from spa_intake.api import fhir
from spa_intake.domain.policy import Policy

PUBLISHED = EXAMPLES / "fhir" / "bars-refreq03-new-gp-to-pharmacy.json"
SECRETS = (NHS_NUMBER, "Edith", "Sample Road", "1941-03-09", "H7700121", "02079460121")


@pytest.fixture
async def door(make_database: Callable[[str], Database], token_issuer: TokenIssuer) -> AsyncIterator[Door]:
    async with open_door(make_database("spa_intake"), token_issuer) as opened:
        yield opened


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
    first = await send(door, bars())
    second = await send(door, bars(setting("Bundle", "id", str(uuid4()))))
    assert coding(second) == (409, "REC_CONFLICT", "conflict")
    live = first["headers"]["Location"].rpartition("/")[2]
    assert second["issue"][0]["diagnostics"].endswith(f"It is ServiceRequest/{live}.")
    (row,) = await door.rows("SELECT outcome FROM audit_log WHERE action = 'process_message'")
    assert row.outcome == "person_already_referred"


async def test_a_request_that_is_being_taken_is_too_early(door: Door) -> None:
    request_id = uuid4()
    async with door.database.transaction() as tx:
        await claim(tx, door.subject, request_id)
        answer = await send(door, bars(), **{"X-Request-Id": str(request_id)})
    assert coding(answer) == (425, "REC_TOO_EARLY", "transient")


async def test_what_takes_too_long_is_a_time_out_and_is_done_once(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fhir, "ANSWER_SECONDS", 0.3)
    headers = identifiers()
    async with door.database.transaction() as tx:
        await tx.lock(f"identifier/nhs/{NHS_NUMBER}")
        late = await send(door, bars(), **headers)
        meanwhile = await send(door, bars(), **headers)
    assert coding(late) == (408, "REC_TIMEOUT", "timeout")
    assert coding(meanwhile) == (425, "REC_TOO_EARLY", "transient")
    monkeypatch.setattr(fhir, "ANSWER_SECONDS", 5)
    assert (await until_taken(door, headers))[0] == 409
    assert len(await door.rows("SELECT 1 FROM referrals")) == 1


async def until_taken(door: Door, headers: dict[str, str]) -> tuple[int, str, str]:
    """Send again, unchanged, as the standard says, until it is no longer too early."""
    async with asyncio.timeout(10):
        while True:
            answer = coding(await send(door, bars(), **headers))
            if answer[0] != 425:
                return answer


async def test_many_at_once_with_one_request_id_are_taken_once(door: Door) -> None:
    headers = identifiers()
    answers = await asyncio.gather(*(send(door, bars(), **headers) for _ in range(20)))
    assert sorted({answer["status"] for answer in answers} - {409, 425}) == [200]
    assert [answer["status"] for answer in answers].count(200) == 1
    assert len(await door.rows("SELECT 1 FROM fhir_messages")) == 1


async def test_a_known_request_id_comes_before_any_fault_of_the_message(door: Door) -> None:
    headers = identifiers()
    assert (await send(door, bars(), **headers))["status"] == 200
    for body in (b"nonsense", json.dumps(bars(use_case("a5t1"))).encode()):
        assert coding(await send(door, body, **headers)) == (409, "REC_CONFLICT", "duplicate")
    assert coding(await send(door, b"nonsense", **headers, Accept="application/fhir+xml"))[0] == 409


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Accept": "application/fhir+xml"}, (406, "REC_NOT_ACCEPTABLE", "processing")),
        ({"Content-Type": "application/fhir+xml"}, (415, "REC_BAD_REQUEST", "not-supported")),
        ({"Content-Type": "application/fhir+json;version=2"}, (422, "REC_UNPROCESSABLE_ENTITY", "not-supported")),
        (
            {"use-context": "a5t1|referral|servicerequest-request|new"},
            (422, "REC_UNPROCESSABLE_ENTITY", "not-supported"),
        ),
        ({"NHSD-Target-Identifier": "%"}, (400, "REC_BAD_REQUEST", "value")),
        ({"X-Request-Id": "1"}, (400, "REC_BAD_REQUEST", "invalid")),
    ],
)
async def test_headers_that_are_refused(door: Door, headers: dict[str, str], expected: tuple[int, str, str]) -> None:
    assert coding(await send(door, bars(), **headers)) == expected


@pytest.mark.parametrize("content_type", ["", "application/json", "application/fhir+json;version=1.4.0", "text/plain"])
async def test_content_types_of_old_systems_are_taken(door: Door, content_type: str) -> None:
    assert (await send(door, bars(), **{"Content-Type": content_type}))["status"] == 200


async def test_headers_that_are_left_out_are_logged_once_a_client(
    door: Door, capsys: pytest.CaptureFixture[str]
) -> None:
    await send(door, bars())
    await send(door, b"{}")
    assert capsys.readouterr().out.count("fhir_headers_missing") == 1


async def test_a_client_sends_for_its_own_organisations_only(door: Door) -> None:
    elsewhere = door.issuer.headers(Role.WARD_SYSTEM, org="RJ1")
    assert coding(await send(door, bars(), **elsewhere)) == (403, "REC_FORBIDDEN", "forbidden")


async def test_missing_identifiers_come_first(door: Door) -> None:
    answer = await door.client.post(PATH, content=b"nonsense", headers=door.ward())
    assert answer.status_code == 400
    assert len(answer.json()["issue"]) == 2


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, (401, "REC_UNAUTHORIZED", "security")),
        ({"Authorization": "Bearer x"}, (401, "REC_UNAUTHORIZED", "security")),
    ],
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
    sender = door.issuer.headers(Role.WARD_SYSTEM, org="RND")
    taken = await send(door, body.replace(b'"a5t1"', b'"hw-d1"'), **sender)
    assert taken["status"] == 200
    (person,) = await door.rows("SELECT nhs_number, nhs_number_status, verification_status FROM people")
    assert tuple(person) == ("3478526985", "unverified", "01")
    (referral,) = await door.rows("SELECT facts FROM referrals")
    assert (referral.facts["hospital"], referral.facts["ward"]) == ("RND", "")


def assessed(moment: str) -> Change:
    def change(bundle: Json) -> None:
        for entry in bundle["entry"]:
            if "effectiveDateTime" in entry["resource"]:
                entry["resource"]["effectiveDateTime"] = moment

    return change


@pytest.mark.parametrize(
    ("change", "code", "expression"),
    [
        (setting("Patient", "identifier", []), "required", "Patient.identifier"),
        (assessed("2999-01-01T00:00:00Z"), "value", "Observation.effective"),
    ],
)
async def test_what_json_needs_a_message_needs_too(door: Door, change: Change, code: str, expression: str) -> None:
    answer = await send(door, bars(change))
    assert (answer["status"], answer["issue"][0]["code"]) == (400, code)
    assert answer["issue"][0]["expression"] == [expression]
    assert await door.rows("SELECT 1 FROM referrals") == []


async def test_a_message_without_a_ward_is_taken_and_an_update_gives_it(door: Door) -> None:
    assert (await send(door, bars(without("Location"))))["status"] == 200
    (referral,) = await door.rows("SELECT facts FROM referrals")
    assert referral.facts["ward"] == ""
    later = (reason("update"), sent_on("2026-11-20T11:30:00.0000000+00:00"))
    assert (await send(door, bars(*later)))["status"] == 200
    (referral,) = await door.rows("SELECT facts FROM referrals")
    assert referral.facts["ward"] == "FARNBOROUGH"


def wrong_number(bundle: Json) -> None:
    resource(bundle, "Patient")["identifier"][0]["value"] = "9990001210"


async def test_a_number_with_a_wrong_check_digit_is_kept_as_not_verified(door: Door) -> None:
    assert (await send(door, bars(wrong_number)))["status"] == 200
    (person,) = await door.rows("SELECT nhs_number, nhs_number_status, verification_status FROM people")
    assert tuple(person) == ("9990001210", "unverified", "01")
    assert await door.rows("SELECT 1 FROM person_identifiers WHERE scheme = 'nhs'") == []


async def test_a_site_may_refuse_a_number_with_a_wrong_check_digit(
    make_database: Callable[[str], Database], token_issuer: TokenIssuer
) -> None:
    policy = Policy(refuses_invalid_nhs_numbers=True)
    async with open_door(make_database("spa_intake"), token_issuer, policy) as door:
        answer = await send(door, bars(wrong_number))
        assert coding(answer) == (422, "REC_UNPROCESSABLE_ENTITY", "business-rule")
        assert await door.rows("SELECT 1 FROM people") == []
        assert (await send(door, bars()))["status"] == 200


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


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_a_damaged_message_is_taken_and_kept_or_refused_and_nothing_of_it_kept(
    door: Door, data: st.DataObject
) -> None:
    bundle = bars(setting("Bundle", "id", str(uuid4())))
    place = data.draw(st.integers(0, len(bundle["entry"]) - 1))
    found = bundle["entry"][place]["resource"]
    name = data.draw(st.sampled_from(sorted(found)))
    how = data.draw(st.sampled_from(["drop", "drop the resource", "repeat", "swap"]))
    if how == "drop":
        del found[name]
    elif how == "drop the resource":
        del bundle["entry"][place]
    elif how == "repeat":
        bundle["entry"].append(bundle["entry"][place] | {"fullUrl": f"urn:uuid:{uuid4()}"})
    else:
        found[name] = bars()["entry"][data.draw(st.integers(0, len(bundle["entry"]) - 1))]
    before = len(await door.rows("SELECT 1 FROM fhir_messages"))
    headers = identifiers()
    status = (await send(door, bundle, **headers))["status"]
    assert status in {200, 400, 403, 409, 422}
    kept = len(await door.rows("SELECT 1 FROM fhir_messages")) - before
    assert kept == (1 if status == 200 else 0)
    again = coding(await send(door, bundle, **headers))
    assert again[0] == (409 if status == 200 else status)
