"""Commands are done once however often they are sent, and refused when out of date."""

import asyncio
from uuid import uuid4

import httpx
import pytest

from homeward_kit.auth import Role
from homeward_kit.commands import forget_old_answers
from homeward_kit.database import Database
from homeward_kit.testing.tokens import TokenIssuer


async def count(database: Database, sql: str) -> int:
    async with database.transaction() as tx:
        return int((await tx.execute(sql)).scalar_one())


@pytest.fixture
def headers(token_issuer: TokenIssuer) -> dict[str, str]:
    return token_issuer.headers(Role.COORDINATOR)


async def test_a_command_answers_its_version_address_and_events(
    client: httpx.AsyncClient, headers: dict[str, str], database: Database
) -> None:
    answer = await client.post("/api/v1/things", json={"name": "one"}, headers=headers)
    assert answer.status_code == 201
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["location"] == f"/api/v1/things/{answer.json()['thing_id']}"
    async with database.transaction() as tx:
        assert str((await tx.execute("SELECT id FROM outbox")).scalar_one()) == answer.headers["homeward-events"]
        row = (await tx.execute("SELECT * FROM audit_log")).one()
    assert (row.action, row.role, row.organisation, row.purpose) == ("make_thing", "coordinator", "RJZ", "direct_care")
    assert row.actor.startswith("staff/")


async def test_pitfall_16_fifty_identical_submits_have_one_effect_and_one_answer(
    client: httpx.AsyncClient, headers: dict[str, str], database: Database
) -> None:
    headers["Idempotency-Key"] = str(uuid4())

    async def submit() -> httpx.Response:
        return await client.post("/api/v1/things", json={"name": "one"}, headers=headers)

    answers = await asyncio.gather(*(submit() for _ in range(50)))
    assert {answer.status_code for answer in answers} == {201}
    told = {(answer.text, answer.headers["etag"], answer.headers["homeward-events"]) for answer in answers}
    assert len(told) == 1
    assert await count(database, "SELECT count(*) FROM things") == 1
    assert await count(database, "SELECT count(*) FROM outbox") == 1


async def test_a_repeat_of_what_takes_too_long_is_told_to_wait(
    client: httpx.AsyncClient, headers: dict[str, str], database: Database
) -> None:
    headers["Idempotency-Key"] = str(uuid4())

    async def submit() -> httpx.Response:
        return await client.post("/api/v1/things", json={"name": "slow"}, headers=headers)

    statuses = sorted(answer.status_code for answer in await asyncio.gather(submit(), submit()))
    assert statuses == [201, 409]
    assert (await submit()).status_code == 201
    assert await count(database, "SELECT count(*) FROM things") == 1


async def test_pitfall_16_the_same_key_with_another_body_is_refused(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    headers["Idempotency-Key"] = "k"
    assert (await client.post("/api/v1/things", json={"name": "one"}, headers=headers)).status_code == 201
    other = await client.post("/api/v1/things", json={"name": "two"}, headers=headers)
    assert other.status_code == 422
    assert other.json()["type"] == "urn:homeward:problem:idempotency_key_reused"


async def test_another_callers_key_is_another_key(client: httpx.AsyncClient, token_issuer: TokenIssuer) -> None:
    for name in ("one", "two"):
        headers = token_issuer.headers(Role.COORDINATOR) | {"Idempotency-Key": "same"}
        assert (await client.post("/api/v1/things", json={"name": name}, headers=headers)).status_code == 201


async def test_a_refused_command_stores_nothing(
    client: httpx.AsyncClient, headers: dict[str, str], database: Database
) -> None:
    headers["Idempotency-Key"] = "k"
    assert (await client.post("/api/v1/things", json={"name": "known"}, headers=headers)).status_code == 409
    assert await count(database, "SELECT count(*) FROM idempotency_keys") == 0


async def test_an_answer_is_forgotten_after_seven_days(
    client: httpx.AsyncClient, headers: dict[str, str], database: Database
) -> None:
    headers["Idempotency-Key"] = "k"
    assert (await client.post("/api/v1/things", json={"name": "one"}, headers=headers)).status_code == 201
    age = "UPDATE idempotency_keys SET made_at = now() - interval '8 days'"
    async with database.transaction() as tx:
        await tx.execute(age)
    assert (await client.post("/api/v1/things", json={"name": "two"}, headers=headers)).status_code == 201
    async with database.transaction() as tx:
        assert await forget_old_answers(tx) == 0
        await tx.execute(age)
        assert await forget_old_answers(tx) == 1


@pytest.mark.parametrize(
    ("if_match", "status", "given"),
    [(None, 428, None), ('"6"', 412, 6), ("nonsense", 412, None), ('"7"', 200, 7), ('W/"7"', 200, 7)],
)
async def test_an_edit_names_the_version_it_saw(
    client: httpx.AsyncClient, headers: dict[str, str], if_match: str | None, status: int, given: int | None
) -> None:
    if if_match is not None:
        headers["If-Match"] = if_match
    answer = await client.post(f"/api/v1/things/{uuid4()}/rename", headers=headers)
    assert answer.status_code == status
    if status == 412:
        assert (answer.json()["current_version"], answer.json()["given_version"]) == (7, given)
    elif status == 428:
        assert answer.json()["current_version"] == 7


async def test_a_stored_answer_comes_before_the_version_is_compared(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    path = f"/api/v1/things/{uuid4()}/rename"
    headers |= {"Idempotency-Key": "k", "If-Match": '"7"'}
    first = await client.post(path, headers=headers)
    again = await client.post(path, headers=headers | {"If-Match": '"6"'})
    assert (again.status_code, again.text) == (200, first.text)
