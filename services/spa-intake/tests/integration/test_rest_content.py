"""The content of a referral over REST: taken, kept apart by what it is, scored, amended and shown in the documents."""

import json
from typing import Any

import httpx
import pytest
from intake_builders import MONDAY, movement_in, person_in
from intake_database import Intake

from homeward_kit.testing.tokens import TokenIssuer
from spa_intake.api.examples import REFERRAL
from spa_intake.domain.codes import Trigger

Json = dict[str, Any]  # Any: JSON
FULL: Json = REFERRAL["a hospital discharge"]["value"]
PLACE = "/api/v1/referrals"


@pytest.fixture
def ward(token_issuer: TokenIssuer) -> dict[str, str]:
    return token_issuer.headers("ward_system", org="RJZ")


async def send(api: httpx.AsyncClient, caller: dict[str, str], body: Json) -> Json:
    answer = await api.post(PLACE, json=body, headers=caller)
    assert answer.status_code == 201, answer.text
    sent: Json = answer.json()
    return sent


async def command(api: httpx.AsyncClient, caller: dict[str, str], sent: Json, step: str, body: Json) -> httpx.Response:
    read = await api.get(sent["links"]["self"], headers=caller)
    return await api.post(
        f"{sent['links']['self']}/{step}", json=body, headers=caller | {"If-Match": read.headers["etag"]}
    )


