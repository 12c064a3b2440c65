"""Acceptance rules on a real database, changed over HTTP, and what they find about a referral."""

from typing import Any

import httpx
import pytest
from intake_database import Intake

from homeward_kit.testing.tokens import TokenIssuer

RULES = "/api/v1/acceptance-rules"
PERSON = {
    "hospital_number": "H100001",
    "family_name": "Test",
    "given_name": "Person",
    "born_on": "1941-05-06",
    "postcode": "BR1 1AA",
}
Json = dict[str, Any]  # Any: JSON
COMPLETE: Json = {
    "kind": "hospital_discharge",
    "person": PERSON,
    "hospital": "RJZ",
    "ward": "W7",
    "expected_discharge_on": "2026-11-30",
    "criteria_assessed_at": "2026-11-02T09:00:00Z",
    "needs": ["meals"],
    "mobility": "one_person",
    "cognition": "no_concern",
    "living_situation": "alone",
    "existing_care": "none",
}
WARDS_RULE: Json = {
    "code": "consent_given",
    "sentence": "Nobody has said whether the person agrees.",
    "effect": "query",
    "condition": {"test": "missing", "fields": ["consent"]},
    "valid_from": "2026-01-01",
}


@pytest.fixture
def ward(token_issuer: TokenIssuer) -> dict[str, str]:
    return token_issuer.headers("ward_system", org="RJZ")


@pytest.fixture
def coordinator(token_issuer: TokenIssuer) -> dict[str, str]:
    return token_issuer.headers("coordinator")


@pytest.fixture
def manager(token_issuer: TokenIssuer) -> dict[str, str]:
    return token_issuer.headers("manager")


async def send(api: httpx.AsyncClient, headers: dict[str, str], **fields: object) -> Json:
    answer = await api.post("/api/v1/referrals", json=COMPLETE | fields, headers=headers)
    assert answer.status_code == 201, answer.text
    sent: Json = answer.json()
    return sent


async def read(api: httpx.AsyncClient, referral_id: str, headers: dict[str, str]) -> Json:
    found: Json = (await api.get(f"/api/v1/referrals/{referral_id}", headers=headers)).json()
    return found


async def do(api: httpx.AsyncClient, referral: Json, step: str, body: Json, headers: dict[str, str]) -> Json:
    headers = headers | {"If-Match": f'"{referral["version"]}"'}
    answer = await api.post(f"/api/v1/referrals/{referral['referral_id']}/{step}", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    done: Json = answer.json()
    return done


def codes(referral: Json) -> list[str]:
    return [finding["code"] for finding in referral["findings"]]


async def test_bromleys_rules_find_nothing_against_a_complete_referral(
    api: httpx.AsyncClient, ward: dict[str, str], coordinator: dict[str, str]
) -> None:
    sent = await send(api, ward)
    assert (sent["findings"], sent["next_move"]) == (None, "coordinator")  # findings are for those who decide
    assert codes(await read(api, sent["referral_id"], coordinator)) == []


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"person": PERSON | {"postcode": "SW1A 1AA"}}, [("bromley_area", "decline", "out_of_area", [])]),
        ({"person": PERSON | {"born_on": "2015-01-01"}}, [("adults", "decline", "not_eligible", [])]),
        ({"hospital": "RJ9"}, [("hospitals_served", "warn", None, [])]),
        (
            {"mobility": None, "needs": []},
            [("discharge_content", "query", None, ["needs", "mobility"])],
        ),
        ({"criteria_assessed_at": None}, [("criteria_assessed", "query", None, ["criteria_to_reside"])]),
        ({"ward": None}, [("ward_known", "query", None, ["ward"])]),
        ({"person": PERSON | {"postcode": None}}, [("contact", "query", None, ["contact_details"])]),
    ],
)
async def test_what_bromleys_rules_find(
    api: httpx.AsyncClient, coordinator: dict[str, str], fields: Json, found: list[tuple[str, str, str, list[str]]]
) -> None:
    sent = await send(api, coordinator, **fields)
    findings = [(one["code"], one["effect"], one["reason"], one["missing"]) for one in sent["findings"]]
    assert findings == found
    assert (await read(api, sent["referral_id"], coordinator))["findings"] == sent["findings"]
    listed = (await api.get("/api/v1/referrals", headers=coordinator)).json()["items"]
    assert listed[0]["findings"] == sent["findings"]
    assert sent["state"] == "received"  # the machine neither accepts nor declines


