"""Referrals in pages: filtered, and none lost while they change under the reader."""

import asyncio
import random
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from intake_builders import facts, person_in, referral_in
from intake_database import Intake

from homeward_kit.testing.tokens import TokenIssuer
from spa_intake.adapters.db import referral_views
from spa_intake.adapters.db.referral_views import Page, PageEnd
from spa_intake.domain.codes import Criterion, Kind
from spa_intake.domain.referral import Referral
from spa_intake.use_cases.access import Access
from spa_intake.use_cases.assign_referral import assign_referral

PLACE = "/api/v1/referrals"


@pytest.fixture
def coordinator(token_issuer: TokenIssuer) -> dict[str, str]:
    return token_issuer.headers("coordinator", org="SPA01")


async def receive(intake: Intake, number: int, **coded: Any) -> Referral:  # Any: fields of ReferralFacts
    kind = coded.pop("kind", Kind.HOSPITAL_DISCHARGE)
    return await intake.receive(
        referral_in(kind=kind, person=person_in(hospital_number=f"H{number}"), facts=facts(**coded))
    )


async def test_each_filter_leaves_out_the_others(
    intake: Intake, api: httpx.AsyncClient, coordinator: dict[str, str]
) -> None:
    plain = await receive(intake, 1)
    elsewhere = await receive(intake, 2, hospital="RJ1", ward="W9")
    not_ready = await receive(intake, 3, criteria_to_reside=(Criterion.IV_FLUIDS,))
    at_home = await receive(intake, 4, kind=Kind.CARE_HOME)
    accepted = await intake.accept(await receive(intake, 5))
    every: set[UUID] = {
        plain.referral_id,
        elsewhere.referral_id,
        not_ready.referral_id,
        at_home.referral_id,
        accepted.referral_id,
    }
    expected: list[tuple[dict[str, Any], set[UUID]]] = [  # Any: query parameters
        ({}, every),
        ({"kind": "care_home"}, {at_home.referral_id}),
        ({"kind": ["care_home", "proactive_care"]}, {at_home.referral_id}),
        ({"state": "accepted"}, {accepted.referral_id}),
        ({"state": ["accepted", "received"]}, every),
        ({"hospital": "RJ1"}, {elsewhere.referral_id}),
        ({"ward": "W9"}, {elsewhere.referral_id}),
        ({"is_ready": "false"}, {not_ready.referral_id}),
        ({"is_ready": "true"}, every - {not_ready.referral_id}),
        (
            {"is_ready": "true", "hospital": "RJZ", "state": "received", "kind": "hospital_discharge"},
            {plain.referral_id},
        ),
        ({"updated_since": "2199-01-01T00:00:00Z"}, set()),
    ]
    for params, found in expected:
        answer = await api.get(PLACE, params=params, headers=coordinator)
        assert answer.status_code == 200, answer.text
        assert {UUID(item["referral_id"]) for item in answer.json()["items"]} == found, params


async def test_a_wrong_condition_is_named(api: httpx.AsyncClient, coordinator: dict[str, str]) -> None:
    for params, pointer in (
        ({"kind": "unknown"}, "/query/kind/0"),
        ({"is_ready": "perhaps"}, "/query/is_ready"),
        ({"limit": "0"}, "/query/limit"),
        ({"sort": "name"}, "/query"),
        ({"after": "bm9uc2Vuc2U="}, "/after"),
        (
            {"after": "MDAwMS0wMS0wMVQwMDowMDowMCswMDowMHwwMDAwMDAwMC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDB8MToxOg=="},
            "/after",
        ),
        ({"after": "MjAyNi0wMS0wMVQwMDowMDowMFp8MDAwMDAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAwfDk6MTo="}, "/after"),
    ):
        answer = await api.get(PLACE, params=params, headers=coordinator)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_a_change_that_was_slow_to_commit_is_not_lost(intake: Intake) -> None:
    """Its time is that of its beginning: it appears before the place that was read meanwhile."""
    slow, quick = await receive(intake, 1), await receive(intake, 2)
    async with intake.database.transaction() as reader:
        _, end = await referral_views.page(reader, Page())
    assert end is not None
    async with intake.database.transaction() as early:
        early.now -= timedelta(seconds=1)  # it began a second before the other
        await assign_referral(early, slow.referral_id, UUID(int=1), Access())
        await intake.run(lambda tx: assign_referral(tx, quick.referral_id, UUID(int=2), Access()))
        async with intake.database.transaction() as reader:
            seen, end = await referral_views.page(reader, Page(after=end))
        assert [view.referral_id for view in seen] == [quick.referral_id]
    assert end is not None
    async with intake.database.transaction() as reader:
        later, end = await referral_views.page(reader, Page(after=end))
        assert [(view.referral_id, view.assignee) for view in later] == [(slow.referral_id, UUID(int=1))]
        again, end = await referral_views.page(reader, Page(after=end))
        assert [view.referral_id for view in again] == [quick.referral_id]  # a change may come twice
        assert await referral_views.page(reader, Page(after=end)) == ([], None)


async def test_a_reader_that_pages_while_rows_change_sees_every_last_change(intake: Intake) -> None:
    referrals = [await receive(intake, number) for number in range(12)]
    chance = random.Random(5)
    seen: dict[UUID, int] = {}
    is_changing = True

    async def change(mine: list[Referral]) -> None:
        for _ in range(10):
            one = chance.choice(mine)
            async with intake.database.transaction() as tx:
                await assign_referral(tx, one.referral_id, UUID(int=chance.randrange(1, 1000)), Access())
                await asyncio.sleep(chance.random() / 50)  # commits overlap and end in another order

    async def read(end: PageEnd | None) -> PageEnd | None:
        async with intake.database.transaction() as tx:
            views, last = await referral_views.page(tx, Page(after=end, limit=3))
        for view in views:
            seen[view.referral_id] = max(view.version, seen.get(view.referral_id, 0))
        return last or end

    async def follow() -> None:
        end = None
        while is_changing:
            end = await read(end)
        for _ in range(40):
            end = await read(end)

    following = asyncio.create_task(follow())
    await asyncio.gather(*(change(referrals[start::4]) for start in range(4)))
    is_changing = False
    await following
    assert seen == {one.referral_id: (await intake.read(one)).version for one in referrals}


async def test_resume_goes_on_where_the_last_page_ended(
    intake: Intake, api: httpx.AsyncClient, coordinator: dict[str, str]
) -> None:
    first = await receive(intake, 1)
    start = (await api.get(PLACE, headers=coordinator)).json()
    assert start["next"] is None
    nothing = (await api.get(PLACE, params={"after": start["resume"]}, headers=coordinator)).json()
    assert (nothing["items"], nothing["resume"]) == ([], start["resume"])
    second = await receive(intake, 2)
    await intake.accept(first)
    news = (await api.get(PLACE, params={"after": start["resume"]}, headers=coordinator)).json()
    assert [item["referral_id"] for item in news["items"]] == [str(second.referral_id), str(first.referral_id)]
