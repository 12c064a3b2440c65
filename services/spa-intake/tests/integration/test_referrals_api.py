from typing import Any
from uuid import uuid4

import httpx
import pytest
from intake_database import Intake

from homeward_kit.testing.tokens import TokenIssuer

PERSON = {
    "hospital_number": "H100001",
    "family_name": "Unmistakable",
    "given_name": "Person",
    "born_on": "1941-05-06",
    "postcode": "BR1 1AA",
}
BODY: dict[str, Any] = {  # Any: JSON
    "kind": "hospital_discharge",
    "person": PERSON,
    "hospital": "RJZ",
    "ward": "W7",
    "needs": ["washing_dressing", "meals"],
    "reason_text": "Falls at night",
}
LEG, DAY = "lower_limb_surgery_48h", "2026-03-02T08:00:00Z"


@pytest.fixture
def ward(token_issuer: TokenIssuer) -> dict[str, str]:
    return token_issuer.headers("ward_system", org="RJZ")


@pytest.fixture
def coordinator(token_issuer: TokenIssuer) -> dict[str, str]:
    return token_issuer.headers("coordinator", org="SPA01")


async def send(api: httpx.AsyncClient, ward: dict[str, str], **fields: Any) -> dict[str, Any]:  # Any: JSON
    answer = await api.post("/api/v1/referrals", json=BODY | fields, headers=ward)
    assert answer.status_code == 201, answer.text
    sent: dict[str, Any] = answer.json()
    return sent


def at(version: int, headers: dict[str, str]) -> dict[str, str]:
    return headers | {"If-Match": f'"{version}"'}


async def test_a_ward_sends_and_reads_its_referral(api: httpx.AsyncClient, ward: dict[str, str]) -> None:
    answer = await api.post("/api/v1/referrals", json=BODY, headers=ward)
    sent = answer.json()
    assert answer.headers["location"] == f"/api/v1/referrals/{sent['referral_id']}"
    assert len(answer.headers["homeward-events"].split(",")) == 2
    read = await api.get(answer.headers["location"], headers=ward)
    assert read.json() == sent
    assert read.headers["etag"] == f'"{sent["version"]}"'
    assert sent["patient_key"] is None
    assert (sent["state"], sent["is_ready"], sent["nhs_number_status"]) == ("received", True, "absent")
    assert "Unmistakable" not in read.text


async def test_a_retry_gets_the_first_answer(api: httpx.AsyncClient, ward: dict[str, str], intake: Intake) -> None:
    keyed = ward | {"Idempotency-Key": str(uuid4())}
    first = await api.post("/api/v1/referrals", json=BODY, headers=keyed)
    again = await api.post("/api/v1/referrals", json=BODY, headers=keyed)
    assert (again.status_code, again.json()) == (201, first.json())
    assert await intake.count("referrals") == 1
    other = await api.post("/api/v1/referrals", json=BODY | {"ward": "W8"}, headers=keyed)
    assert other.status_code == 422


async def test_a_second_referral_is_a_conflict_naming_the_first(api: httpx.AsyncClient, ward: dict[str, str]) -> None:
    sent = await send(api, ward)
    answer = await api.post("/api/v1/referrals", json=BODY, headers=ward)
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:homeward:problem:person_already_referred"
    assert answer.json()["referral_id"] == sent["referral_id"]


async def test_another_organisation_does_not_find_it(
    api: httpx.AsyncClient, ward: dict[str, str], token_issuer: TokenIssuer
) -> None:
    sent = await send(api, ward)
    other = token_issuer.headers("ward_system", org="RJ1")
    place = f"/api/v1/referrals/{sent['referral_id']}"
    assert (await api.get(place, headers=other)).status_code == 404
    withdrawn = await api.post(f"{place}/withdraw", json={"reason": "transferred"}, headers=at(2, other))
    assert withdrawn.status_code == 404
    assert (await api.get("/api/v1/referrals", headers=other)).json() == {"items": [], "next": None, "resume": None}


