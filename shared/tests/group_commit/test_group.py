"""Group commit: many commands in one transaction, and nothing of one that another feels."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from uuid import uuid4

import httpx
import pytest

from homeward_kit import group_commit
from sample_testing.doors import Behind, Things, table_held
from sample_testing.flow import Flow, until

STORED = "SELECT key, count(*) FROM things GROUP BY key"
ANNOUNCED = "SELECT key, count(*) FROM outbox GROUP BY key"


async def test_commands_that_arrive_together_share_a_transaction(things: Things, stored: Flow) -> None:
    answers = await asyncio.gather(*(things.make(f"key-{n}", n) for n in range(60)))
    assert {answer.status_code for answer in answers} == {201}
    [(transactions,)] = await stored.rows("SELECT count(DISTINCT xmin::text) FROM things")
    assert transactions <= 5
    announced = dict(await stored.rows("SELECT id::text, payload FROM outbox"))
    for number, answer in enumerate(answers):
        assert json.loads(announced.pop(answer.headers["homeward-events"])) == {"number": number}
    assert announced == {}


async def test_who_can_be_read_when_the_first_goes_goes_with_it(things: Things, stored: Flow) -> None:
    async def come(turn: int) -> int:
        for _ in range(turn):
            await asyncio.sleep(0)
        return (await things.make(f"key-{turn}")).status_code

    assert set(await asyncio.gather(*(come(turn) for turn in range(4)))) == {201}
    [(transactions,)] = await stored.rows("SELECT count(DISTINCT xmin::text) FROM things")
    assert transactions == 1


async def test_each_command_is_its_own_callers(things: Things, stored: Flow) -> None:
    callers = {f"key-{n}": f"client/ward-{n}" for n in range(30)}
    answers = [things.make(key, headers={"x-caller": caller}) for key, caller in callers.items()]
    assert set(await things.make_all(*answers)) == {201}
    assert dict(await stored.rows("SELECT key, actor FROM outbox")) == callers
    audited = await stored.rows("SELECT substr(subject, 7), actor, organisation FROM audit_log")
    assert {key: actor for key, actor, _ in audited} == callers
    assert {organisation for *_, organisation in audited} == {"RJZ"}


async def test_one_bad_command_never_fails_the_others(things: Things, stored: Flow) -> None:
    """A refusal, a rule of the table and a fault of ours, each in the midst of others."""
    bad = {"unwanted": (1, 409), "against-a-rule": (666, 500), "poison": (1, 500)}
    wanted = [things.make(f"key-{n}", n) for n in range(20)]
    for key, (number, _) in bad.items():
        wanted.insert(7, things.make(key, number))
    statuses = await things.make_all(*wanted)
    assert sorted(statuses) == [201] * 20 + [409, 500, 500]
    assert dict(await stored.rows(STORED)) == {f"key-{n}": 1 for n in range(20)}
    assert dict(await stored.rows(ANNOUNCED)) == {f"key-{n}": 1 for n in range(20)}


async def test_a_refusal_costs_the_others_nothing(things: Things, stored: Flow) -> None:
    """It is told in the group; nobody is tried again."""
    wanted = [things.make(f"key-{n}") for n in range(30)] + [things.make(f"unwanted-{n}") for n in range(5)]
    assert sorted(await things.make_all(*wanted)) == [201] * 30 + [409] * 5
    [(transactions,)] = await stored.rows("SELECT count(DISTINCT xmin::text) FROM things")
    assert transactions <= 5


async def test_a_full_queue_is_told_at_once(things: Things, stored: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_commit, "WAITING", 10)
    async with table_held(stored) as wait_for:
        taken = asyncio.create_task(things.make("taken"))
        await wait_for(1)
        waiting = [asyncio.create_task(things.make(f"waiting-{n}")) for n in range(10)]
        refused = await asyncio.wait_for(things.make("refused"), 5)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert refused.json()["type"] == "urn:homeward:problem:busy"
    assert set(await things.make_all(taken, *waiting)) == {201}
    assert "refused" not in dict(await stored.rows(STORED))
    assert (await things.make("refused")).status_code == 201


async def test_who_waited_too_long_is_told_to_come_again(
    things: Things, stored: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with table_held(stored) as wait_for:
        taken = asyncio.create_task(things.make("taken"))
        await wait_for(1)
        waiting = await _wait_in_line(things, monkeypatch)
        monkeypatch.setattr(group_commit, "PATIENCE_SECONDS", -1.0)
    assert await things.make_all(taken, waiting) == [201, 503]
    assert dict(await stored.rows(STORED)) == {"taken": 1}


async def test_a_command_that_was_given_up_while_it_waited_is_not_done(
    things: Things, stored: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with table_held(stored) as wait_for:
        taken = asyncio.create_task(things.make("taken"))
        await wait_for(1)
        waiting = await _wait_in_line(things, monkeypatch)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    assert (await taken).status_code == 201
    assert (await things.make("last")).status_code == 201
    assert dict(await stored.rows(STORED)) == {"taken": 1, "last": 1}


async def _wait_in_line(things: Things, monkeypatch: pytest.MonkeyPatch) -> asyncio.Task[httpx.Response]:
    """A command that waits for its turn: with it the queue is full."""
    waiting = asyncio.create_task(things.make("waiting"))
    with monkeypatch.context() as full:
        full.setattr(group_commit, "WAITING", 1)
        refused = await asyncio.wait_for(things.make("refused"), 5)
    assert (refused.status_code, waiting.done()) == (503, False)
    return waiting


async def test_who_needs_a_key_that_another_holds_waits_alone(things: Things, stored: Flow) -> None:
    async with stored.another_process().transaction() as tx:
        await tx.lock("held")
        held = asyncio.create_task(things.make("held"))
        async with asyncio.timeout(20):
            for n in range(5):
                assert set(await things.make_all(*(things.make(f"key-{n}-{m}") for m in range(5)))) == {201}
        assert not held.done()
    assert (await held).status_code == 201
    assert len(dict(await stored.rows(STORED))) == 26


async def test_a_repeat_in_the_same_group_gets_the_first_answer(things: Things, stored: Flow) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    answers = await asyncio.gather(
        *(things.make("one", headers=headers) for _ in range(20)), things.make("two", 2, headers)
    )
    *same, other = answers
    assert {(answer.status_code, answer.text, answer.headers["homeward-events"]) for answer in same} == {
        (201, same[0].text, same[0].headers["homeward-events"])
    }
    assert (other.status_code, other.json()["type"]) == (422, "urn:homeward:problem:idempotency_key_reused")
    assert dict(await stored.rows(STORED)) == dict(await stored.rows(ANNOUNCED)) == {"one": 1}
    again = await things.make("one", headers=headers)
    assert (again.text, again.headers["homeward-events"]) == (same[0].text, same[0].headers["homeward-events"])


async def test_two_processes_that_race_for_the_same_requests_do_each_once(
    things: Things, others: Things, stored: Flow
) -> None:
    keys = {f"key-{n}": str(uuid4()) for n in range(40)}
    backwards = dict(reversed(keys.items()))  # so that each holds what the other wants next

    async def all_of(door: Things, wanted: dict[str, str]) -> dict[str, tuple[int, str]]:
        answers = await asyncio.gather(
            *(door.make(key, headers={"Idempotency-Key": sent}) for key, sent in wanted.items())
        )
        return {
            key: (answer.status_code, answer.headers.get("homeward-events", ""))
            for key, answer in zip(wanted, answers, strict=True)
        }

    here, there = await asyncio.gather(all_of(things, keys), all_of(others, backwards))
    assert here == there
    assert {status for status, _ in here.values()} == {201}
    assert dict(await stored.rows(STORED)) == dict(await stored.rows(ANNOUNCED)) == dict.fromkeys(keys, 1)


async def test_no_answer_is_given_for_what_an_outage_took_and_afterwards_all_goes_on(
    behind: Behind, stored: Flow
) -> None:
    keys = {f"key-{n}": str(uuid4()) for n in range(200)}
    statuses: dict[str, int] = {}

    async def make(key: str) -> None:
        answer = await behind.things.make(key, headers={"Idempotency-Key": keys[key]})
        statuses[key] = answer.status_code
        if answer.status_code == 201:  # at this moment, not later
            assert await stored.rows("SELECT key FROM things WHERE key = :key", key=key) == [(key,)]

    async def come_and_go() -> None:
        await until(_some(statuses, 201, 5), 20, "nothing is stored")
        behind.proxy.cut(refuse=True)
        await until(_some(statuses, 503, 5), 20, "nobody is told")
        behind.proxy.accept()

    async with asyncio.TaskGroup() as group:
        group.create_task(come_and_go())
        for key in keys:
            group.create_task(make(key))
            await asyncio.sleep(0.01)
    assert set(statuses.values()) == {201, 503}
    again = await asyncio.gather(
        *(behind.things.make(key, headers={"Idempotency-Key": sent}) for key, sent in keys.items())
    )
    assert {answer.status_code for answer in again} == {201}
    assert dict(await stored.rows(STORED)) == dict(await stored.rows(ANNOUNCED)) == dict.fromkeys(keys, 1)


def _some(statuses: dict[str, int], wanted: int, count: int) -> Callable[[], Awaitable[bool]]:
    async def are_there() -> bool:
        return list(statuses.values()).count(wanted) >= count

    return are_there