async def test_the_ward_is_asked_answers_in_part_and_sees_what_is_still_missing(
    api: httpx.AsyncClient, ward: dict[str, str], coordinator: dict[str, str]
) -> None:
    sent = await send(api, ward, mobility=None, cognition=None)
    seen = await read(api, sent["referral_id"], coordinator)
    missing = [item for finding in seen["findings"] for item in finding["missing"]]
    asked = await do(api, seen, "query", {"missing": missing}, coordinator)
    assert (asked["state"], asked["missing"], asked["next_move"]) == ("queried", ["mobility", "cognition"], "ward")
    answered = await do(api, asked, "answer", {"mobility": "hoist"}, ward)
    assert (answered["state"], answered["missing"], answered["next_move"]) == ("received", ["cognition"], "coordinator")
    again = await read(api, sent["referral_id"], coordinator)
    assert [finding["missing"] for finding in again["findings"]] == [["cognition"]]
    amended = await do(api, again, "amend", {"cognition": "delirium"}, ward)
    assert amended["missing"] == []
    accepted = await do(api, await read(api, sent["referral_id"], coordinator), "accept", {}, coordinator)
    assert (accepted["findings"], accepted["next_move"]) == ([], "mdt")


async def test_the_ward_reads_reason_and_advice_of_a_decline(
    api: httpx.AsyncClient, ward: dict[str, str], coordinator: dict[str, str], intake: Intake
) -> None:
    sent = await send(api, ward, person=PERSON | {"postcode": "SW1A 1AA"})
    body = {"reason": "out_of_area", "advice": ["refer_to_home_area", "call_us", "call_us"]}
    await do(api, sent, "decline", body, coordinator)
    seen = await read(api, sent["referral_id"], ward)
    assert (seen["state"], seen["ended_reason"], seen["next_move"]) == ("declined", "out_of_area", "nobody")
    assert seen["advice"] == ["refer_to_home_area", "call_us"]
    assert (await intake.told())[-1].payload["advice"] == seen["advice"]


async def test_the_ward_reads_the_note_of_a_decline_and_no_event_holds_it(
    api: httpx.AsyncClient, ward: dict[str, str], coordinator: dict[str, str], intake: Intake
) -> None:
    sent = await send(api, ward, reason_text="Falls at night")
    path = f"/api/v1/notes?referral_id={sent['referral_id']}"
    written = {"referral_id": sent["referral_id"], "text": "For colleagues only"}
    assert (await api.post("/api/v1/notes", json=written, headers=coordinator)).status_code == 201
    now = await read(api, sent["referral_id"], coordinator)
    await do(api, now, "decline", {"reason": "not_eligible", "note": "Ask the hospice first"}, coordinator)
    texts = [(note["text"], note["for_ward"]) for note in (await api.get(path, headers=ward)).json()["items"]]
    assert texts == [("Falls at night", False), ("Ask the hospice first", True)]
    assert len((await api.get(path, headers=coordinator)).json()["items"]) == 3
    task = (await api.get(f"/fhir/R4/Task/{sent['referral_id']}", headers=ward)).json()
    assert [note["text"] for note in task["note"]] == ["Next move: nobody", "Ask the hospice first"]
    assert "hospice" not in str([told.payload for told in await intake.told()])


async def test_a_redirect_names_the_service_to_the_ward(
    api: httpx.AsyncClient, ward: dict[str, str], coordinator: dict[str, str]
) -> None:
    sent = await send(api, ward)
    await do(api, sent, "decline", {"reason": "redirected", "redirected_to": "hospice"}, coordinator)
    assert (await read(api, sent["referral_id"], ward))["redirected_to"] == "hospice"