async def test_the_steps_of_a_coordinator(
    api: httpx.AsyncClient, ward: dict[str, str], coordinator: dict[str, str]
) -> None:
    sent = await send(api, ward)
    place, version = f"/api/v1/referrals/{sent['referral_id']}", sent["version"]
    steps = [
        ("query", {"missing": ["mobility"]}, coordinator, "queried"),
        ("answer", {"mobility": "hoist", "expected_discharge_on": "2026-11-30"}, ward, "received"),
        ("accept", {}, coordinator, "accepted"),
        ("assign", {"assignee": str(uuid4())}, coordinator, "accepted"),
        (
            "readiness",
            {"criteria_to_reside": ["iv_fluids"], "assessed_at": "2026-11-02T09:00:00Z"},
            ward,
            "accepted",
        ),
        ("amend", {"ward": "W9", "mobility": None}, ward, "accepted"),
        ("withdraw", {"reason": "no_longer_needed"}, ward, "withdrawn"),
    ]
    for step, body, caller, state in steps:
        answer = await api.post(f"{place}/{step}", json=body, headers=at(version, caller))
        assert (answer.status_code, answer.json()["state"]) == (200, state), (step, answer.text)
        version = int(answer.headers["etag"].strip('"'))
    assert version == sent["version"] + len(steps)
    final = (await api.get(place, headers=coordinator)).json()
    assert (final["ward"], final["mobility"], final["expected_discharge_on"]) == ("W9", None, "2026-11-30")
    assert (final["is_ready"], final["ended_reason"]) == (False, "no_longer_needed")
    assert final["patient_key"] is not None
    closed = await api.post(f"{place}/close", json={"reason": "moved_away"}, headers=at(version, coordinator))
    assert closed.status_code == 409
    assert closed.json()["state"] == "withdrawn"


async def test_a_command_needs_the_version_that_is_there(
    api: httpx.AsyncClient, ward: dict[str, str], coordinator: dict[str, str]
) -> None:
    place = f"/api/v1/referrals/{(await send(api, ward))['referral_id']}/accept"
    assert (await api.post(place, json={}, headers=coordinator)).status_code == 428
    stale = await api.post(place, json={}, headers=at(1, coordinator))
    assert (stale.status_code, stale.json()["current_version"], stale.json()["given_version"]) == (412, 2, 1)


async def test_roles(api: httpx.AsyncClient, ward: dict[str, str], token_issuer: TokenIssuer) -> None:
    sent = await send(api, ward)
    place = f"/api/v1/referrals/{sent['referral_id']}"
    assert (await api.post(f"{place}/accept", json={}, headers=at(2, ward))).status_code == 403
    provider = token_issuer.headers("provider")
    assert (await api.get(place, headers=provider)).status_code == 403
    assert (await api.get(place)).status_code == 401
    assert (await api.get(place, headers=token_issuer.headers("operator"))).status_code == 200
    assert (await api.get(f"/api/v1/people/{uuid4()}", headers=ward)).status_code == 403


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"kind": "anything"}, "/kind"),
        ({"clinical_frailty_scale": "5"}, "/clinical_frailty_scale"),
        ({"expected_discharge_on": 20000}, "/expected_discharge_on"),
        ({"person": PERSON | {"family_name": "a\u0000b"}}, "/person/family_name"),
        ({"person": PERSON | {"born_on": "2999-01-01"}}, "/person/born_on"),
        ({"unknown": 1}, ""),
        ({"needs": ["a massage"]}, "/needs/0"),
    ],
)
async def test_wrong_fields_are_named_without_their_values(
    api: httpx.AsyncClient, ward: dict[str, str], wrong: dict[str, Any], pointer: str
) -> None:
    answer = await api.post("/api/v1/referrals", json=BODY | wrong, headers=ward)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert "Unmistakable" not in answer.text
    assert "massage" not in answer.text


async def test_a_list_is_read_page_by_page(
    api: httpx.AsyncClient, ward: dict[str, str], coordinator: dict[str, str]
) -> None:
    sent = [await send(api, ward, person=PERSON | {"hospital_number": f"H{n}"}) for n in range(3)]
    first = (await api.get("/api/v1/referrals?limit=2&state=received", headers=coordinator)).json()
    then = (await api.get(f"/api/v1/referrals?limit=2&after={first['next']}", headers=coordinator)).json()
    listed = [item["referral_id"] for item in (*first["items"], *then["items"])]
    assert listed == [item["referral_id"] for item in sent]
    assert then["next"] is None
    since = {"updated_since": sent[2]["updated_at"]}
    newest = (await api.get("/api/v1/referrals", params=since, headers=ward)).json()["items"]
    assert [item["referral_id"] for item in newest] == listed[2:]
    assert (await api.get("/api/v1/referrals?after=nonsense", headers=ward)).status_code == 422


