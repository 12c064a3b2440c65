"""What staff see when a real step is refused or fails: two tabs, a gateway that slows them down, a broken table."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest
import uvicorn
from door_builders import assets
from intake_database import Intake
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from webhook_sending import Names

from homeward_kit.testing.tokens import TokenIssuer
from homeward_local.ports import free_port
from spa_intake.adapters.webhooks.resolving import Guard
from spa_intake.domain.target import TargetRules
from spa_intake.ui.app import make_app
from spa_intake.ui.owners import SERVICES
from spa_intake.ui.parts import UiParts
from spa_intake.ui.problems import TITLES

SITE = "http://homeward.test"
SAME_SITE = {"Origin": SITE}


@dataclass
class Gateway:
    """What a site puts before its services; it may let nothing more through for a while."""

    inner: ASGIApp
    is_busy: bool = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.is_busy and scope["type"] == "http" and scope["method"] == "POST":
            await Response(status_code=429, headers={"Retry-After": "5"})(scope, receive, send)
        else:
            await self.inner(scope, receive, send)


@pytest.fixture
def gateway(api: httpx.AsyncClient) -> Gateway:
    transport = api._transport
    assert isinstance(transport, httpx.ASGITransport)
    application = transport.app
    application.state.webhook_guard = Guard(TargetRules(), Names([["93.184.216.34"]]).resolve)  # type: ignore[attr-defined] # FastAPI's
    return Gateway(application)


@pytest.fixture
async def browser(gateway: Gateway, intake: Intake, token_issuer: TokenIssuer) -> AsyncIterator[httpx.AsyncClient]:
    """A manager's, on the interface before a running intake."""
    async with _listening(gateway) as address:
        parts = UiParts(
            database=intake.database,
            mint_token=lambda subject, role, org, _: token_issuer.token(role, subject=subject, org=org),
            addresses=dict.fromkeys(SERVICES, address),
            assets=assets(),
            secret="secret",
            is_demo=True,
        )
        pages = make_app(parts)
        transport = httpx.ASGITransport(pages, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=SITE, timeout=30) as client:
            await client.post("/sign-in", data={"role": "manager"}, headers=SAME_SITE)
            yield client
        await pages.state.ui.owners.close()


@asynccontextmanager
async def _listening(application: ASGIApp) -> AsyncIterator[str]:
    server = uvicorn.Server(uvicorn.Config(application, port=free_port(), log_level="warning", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        while not server.started:  # noqa: ASYNC110 — it says so nowhere else
            await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.config.port}"
    server.should_exit = True
    await serving


@pytest.fixture
async def place(api: httpx.AsyncClient, gateway: Gateway, token_issuer: TokenIssuer) -> str:
    """The page of a subscription."""
    assert not gateway.is_busy
    made = await api.post(
        "/api/v1/subscriptions",
        json={"url": "https://ward.example/hook"},
        headers=token_issuer.headers("ward_system", org="RJZ"),
    )
    assert made.status_code == 201, made.text
    return f"/subscriptions/{made.json()['subscription_id']}"


async def opened(browser: httpx.AsyncClient, place: str) -> dict[str, str]:
    """A tab: what its form sends."""
    shown = await browser.get(place)
    assert shown.status_code == 200, shown.text
    return dict(re.findall(r'name="(form_token|version)" value="([^"]*)"', shown.text))


def title_of(answer: httpx.Response) -> str:
    (heading,) = re.findall(r"<h1[^>]*>(.*?)</h1>", answer.text, re.DOTALL)
    return str(heading)


async def test_what_another_tab_made_impossible_is_a_page_that_says_so(browser: httpx.AsyncClient, place: str) -> None:
    first, second = await opened(browser, place), await opened(browser, place)
    paused = await browser.post(f"{place}/pause", data=first, headers=SAME_SITE)
    assert paused.status_code == 303, paused.text
    refused = await browser.post(f"{place}/test", data=second, headers=SAME_SITE)
    assert (refused.status_code, title_of(refused)) == (409, TITLES[409])
    assert "Resume it first." in refused.text
    assert f'href="{place}"' in refused.text


async def test_who_is_slowed_down_hears_that_nothing_was_saved(
    browser: httpx.AsyncClient, gateway: Gateway, place: str
) -> None:
    tab = await opened(browser, place)
    gateway.is_busy = True
    refused = await browser.post(f"{place}/test", data=tab, headers=SAME_SITE)
    assert (refused.status_code, title_of(refused)) == (429, TITLES[429])
    assert "Nothing was saved." in refused.text
    gateway.is_busy = False
    again = await browser.post(f"{place}/test", data=tab, headers=SAME_SITE)
    assert again.status_code == 303, again.text


async def test_a_fault_of_ours_is_a_page_with_a_number_for_the_help_desk(
    browser: httpx.AsyncClient, intake: Intake
) -> None:
    async with intake.database.transaction() as tx:
        await tx.execute("ALTER VIEW journeys RENAME COLUMN due_on TO gone")
    failed = await browser.get("/worklist")
    assert (failed.status_code, title_of(failed)) == (500, TITLES[500])
    assert "trace number" in failed.text
    assert "due_on" not in failed.text