async def documented(api: httpx.AsyncClient, path: str) -> list[Json]:
    """The examples that the running service documents for a POST."""
    spec = (await api.get("/openapi.json")).json()
    content = spec["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    return [example["value"] for example in content["examples"].values()]


async def test_every_documented_referral_is_received(api: httpx.AsyncClient, token_issuer: TokenIssuer) -> None:
    kinds = set()
    for body in await documented(api, PLACE):
        caller = token_issuer.headers("ward_system", org=body.get("hospital", "G85001"))
        sent = await send(api, caller, body)
        kinds.add(sent["kind"])
        withdrawn = await command(api, caller, sent, "withdraw", {"reason": "no_longer_needed"})
        assert withdrawn.status_code == 200
    assert len(kinds) == 4


@pytest.mark.parametrize("step", ["amend", "answer", "withdraw", "readiness"])
async def test_every_documented_command_is_carried_out(
    api: httpx.AsyncClient, ward: dict[str, str], token_issuer: TokenIssuer, step: str
) -> None:
    coordinator = token_issuer.headers("coordinator", org="SPA01")
    sent = await send(api, ward, FULL)
    for body in await documented(api, f"{PLACE}/{{referral_id}}/{step}"):
        if step == "answer":
            asked = await command(api, coordinator, sent, "query", {"missing": ["mobility"]})
            assert asked.status_code == 200, asked.text
        answer = await command(api, ward, sent, step, body)
        assert answer.status_code == 200, answer.text


def is_within(said: Json, kept: Json) -> bool:
    """Whether everything that was said was kept; what was not said is null."""
    return all(kept[name] == said.get(name) for name in kept)


async def test_coded_content_goes_into_events_and_identity_and_words_do_not(
    api: httpx.AsyncClient, ward: dict[str, str], intake: Intake
) -> None:
    sent = await send(api, ward, FULL)
    told = (await intake.told())[0].payload["facts"]
    assert {pair["activity"]: pair["ability"] for pair in told["abilities"]} == sent["abilities"] == FULL["abilities"]
    for name in ("existing_care_detail", "legal", "infection", "equipment", "risk", "communication"):
        assert told[name] == sent[name], name
        assert is_within(FULL[name], sent[name]), name
    everything = json.dumps([event.payload for event in await intake.told()]) + json.dumps(sent)
    for private in ("Grace", "7946", "Discharge lounge", "own flat", "Second floor", "Ada", "H204817"):
        assert private not in everything
    read = await api.get(sent["links"]["content"], headers=ward)
    assert read.json()["contacts"] == FULL["contacts"]
    assert (read.json()["liaison"], read.json()["texts"]["wishes"]) == (FULL["liaison"], FULL["texts"]["wishes"])
    assert read.json()["texts"]["risks"] is None
    async with intake.database.transaction() as tx:
        last = (await tx.execute("SELECT action, subject FROM audit_log ORDER BY id DESC LIMIT 1")).one()
    assert tuple(last) == ("read_content", f"referral/{sent['referral_id']}")


async def test_contacts_and_words_are_for_staff_and_the_own_organisation(
    api: httpx.AsyncClient, ward: dict[str, str], token_issuer: TokenIssuer
) -> None:
    place = (await send(api, ward, FULL))["links"]["content"]
    assert (await api.get(place, headers=token_issuer.headers("nurse"))).status_code == 200
    assert (await api.get(place, headers=token_issuer.headers("ward_system", org="RJ1"))).status_code == 404
    assert (await api.get(place, headers=token_issuer.headers("provider"))).status_code == 403
    assert (await api.get(place)).status_code == 401


async def test_the_scores_are_computed_with_their_parts(api: httpx.AsyncClient, ward: dict[str, str]) -> None:
    sent = await send(api, ward, FULL)
    found = {score["name"]: score for score in sent["scores"]}
    assert (found["lace"]["total"], found["lace"]["band"]) == (4 + 3 + 3 + 2, "high")
    assert found["lace"]["parts"][0] == {"name": "length_of_stay", "points": 4}
    assert (found["hospital"]["total"], found["hospital"]["band"]) == (1 + 0 + 0 + 1 + 1 + 2 + 2, "high")
    assert (found["clinical_frailty"]["total"], found["clinical_frailty"]["is_validated"]) == (6, True)


async def test_the_hospitals_messages_fill_what_the_ward_left_out_of_the_scores(
    api: httpx.AsyncClient, ward: dict[str, str], intake: Intake
) -> None:
    three_days_ago = (intake.database.clock.now() - MONDAY).total_seconds() / 3600 - 72
    person = person_in(hospital_number="H204818")
    admitted = movement_in(Trigger.ADMIT, three_days_ago, person=person, admission_method="21", visit_number="V1")
    await intake.move(admitted)
    least = REFERRAL["the least of a hospital discharge"]["value"]
    risk = {"comorbidities": [], "ed_visits_6_months": 0}
    sent = await send(api, ward, least | {"visit_number": "V1", "risk": risk})
    [lace] = [score for score in sent["scores"] if score["name"] == "lace"]
    assert {part["name"]: part["points"] for part in lace["parts"]} == {
        "length_of_stay": 3,
        "acute_admission": 3,
        "comorbidity": 0,
        "emergency_visits": 0,
    }
    assert (lace["total"], sent["risk"]["length_of_stay_days"]) == (6, None)


async def test_an_amendment_replaces_a_group_clears_by_null_and_leaves_the_rest(
    api: httpx.AsyncClient, ward: dict[str, str], intake: Intake
) -> None:
    sent = await send(api, ward, FULL)
    change = {"legal": {"mental_capacity": "lacks_capacity"}, "equipment": None, "needs": None, "contacts": None}
    amended = (await command(api, ward, sent, "amend", change)).json()
    assert (amended["legal"]["mental_capacity"], amended["legal"]["plans"]) == ("lacks_capacity", [])
    assert (amended["equipment"], amended["needs"], amended["risk"]) == (None, [], sent["risk"])
    assert amended["criteria_to_reside"] == sent["criteria_to_reside"]
    content = (await api.get(sent["links"]["content"], headers=ward)).json()
    assert (content["contacts"], content["texts"]["wishes"]) == ([], FULL["texts"]["wishes"])
    assert [event.name for event in await intake.told()][-1] == "referral.amended"


async def test_words_alone_are_an_amendment_and_saying_them_again_is_none(
    api: httpx.AsyncClient, ward: dict[str, str]
) -> None:
    sent = await send(api, ward, FULL)
    words = {"texts": {"risks": "Steep stairs"}}
    first = await command(api, ward, sent, "amend", words)
    again = await command(api, ward, sent, "amend", words)
    assert first.json()["version"] == sent["version"] + 1 == again.json()["version"]
    assert (await api.get(sent["links"]["content"], headers=ward)).json()["texts"]["risks"] == "Steep stairs"


async def test_how_the_person_is_reached_is_amended_and_answered(
    api: httpx.AsyncClient, ward: dict[str, str], token_issuer: TokenIssuer, intake: Intake
) -> None:
    coordinator = token_issuer.headers("coordinator")
    sent = await send(api, ward, FULL)
    moved = {"person": {"address_lines": ["2 Other Road"], "postcode": "BR2 9ZZ"}}
    amended = (await command(api, ward, sent, "amend", moved)).json()
    assert (amended["outward_postcode"], amended["version"]) == ("BR2", sent["version"] + 1)
    assert (await intake.told())[-1].payload["facts"]["outward_postcode"] == "BR2"
    await command(api, coordinator, sent, "query", {"missing": ["contact_details"]})
    answered = await command(api, ward, sent, "answer", {"person": {"phone": "020 7946 0099", "gp_practice": None}})
    assert (answered.status_code, answered.json()["state"]) == (200, "received")
    key = (await api.get(sent["links"]["self"], headers=coordinator)).json()["patient_key"]
    person = (await api.get(f"/api/v1/people/{key}", headers=coordinator)).json()
    assert (person["address_lines"], person["phone"]) == (["2 Other Road"], "020 7946 0099")
    assert (person["gp_practice"], person["family_name"], person["postcode"]) == (None, "Example", "BR2 9ZZ")
    assert "7946" not in json.dumps([event.payload for event in await intake.told()])


async def test_a_safeguarding_flag_is_a_concern(api: httpx.AsyncClient, ward: dict[str, str]) -> None:
    flagged = {"safeguarding": ["self_neglect"], "safeguarding_concern": False}
    sent = await send(api, ward, FULL | flagged)
    assert sent["safeguarding_concern"] is True
    cleared = await command(api, ward, sent, "amend", {"safeguarding": None, "safeguarding_concern": None})
    assert cleared.json()["safeguarding_concern"] is False


async def test_wards_and_criteria_to_reside_are_for_people_in_hospital(
    api: httpx.AsyncClient, token_issuer: TokenIssuer
) -> None:
    practice = token_issuer.headers("ward_system", org="G85001")
    sent = await send(api, practice, REFERRAL["proactive care"]["value"])
    assessed = {"criteria_to_reside": ["iv_fluids"], "assessed_at": "2026-03-05T08:30:00Z"}
    for step, body in (("readiness", assessed), ("amend", {"ward": "W7"})):
        refused = await command(api, practice, sent, step, body)
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:homeward:problem:referral_not_from_hospital")


WRONG = "Unmistakable<value>"


def paths(value: Any, place: str = "") -> list[str]:  # Any: JSON
    """Pointers to every field of a body."""
    if isinstance(value, dict):
        inner = [pointer for name, one in value.items() for pointer in paths(one, f"{place}/{name}")]
        return [*([place] if place else []), *inner]
    if isinstance(value, list):
        return [place, *(pointer for number, one in enumerate(value) for pointer in paths(one, f"{place}/{number}"))]
    return [place]


def with_wrong(body: Json, pointer: str, wrong: object) -> Json:
    changed: Any = json.loads(json.dumps(body))  # Any: JSON
    *way, last = pointer.strip("/").split("/")
    at = changed
    for step in way:
        at = at[int(step)] if isinstance(at, list) else at[step]
    at[int(last) if isinstance(at, list) else last] = wrong
    return dict(changed)


async def test_a_wrong_value_in_any_field_is_named_and_not_repeated(
    api: httpx.AsyncClient, ward: dict[str, str]
) -> None:
    for pointer in sorted(set(paths(FULL)) | {"/referrer", "/response_within"}):
        answer = await api.post(PLACE, json=with_wrong(FULL, pointer, {WRONG: [WRONG]}), headers=ward)
        problem = answer.json()
        assert (answer.status_code, problem["type"]) == (422, "urn:homeward:problem:invalid_request"), pointer
        assert {error["pointer"] for error in problem["errors"]} & {pointer, f"{pointer}/*"}, problem["errors"]
        assert all(error["pointer"].startswith(pointer) for error in problem["errors"])
        assert WRONG not in answer.text


async def test_an_unknown_field_is_refused_where_it_stands_and_not_repeated(
    api: httpx.AsyncClient, ward: dict[str, str]
) -> None:
    for pointer in ("", "/person", "/legal", "/risk", "/contacts/0", "/texts", "/equipment"):
        answer = await api.post(PLACE, json=with_wrong(FULL, f"{pointer}/{WRONG}".strip("/"), 1), headers=ward)
        assert answer.status_code == 422
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, "extra_forbidden")]
        assert WRONG not in answer.text