async def test_notes_are_read_by_staff_and_audited(
    api: httpx.AsyncClient, ward: dict[str, str], coordinator: dict[str, str], intake: Intake
) -> None:
    referral_id = (await send(api, ward))["referral_id"]
    written = await api.post(
        "/api/v1/notes", json={"referral_id": referral_id, "text": "Spoke to the daughter"}, headers=coordinator
    )
    assert written.status_code == 201
    assert "daughter" not in written.text
    notes = (await api.get(f"/api/v1/notes?referral_id={referral_id}", headers=coordinator)).json()["items"]
    assert [note["text"] for note in notes] == ["Falls at night", "Spoke to the daughter"]
    assert notes[1]["note_id"] == written.json()["note_id"]
    async with intake.database.transaction() as tx:
        actions = (await tx.execute("SELECT action FROM audit_log ORDER BY id")).scalars().all()
    assert actions == ["receive_referral", "record_note", "record_note", "read_notes"]


async def test_people_are_read_by_staff_with_one_audit_row_a_call(
    api: httpx.AsyncClient, ward: dict[str, str], coordinator: dict[str, str], intake: Intake
) -> None:
    person = PERSON | {"nhs_number": "999 000 0018", "nhs_number_verification_status": "01"}
    referral_id = (await send(api, ward, person=person))["referral_id"]
    read = await api.get(f"/api/v1/referrals/{referral_id}", headers=coordinator)
    key = read.json()["patient_key"]
    found = (await api.get(f"/api/v1/people/{key}", headers=coordinator)).json()
    assert (found["family_name"], found["nhs_number"], found["nhs_number_status"]) == (
        "Unmistakable",
        "999 000 0018",
        "verified",
    )
    looked_up = await api.post(
        "/api/v1/people/lookup", json={"patient_keys": [key, key, str(uuid4())]}, headers=coordinator
    )
    assert looked_up.json() == {"people": [found]}
    assert (await api.get(f"/api/v1/people/{uuid4()}", headers=coordinator)).status_code == 404
    async with intake.database.transaction() as tx:
        rows = await tx.execute("SELECT action, subject, outcome FROM audit_log WHERE action LIKE '%pe%' ORDER BY id")
        opened, looked, missed = rows.all()
    assert tuple(opened) == ("read_person", f"person/{key}", "ok")
    assert looked.subject.startswith("people/2: ")
    assert (missed.action, missed.outcome) == ("read_person", "person_not_found")


async def test_the_uis_tokens_are_trusted_by_their_public_key(api: httpx.AsyncClient) -> None:
    keys = (await api.get("/.well-known/jwks.json")).json()["keys"]
    assert [sorted(key) for key in keys] == [["alg", "crv", "kid", "kty", "use", "x", "y"]]


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"criteria_to_reside": [], "assessed_at": "2099-01-01T00:00:00Z"}, "assessment_in_future", "/assessed_at"),
        ({"criteria_to_reside": [], "criteria_since": {LEG: DAY}}, "criterion_not_met", "/criteria_since"),
        (
            {"criteria_to_reside": [LEG], "assessed_at": "2026-03-01T08:00:00Z", "criteria_since": {LEG: DAY}},
            "criterion_began_later",
            "/criteria_since",
        ),
    ],
)
async def test_an_assessment_that_cannot_be_is_refused_with_its_place(
    api: httpx.AsyncClient, ward: dict[str, str], body: dict[str, object], code: str, pointer: str
) -> None:
    sent = await send(api, ward)
    path = f"/api/v1/referrals/{sent['referral_id']}/readiness"
    answer = await api.post(path, json=body, headers=at(sent["version"], ward))
    assert (answer.status_code, answer.json()["type"]) == (422, f"urn:homeward:problem:{code}")
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]
