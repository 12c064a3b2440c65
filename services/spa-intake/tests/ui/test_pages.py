"""The pages on a real database while every service they ask is down: they say so, and the rest works."""

import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from homeward_kit.database import Database
from homeward_kit.envelope import Received
from homeward_local.assets import ensure_assets
from homeward_local.ports import free_port
from spa_intake.read_model.events_intake import ReferralReceived
from spa_intake.read_model.generations import FIRST
from spa_intake.read_model.projections import project
from spa_intake.ui.app import make_app
from spa_intake.ui.demo_staff import colleagues
from spa_intake.ui.owners import SERVICES
from spa_intake.ui.parts import UiParts

SITE = "http://homeward.test"
SAME_SITE = {"Origin": SITE}
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def parts(database: Database, *, is_demo: bool = True) -> UiParts:
    nobody_there = f"http://127.0.0.1:{free_port()}"
    return UiParts(
        database=database,
        mint_token=lambda *_: "no token is looked at",
        addresses=dict.fromkeys(SERVICES, nobody_there),
        assets=ensure_assets(print),
        secret="secret",
        is_demo=is_demo,
    )


def browser(ui: UiParts) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(make_app(ui)), base_url=SITE, timeout=30)


@pytest.fixture
def database(make_database: Callable[[str], Database]) -> Database:
    return make_database("spa_intake")


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(parts(database)) as found:
        yield found


async def sign_in(client: httpx.AsyncClient, role: str = "coordinator") -> None:
    response = await client.post("/sign-in", data={"role": role, "next": "/worklist"}, headers=SAME_SITE)
    assert (response.status_code, response.headers["location"]) == (303, "/worklist")


async def a_referral(database: Database) -> UUID:
    """One that was just received, as the read model knows it."""
    referral_id = uuid4()
    facts: dict[str, object] = {
        "hospital": "RJZ",
        "ward": "4B",
        "criteria_to_reside": [],
        "criteria_assessed_at": None,
        "discharge_ready_on": None,
        "expected_discharge_on": "2026-11-26",
        "safeguarding_concern": True,
    }
    payload = ReferralReceived.model_validate(
        {
            "referral_id": referral_id,
            "kind": "hospital_discharge",
            "state": "received",
            "facts": facts,
            "received_at": NOW,
            "source": "rest",
        }
    )
    event = Received(
        event_id=uuid4(),
        type=payload.type,
        source="homeward/spa-intake",
        subject=f"referral/{referral_id}",
        time=NOW,
        key=str(uuid4()),
        referral_id=referral_id,
        aggregate_version=1,
        causation_id=None,
        actor="client/ward",
        topic=payload.topic,
        partition=0,
        offset=0,
        payload=payload,
    )
    async with database.transaction() as tx:
        await project(tx, [event], generation=FIRST)
    return referral_id


async def test_who_is_not_signed_in_is_asked_to_and_comes_back(client: httpx.AsyncClient) -> None:
    response = await client.get("/worklist")
    assert (response.status_code, response.headers["location"]) == (303, "/sign-in?next=/worklist")


@pytest.mark.parametrize(
    ("sent_from", "back"),
    [("http://testserver/referrals/1/do/note?x=1", "/referrals/1/do/note"), ("http://evil.example/a", "/worklist")],
)
async def test_who_sends_a_form_after_the_session_ended_hears_that_it_was_not_saved(
    client: httpx.AsyncClient, sent_from: str, back: str
) -> None:
    headers = SAME_SITE | {"Referer": sent_from, "Host": "testserver"}
    response = await client.post(f"/referrals/{uuid4()}/do/note", data={"text": "Typed."}, headers=headers)
    assert (response.status_code, response.headers["location"]) == (303, f"/sign-in?next={back}&lost=true")
    asked = await client.get(response.headers["location"])
    assert "was not saved" in asked.text
    assert f'name="next" value="{back}"' in asked.text