UNREADABLE = (
    (b"", "application/json", 422),
    (b'{"kind": "Unmistakable', "application/json", 400),
    (b"\xff\xfeUnmistakable", "application/json", 400),
    (b'"Unmistakable"', "application/json", 422),
    (b"[]", "application/json", 422),
    (b"null", "application/json", 422),
    (b"<xml>Unmistakable</xml>", "application/xml", 415),
    (b"kind=Unmistakable", "application/x-www-form-urlencoded", 415),
    (b'{"clinical_frailty_scale": NaN, "kind": "Unmistakable"}', "application/json", 422),
    (b"[" * 100_000, "application/json", 400),
)


async def test_what_is_no_referral_at_all_is_refused(api: httpx.AsyncClient, ward: dict[str, str]) -> None:
    for sent, content_type, status in UNREADABLE:
        answer = await api.post(PLACE, content=sent, headers=ward | {"Content-Type": content_type})
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), sent[:40]
        assert answer.json()["detail"]
        assert "Unmistakable" not in answer.text


WITH_FAULTS: tuple[tuple[Json, list[str]], ...] = (
    ({"hospital": None}, ["/hospital"]),
    ({"kind": "proactive_care"}, ["/ward", "/visit_number", "/criteria_to_reside"]),
    ({"kind": "admission_avoidance", "ward": None}, ["/response_within", "/referrer"]),
    ({"referrer": "nhs_111"}, ["/referrer"]),
    ({"criteria_to_reside": []}, ["/criteria_since"]),
)


async def test_what_the_kind_does_not_allow_is_named(api: httpx.AsyncClient, ward: dict[str, str]) -> None:
    for changes, pointers in WITH_FAULTS:
        answer = await api.post(PLACE, json=FULL | changes, headers=ward)
        named = [error["pointer"] for error in answer.json()["errors"]]
        assert (answer.status_code, named[: len(pointers)]) == (422, pointers)