async def test_a_rule_is_made_changed_and_its_versions_kept(
    api: httpx.AsyncClient, manager: dict[str, str], coordinator: dict[str, str], intake: Intake
) -> None:
    made = await api.post(RULES, json=WARDS_RULE, headers=manager)
    assert (made.status_code, made.headers["etag"], made.headers["location"]) == (201, '"1"', f"{RULES}/consent_given")
    sent = await send(api, coordinator)
    assert codes(sent) == ["consent_given"]
    over = {name: value for name, value in WARDS_RULE.items() if name != "code"} | {"valid_to": "2026-06-30"}
    place = f"{RULES}/consent_given"
    assert (await api.put(place, json=over, headers=manager)).status_code == 428
    changed = await api.put(place, json=over, headers=manager | {"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    stale = await api.put(place, json=over, headers=manager | {"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["current_version"]) == (412, 2)
    same = await api.put(place, json=over, headers=manager | {"If-Match": '"2"'})
    assert same.headers["etag"] == '"2"'
    assert codes(await read(api, sent["referral_id"], coordinator)) == []
    versions = (await api.get(f"{place}/versions", headers=coordinator)).json()["items"]
    assert [(one["version"], one["valid_to"]) for one in versions] == [(2, "2026-06-30"), (1, None)]
    assert all(one["changed_by"].startswith("staff/") for one in versions)
    assert (await api.get(place, headers=coordinator)).headers["etag"] == '"2"'
    listed = (await api.get(RULES, headers=coordinator)).json()["items"]
    assert [one["version"] for one in listed if one["code"] == "consent_given"] == [2]
    again = await api.post(RULES, json=WARDS_RULE, headers=manager)
    assert (again.status_code, again.json()["type"]) == (409, "urn:homeward:problem:rule_exists")
    async with intake.database.transaction() as tx:
        rows = await tx.execute(
            "SELECT action, subject FROM audit_log WHERE action LIKE '%acceptance_rule' ORDER BY id"
        )
        audited = [tuple(row) for row in rows]
    assert audited[:2] == [
        ("make_acceptance_rule", "acceptance-rule/consent_given/1"),
        ("change_acceptance_rule", "acceptance-rule/consent_given/2"),
    ]


async def test_a_change_is_tried_on_the_last_referrals_before_it_is_made(
    api: httpx.AsyncClient, manager: dict[str, str], ward: dict[str, str]
) -> None:
    assert (await api.post(RULES, json=WARDS_RULE, headers=manager)).status_code == 201
    await send(api, ward)
    await send(api, ward, person=PERSON | {"hospital_number": "H2"}, legal={"consent_to_referral": "given"})
    change = {name: value for name, value in WARDS_RULE.items() if name != "code"}
    change |= {"condition": {"test": "missing", "fields": ["infection"]}, "valid_from": "2030-01-01"}
    tried = await api.post(f"{RULES}/consent_given/preview", json=change, headers=manager)
    assert tried.json() == {"looked_at": 2, "before": 1, "after": 2, "newly": 1, "no_longer": 0}
    new = (await api.post(f"{RULES}/another_rule/preview", json=change, headers=manager)).json()
    assert (new["before"], new["after"]) == (0, 2)
    assert (await api.get(f"{RULES}/consent_given", headers=manager)).json()["version"] == 1


async def test_who_may_read_and_change_rules(
    api: httpx.AsyncClient, ward: dict[str, str], coordinator: dict[str, str], token_issuer: TokenIssuer
) -> None:
    assert (await api.get(RULES, headers=ward)).status_code == 403
    assert (await api.post(RULES, json=WARDS_RULE, headers=coordinator)).status_code == 403
    assert (await api.post(RULES, json=WARDS_RULE, headers=token_issuer.headers("operator"))).status_code == 201
    assert (await api.get(f"{RULES}/no_such_rule", headers=coordinator)).status_code == 404
    change = {name: value for name, value in WARDS_RULE.items() if name != "code"}
    nowhere = await api.put(f"{RULES}/no_such_rule", json=change, headers=token_issuer.headers("manager"))
    assert nowhere.status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"effect": "decline"},
        {"reason": "out_of_area"},
        {"effect": "decline", "reason": "redirected"},
        {"valid_to": "2025-12-31"},
        {"condition": {"test": "missing", "fields": ["therapy_report"]}},
        {"condition": {"test": "missing", "fields": []}},
        {"condition": {"test": "outside_ages", "youngest": "18"}},
        {"condition": {"test": "outside_ages", "youngest": 66, "oldest": 65}},
        {"condition": {"test": "outside_area", "outward_postcodes": ["BR1 1AA"]}},
        {"condition": {"test": "phase_of_the_moon"}},
        {"code": "Not a code"},
        {"sentence": ""},
        {"sentence": "half\u0000a sentence"},
    ],
)
async def test_a_rule_that_makes_no_sense_is_refused(
    api: httpx.AsyncClient, manager: dict[str, str], wrong: Json
) -> None:
    answer = await api.post(RULES, json=WARDS_RULE | wrong, headers=manager)
    assert answer.status_code == 422
    assert answer.json()["errors"]
