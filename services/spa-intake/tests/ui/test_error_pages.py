"""What goes wrong is a page that says what became of the work and where to go on, provoked by real requests."""

import re
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from fastapi import HTTPException

from homeward_kit.database import Database
from homeward_local.assets import ensure_assets
from homeward_local.ports import free_port
from spa_intake.ui.app import make_app
from spa_intake.ui.owners import SERVICES, Refused
from spa_intake.ui.parts import UiParts
from spa_intake.ui.problems import SENTENCES, TITLES

SITE = "http://homeward.test"
SAME_SITE = {"Origin": SITE}


@pytest.fixture
async def client(make_database: Callable[[str], Database]) -> AsyncIterator[httpx.AsyncClient]:
    nobody_there = f"http://127.0.0.1:{free_port()}"
    parts = UiParts(
        database=make_database("spa_intake"),
        mint_token=lambda *_: "no token is looked at",
        addresses=dict.fromkeys(SERVICES, nobody_there),
        assets=ensure_assets(print),
        secret="secret",
        is_demo=True,
    )
    app = make_app(parts)

    @app.get("/broken/{status}")
    async def broken(status: int) -> None:
        if status == 500:
            raise RuntimeError
        raise HTTPException(status)

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=SITE, timeout=30) as found:
        await found.post("/sign-in", data={"role": "manager"}, headers=SAME_SITE)
        yield found


def check_page(answer: httpx.Response, status: int, *, has_navigation: bool = True) -> None:
    """A page of the interface's own, whole: one heading that is its title, and a way on."""
    assert answer.status_code == status, answer.text
    (heading,) = re.findall(r"<h1[^>]*>(.*?)</h1>", answer.text, re.DOTALL)
    assert heading == TITLES[status]
    assert re.search(rf"<title>\s*{re.escape(heading)} . Homeward\s*</title>", answer.text)
    assert 'href="/worklist"' in answer.text.partition("<h1")[2]
    assert ("Acceptance rules" in answer.text) == has_navigation


async def test_each_refusal_of_a_real_request_is_a_page(client: httpx.AsyncClient) -> None:
    check_page(await client.get("/nowhere"), 404)
    check_page(await client.get("/referrals/not-a-number"), 404)
    check_page(await client.get("/possible-duplicates?after=nonsense"), 400)
    check_page(await client.post("/worklist", headers=SAME_SITE), 405)
    check_page(await client.post("/sign-in", headers=SAME_SITE), 422)
    check_page(await client.get("/acceptance-rules"), 503)
    check_page(await client.get("/subscriptions"), 503)
    unsigned = await client.post("/subscriptions/new", data={"form_token": "forged"}, headers=SAME_SITE)
    check_page(unsigned, 403)
    assert "Back to the subscriptions" in unsigned.text


async def test_a_role_that_may_not_is_told_who_may(client: httpx.AsyncClient) -> None:
    await client.post("/sign-in", data={"role": "broker"}, headers=SAME_SITE)
    for path in ("/subscriptions", "/subscriptions/new", "/acceptance-rules/new"):
        answer = await client.get(path)
        check_page(answer, 403, has_navigation=False)
        assert "You are signed in as care broker." in answer.text
        assert "needs: manager or operator." in answer.text


@pytest.mark.parametrize("status", sorted(TITLES))
async def test_every_status_has_words(client: httpx.AsyncClient, status: int) -> None:
    answer = await client.get(f"/broken/{status}")
    check_page(answer, status, has_navigation=status != 500)
    assert SENTENCES[status] in answer.text


async def test_a_status_without_words_of_its_own_is_a_page_too(client: httpx.AsyncClient) -> None:
    answer = await client.get("/broken/418")
    assert answer.status_code == 418
    assert TITLES[400] in answer.text


async def test_who_is_not_signed_in_gets_the_page_without_navigation(client: httpx.AsyncClient) -> None:
    client.cookies.clear()
    check_page(await client.get("/nowhere"), 404, has_navigation=False)


@pytest.mark.parametrize(
    ("pointers", "errors"),
    [
        ({"/url": "Bad"}, {"url": "Bad"}),
        ({"/event_types/3": "No"}, {"event_types": "No"}),
        ({"/legal/consent_to_share": "No"}, {"consent_to_share": "No"}),
        ({"/elsewhere": "What"}, {"form": "What"}),
        ({}, {"form": "Not now."}),
    ],
)
def test_what_a_service_refuses_stands_at_its_field(pointers: dict[str, str], errors: dict[str, str]) -> None:
    fields = ["url", "event_types", "consent_to_share"]
    assert Refused(422, "Not now.", pointers=pointers).on(fields) == errors
