"""GET /api/v1/watches."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from monitor_service import NOW, Monitor, stay
from pydantic import SecretStr

from homeward_kit.auth import Role
from homeward_kit.testing.api import api_client
from homeward_kit.testing.tokens import TokenIssuer
from readmission_monitor.entrypoints.service import build
from readmission_monitor.settings import Settings


@pytest.fixture
async def client(monitor: Monitor, token_issuer: TokenIssuer) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(
        database_url=SecretStr(monitor.database.address),
        kafka_bootstrap_servers="127.0.0.1:1",
        trusted_issuers=(token_issuer.trusted,),
    )
    async with api_client(build(settings), monitor.database) as client:
        client.headers.update(token_issuer.headers(Role.READMISSION_NURSE))
        yield client


async def watched(monitor: Monitor, *, discharged: int = -1) -> str:
    """A watch whose person has a pathway and care; returns the referral."""
    referral_id, stay_id = str(uuid4()), uuid4()
    left = stay(stay_id, admitted=discharged - 5, discharged=discharged)
    decided = {"referral_id": referral_id, "decision": 1, "pathway": 1, "decided_at": NOW - timedelta(days=9)}
    await monitor.receive("discharge-triage", "pathway.decided", decided)
    later = decided | {"decision": 2, "pathway": 2, "decided_at": NOW}
    await monitor.receive("discharge-triage", "pathway.decided", later)
    started = {"referral_id": referral_id, "started_at": NOW - timedelta(hours=2)}
    await monitor.receive("discharge-care-packages", "package.started", started)
    accepted = {
        "referral_id": referral_id,
        "kind": "hospital_discharge",
        "accepted_at": NOW - timedelta(days=9),
        "stay_id": stay_id,
    }
    await monitor.receive("discharge-referrals", "referral.accepted", accepted)
    await monitor.receive("discharge-hospital-activity", "patient.discharged", {"stay": left})
    return referral_id


async def test_a_watch_shows_the_pathway_at_discharge_and_when_care_began(
    monitor: Monitor, client: httpx.AsyncClient
) -> None:
    referral_id = await watched(monitor)
    listed = (await client.get("/api/v1/watches", params={"referral_id": referral_id})).json()
    [watch] = listed["items"]
    assert listed["next"] is None
    assert (watch["state"], watch["pathway"], watch["readmission"]) == ("open", 1, None)
    assert watch["care_started_at"] is not None
    single = await client.get(f"/api/v1/watches/{watch['watch_id']}")
    assert single.json() == watch
    assert single.headers["etag"] == '"1"'
    reads = await monitor.rows("SELECT action, role FROM audit_log WHERE action LIKE 'read%'")
    assert reads == [
        {"action": "read_watches", "role": "readmission_nurse"},
        {"action": "read_watch", "role": "readmission_nurse"},
    ]


async def test_watches_come_by_page_and_by_state(monitor: Monitor, client: httpx.AsyncClient) -> None:
    for days in (-1, -40, -20):
        monitor.patient_key = uuid4()
        await watched(monitor, discharged=days)
    first = (await client.get("/api/v1/watches", params={"limit": 2})).json()
    second = (await client.get("/api/v1/watches", params={"limit": 2, "after": first["next"]})).json()
    ends = [watch["discharged_at"] for watch in [*first["items"], *second["items"]]]
    assert ends == sorted(ends, reverse=True)
    assert len(ends) == 3
    assert second["next"] is None
    completed = (await client.get("/api/v1/watches", params={"state": "completed"})).json()
    assert len(completed["items"]) == 1


async def test_an_unknown_watch_is_not_found(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/api/v1/watches/{uuid4()}")
    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:homeward:problem:watch_unknown"


async def test_providers_and_ward_systems_may_not_read(client: httpx.AsyncClient, token_issuer: TokenIssuer) -> None:
    for role in (Role.PROVIDER, Role.WARD_SYSTEM):
        answer = await client.get("/api/v1/watches", headers=token_issuer.headers(role))
        assert answer.status_code == 403
