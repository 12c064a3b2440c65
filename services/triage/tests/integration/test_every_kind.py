"""A referral of every kind opens a case that its own team can decide and close."""

from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import SecretStr
from triage_service import NOW, Triage, facts

from homeward_kit.auth import Role
from homeward_kit.testing.api import api_client
from homeward_kit.testing.tokens import TokenIssuer
from triage.entrypoints.service import build
from triage.settings import Settings


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


@pytest.mark.parametrize(
    ("kind", "team", "not_enough"),
    [
        ("hospital_discharge", ["nurse", "physiotherapist"], ["nurse"]),
        ("proactive_care", ["community_matron", "pharmacist"], ["nurse", "pharmacist"]),
        ("admission_avoidance", ["physiotherapist"], ["social_worker"]),
        ("care_home", ["nurse", "pharmacist"], ["nurse", "community_matron"]),
    ],
)
async def test_a_case_of_the_kind_is_opened_decided_and_closed(
    client: httpx.AsyncClient, triage: Triage, kind: str, team: list[str], not_enough: list[str]
) -> None:
    coded = facts(expected_discharge_on=None, ward="", hospital="G85001", referrer="gp_practice", criteria_since={})
    await triage.referral("accepted", 2, kind=kind, facts=coded, accepted_at=NOW, stay_id=None)
    case = await triage.case()
    assert (case["kind"], case["state"], case["is_paused"]) == (kind, "open", False)
    place = f"/api/v1/cases/{case['case_id']}"

    async def post(step: str, body: dict[str, object], version: int) -> httpx.Response:
        return await client.post(f"{place}/{step}", json=body, headers={"If-Match": f'"{version}"'})

    refused = await post("decision", {"pathway": 1, "participants": not_enough}, 1)
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:homeward:problem:quorum_missing")
    decided = await post("decision", {"pathway": 1, "participants": team}, 1)
    assert (decided.status_code, decided.json()["state"]) == (200, "decided"), decided.text
    await triage.referral("closed", 3, "closed", kind=kind, reason="support_ended", closed_at=NOW)
    assert (await triage.case())["state"] == "closed"
