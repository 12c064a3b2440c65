"""Cases over HTTP: what staff see and do."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr
from triage_service import PACKAGES, Triage, facts

from homeward_kit.auth import Role
from homeward_kit.testing.api import api_client
from homeward_kit.testing.tokens import TokenIssuer
from triage.entrypoints.service import build
from triage.settings import Settings

TEAM = ["nurse", "occupational_therapist"]


@pytest.fixture
async def client(triage: Triage, token_issuer: TokenIssuer) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(
        database_url=SecretStr(triage.database.address),
        kafka_bootstrap_servers="127.0.0.1:1",
        trusted_issuers=(token_issuer.trusted,),
    )
    async with api_client(build(settings), triage.database) as client:
        client.headers.update(token_issuer.headers(Role.NURSE))
        yield client


async def read(client: httpx.AsyncClient, triage: Triage) -> dict[str, Any]:  # Any: JSON
    case: dict[str, Any] = (await client.get(f"/api/v1/cases/{(await triage.case())['case_id']}")).json()
    return case


async def post(
    client: httpx.AsyncClient,
    triage: Triage,
    step: str,
    body: dict[str, Any],  # Any: JSON
    **headers: str,
) -> httpx.Response:
    case = await triage.case()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {"If-Match": f'"{case["version"]}"', **named}
    return await client.post(f"/api/v1/cases/{case['case_id']}/{step}", json=body, headers=sent)


async def test_a_case_shows_its_suggestion_the_rules_behind_it_and_the_quorum(
    client: httpx.AsyncClient, triage: Triage
) -> None:
    await triage.accepted()
    answer = await client.get("/api/v1/cases", params={"referral_id": str(triage.referral_id), "state": "open"})
    [summary] = answer.json()["items"]
    assert (summary["version"], summary["pathway"]) == (1, None)
    case = await read(client, triage)
    assert case["suggestion"]["pathway"] == 1
    [rule] = case["suggestion"]["rules"]
    assert rule == {
        "rule": "new_personal_care",
        "pathway": 1,
        "because": ["needs.meals", "needs.washing_dressing"],
    }
    assert [line["service"] for line in case["suggestion"]["lines"]] == ["home_care"]
    assert case["quorum"]["needed"] == [["nurse"], ["occupational_therapist", "physiotherapist", "social_worker"]]
    assert case["quorum"]["have"] == []
    assert case["facts"]["outward_postcode"] == "BR1"


async def test_from_assessment_to_decision(client: httpx.AsyncClient, triage: Triage) -> None:
    await triage.accepted()
    assessed = await post(client, triage, "assessments", {"findings": ["reablement_potential"]})
    assert (assessed.status_code, assessed.headers["etag"]) == (200, '"2"')
    assert (assessed.json()["state"], assessed.json()["quorum"]["have"]) == ("assessing", ["nurse"])
    decided = await post(client, triage, "decision", {"pathway": 1, "lines": None, "participants": TEAM})
    assert decided.status_code == 200, decided.text
    [decision] = decided.json()["decisions"]
    [line] = decision["lines"]
    assert (decision["number"], line["service"], line["visits_per_day"]) == (1, "reablement", 3)
    event = await triage.last_payload()
    assert (event["decision"], event["state"], event["age_band"]) == (1, "decided", "75-84")
    assert event["lines"][0]["line_id"] == line["line_id"]
    assert [name for name, _ in await triage.told()] == ["case.opened", "assessment.recorded", "pathway.decided"]
    assert decided.headers["homeward-events"]
    audited = await triage.rows("SELECT action, role FROM audit_log WHERE action = 'decide_pathway'")
    assert audited == [{"action": "decide_pathway", "role": "nurse"}]


async def test_a_repeated_decision_gives_the_first_answer(client: httpx.AsyncClient, triage: Triage) -> None:
    await triage.accepted()
    case_id = (await triage.case())["case_id"]
    body = {"pathway": 1, "participants": TEAM}
    sent = {"If-Match": '"1"', "Idempotency-Key": "k1"}
    answers = [await client.post(f"/api/v1/cases/{case_id}/decision", json=body, headers=sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert len(await triage.rows("SELECT * FROM decisions")) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"pathway": 1, "participants": ["nurse"]}, "quorum_missing"),
        ({"pathway": 0, "participants": TEAM}, "difference_unexplained"),
        ({"pathway": 1, "lines": [], "participants": TEAM}, "lines_missing"),
        ({"pathway": "1", "participants": TEAM}, "invalid_request"),
        ({"pathway": 1, "participants": ["gardener"]}, "invalid_request"),
        ({"pathway": 1, "participants": TEAM, "differs_reason": "any text"}, "invalid_request"),
    ],
)
async def test_a_decision_that_does_not_hold_is_refused(
    client: httpx.AsyncClient, triage: Triage, body: dict[str, Any], code: str
) -> None:
    await triage.accepted()
    answer = await post(client, triage, "decision", body)
    assert (answer.status_code, answer.json()["type"]) == (422, f"urn:homeward:problem:{code}")
    assert await triage.told() == [("case.opened", 1)]


async def test_another_pathway_needs_a_reason_and_a_note(client: httpx.AsyncClient, triage: Triage) -> None:
    await triage.accepted()
    body = {
        "pathway": 2,
        "participants": [*TEAM, "social_worker"],
        "differs_reason": "clinical_judgement",
        "note_id": str(uuid4()),
        "target_on": (await triage.case())["target_on"].isoformat(),
    }
    answer = await post(client, triage, "decision", body)
    assert answer.status_code == 200, answer.text
    assert [line["service"] for line in answer.json()["decisions"][0]["lines"]] == ["bed"]
    assert (await triage.case())["is_target_set_here"]


async def test_versions_roles_and_unknown_cases(
    client: httpx.AsyncClient, triage: Triage, token_issuer: TokenIssuer
) -> None:
    await triage.accepted()
    body = {"findings": ["meals"]}
    stale = await post(client, triage, "assessments", body, If_Match='"9"')
    assert (stale.status_code, stale.json()["current_version"]) == (412, 1)
    coordinator = token_issuer.headers(Role.COORDINATOR)
    assert (await post(client, triage, "assessments", body, **coordinator)).status_code == 403
    assert (await post(client, triage, "return", {"missing": ["needs"]}, **coordinator)).status_code == 200
    assert (await client.get(f"/api/v1/cases/{uuid4()}")).status_code == 404
    ward = token_issuer.headers(Role.WARD_SYSTEM)
    assert (await client.get("/api/v1/cases", headers=ward)).status_code == 403


async def test_return_target_reopen_and_close(client: httpx.AsyncClient, triage: Triage) -> None:
    await triage.accepted()
    returned = await post(client, triage, "return", {"missing": ["needs"]})
    assert returned.json()["is_returned"]
    assert (await triage.last_payload())["asked_by"] == "mdt"
    waits = await post(client, triage, "decision", {"pathway": 1, "participants": TEAM})
    assert (waits.status_code, waits.json()["type"]) == (409, "urn:homeward:problem:case_is_returned")
    await triage.referral("queried", 3, "queried", missing=["needs"], queried_from="accepted")
    assert (await read(client, triage))["missing"] == ["needs"]
    await triage.referral("answered", 4, facts=facts())
    assert (await post(client, triage, "decision", {"pathway": 1, "participants": TEAM})).status_code == 200
    await unfilled(triage)
    assert (await read(client, triage))["flags"] == ["package_unfilled"]
    reopened = await post(client, triage, "reopen", {"reason": "package_unfilled"})
    assert (reopened.json()["state"], reopened.json()["flags"]) == ("assessing", [])
    closed = await post(client, triage, "close", {"reason": "not_suitable"})
    assert (closed.json()["state"], closed.json()["closed_reason"]) == ("closed", "not_suitable")
    assert [name for name, _ in await triage.told()] == [
        "case.opened",
        "case.returned",
        "case.resumed",
        "pathway.decided",
        "case.reopened",
        "case.closed",
    ]


async def test_the_target_can_be_moved(client: httpx.AsyncClient, triage: Triage) -> None:
    await triage.accepted()
    date = (await triage.case())["target_on"].isoformat()
    moved = await post(client, triage, "target", {"target_on": date, "reason": "awaiting_care"})
    assert (moved.status_code, moved.json()["target_on"]) == (200, date)
    past = await post(client, triage, "target", {"target_on": "2020-01-01", "reason": "medical"})
    assert past.status_code == 422


async def unfilled(triage: Triage) -> None:
    line_id = uuid4()
    package = {
        "package_id": uuid4(),
        "referral_id": triage.referral_id,
        "patient_key": triage.patient_key,
        "lines": [{"line_id": line_id, "state": "unfilled"}],
        "concerns": [line_id],
    }
    await triage.receive(PACKAGES, "package.unfilled", package)