async def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(client: httpx.AsyncClient) -> None:
    response = await client.post("/sign-in", data={"role": "nurse"}, headers=SAME_SITE)
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("homeward_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    behind_tls = {**SAME_SITE, "X-Forwarded-Proto": "https"}
    response = await client.post("/sign-in", data={"role": "nurse"}, headers=behind_tls)
    assert response.headers["set-cookie"].startswith("__Host-homeward=")
    assert "Secure" in response.headers["set-cookie"]


async def test_another_site_cannot_sign_anybody_in(client: httpx.AsyncClient) -> None:
    response = await client.post("/sign-in", data={"role": "nurse"}, headers={"Origin": "http://evil.example"})
    assert response.status_code == 403
    assert "set-cookie" not in response.headers


async def test_without_the_demonstration_there_are_no_role_cards(database: Database) -> None:
    async with browser(parts(database, is_demo=False)) as client:
        assert colleagues()[0][0].name not in (await client.get("/sign-in")).text
        assert (await client.post("/sign-in", data={"role": "nurse"}, headers=SAME_SITE)).status_code == 403


async def test_a_signed_out_session_is_over(client: httpx.AsyncClient) -> None:
    await sign_in(client)
    kept = client.cookies["homeward_session"]
    await client.post("/sign-out", headers=SAME_SITE)
    response = await client.get("/worklist", headers={"Cookie": f"homeward_session={kept}"})
    assert response.status_code == 303


async def test_pages_run_nothing_inline_and_are_not_kept(client: httpx.AsyncClient) -> None:
    response = await client.get("/sign-in")
    policy = response.headers["content-security-policy"]
    nonce = re.search(r"script-src 'nonce-([^']+)'", policy)
    assert nonce is not None
    assert "style-src 'self';" in policy
    assert response.headers["cache-control"] == "no-store"
    scripts = re.findall(r"<script([^>]*)>", response.text)
    assert all(f'nonce="{nonce.group(1)}"' in script for script in scripts)
    assert not re.search(r"\sstyle=|\son\w+=", response.text)


async def test_the_empty_worklist_says_what_will_come(client: httpx.AsyncClient) -> None:
    await sign_in(client)
    assert "No open referrals. New ones from the wards appear here" in (await client.get("/worklist")).text


async def test_the_worklist_works_without_names(database: Database, client: httpx.AsyncClient) -> None:
    await a_referral(database)
    await sign_in(client)
    page = (await client.get("/worklist")).text
    assert "Names are not available now" in page
    assert "A coordinator to check it" in page
    assert "Showing 1 of 1." in page


async def test_the_record_says_which_parts_are_down(database: Database, client: httpx.AsyncClient) -> None:
    referral_id = await a_referral(database)
    await sign_in(client)
    page = (await client.get(f"/referrals/{referral_id}")).text
    for name in ("Intake", "Triage", "Care package", "30-day follow-up"):
        assert f"{name} does not answer now." in page
    assert "Referral received" in page
    assert "Safeguarding concern" in page


async def test_an_action_on_a_service_that_is_down_changes_nothing(
    database: Database, client: httpx.AsyncClient
) -> None:
    referral_id = await a_referral(database)
    await sign_in(client)
    response = await client.get(f"/referrals/{referral_id}/do/decline")
    assert response.status_code == 503
    assert "Intake does not answer now. Nothing was changed." in response.text


async def test_what_is_not_there_is_a_page_too(client: httpx.AsyncClient) -> None:
    await sign_in(client)
    for path in ("/nowhere", "/referrals/not-a-number"):
        response = await client.get(path)
        assert response.status_code in {400, 404}
        assert 'href="/worklist"' in response.text


async def test_idle_sessions_end(database: Database, client: httpx.AsyncClient) -> None:
    await sign_in(client)
    async with database.transaction() as tx:
        long_ago = datetime.now(UTC) - timedelta(hours=2)
        await tx.execute("UPDATE staff_sessions SET seen_at = :long_ago", {"long_ago": long_ago})
    assert (await client.get("/worklist")).status_code == 303
