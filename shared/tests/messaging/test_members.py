"""A member of a group knows where it stands after a rebalance, and ends when it is stuck."""

import asyncio
from contextlib import suppress

import pytest

from homeward_kit import consumer
from homeward_kit.consumer import ConsumerRunner
from sample_service.things import ThingMade, ThingMadeIn, record_effect
from sample_testing.flow import EFFECTS, Flow, until
from sample_testing.topics import members_of

KEYS = tuple(f"key-{number}" for number in range(12))


async def _publish_to_all(flow: Flow, number: int) -> None:
    await flow.publish(*((key, ThingMade(number=number)) for key in KEYS))


async def _wait_for_members(flow: Flow, number: int) -> None:
    async def are_that_many() -> bool:
        return await members_of(flow.bootstrap, flow.group) == number

    await until(are_that_many, 60, f"the group does not come to have {number} members")


async def _lags(runner: ConsumerRunner) -> list[int | None]:
    return [row["lag"] for row in await runner.lag()]


async def test_a_partition_that_comes_back_is_not_taken_for_one_that_lags(flow: Flow) -> None:
    """Another member went on with it meanwhile."""
    flow.start_relay()
    first = flow.start_runner({ThingMadeIn: record_effect})
    await _publish_to_all(flow, 1)
    await flow.wait_for(EFFECTS, len(KEYS))
    second = flow.start_runner({ThingMadeIn: record_effect})
    await _wait_for_members(flow, 2)
    await _publish_to_all(flow, 2)
    await flow.wait_for(EFFECTS, 2 * len(KEYS))
    second.stop()
    await flow.tasks[-1]
    await _wait_for_members(flow, 1)

    async def knows_there_is_nothing_to_do() -> bool:
        return await _lags(first) == [0, 0, 0]

    await until(knows_there_is_nothing_to_do, 30, "the member thinks that it lags")


async def test_the_watchdog_ends_a_process_whose_partition_makes_no_progress(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[int] = []
    monkeypatch.setattr("homeward_kit.consumer.os._exit", ended.append)
    monkeypatch.setattr(consumer, "WATCH_SECONDS", 0.1)
    monkeypatch.setattr(consumer, "STUCK_SECONDS", 3.0)
    flow.start_relay()
    runner = flow.start_runner({ThingMadeIn: record_effect})
    watching = asyncio.create_task(runner.watch())

    async def has_ended() -> bool:
        return bool(ended)

    await _publish_to_all(flow, 1)
    await flow.wait_for(EFFECTS, len(KEYS))
    assert not ended
    async with flow.database.transaction() as tx:
        await tx.lock(*KEYS)
        await _publish_without_lock(flow)
        await until(has_ended, 25, "a stuck process goes on")
    assert set(ended) == {70}
    runner.stop()
    with suppress(TimeoutError):
        await asyncio.wait_for(watching, 10)


async def _publish_without_lock(flow: Flow) -> None:
    """As many events as there are, once more: their keys are held by the test."""
    columns = "shard, aggregatetype, aggregateid, type, topic, key, payload, actor, aggregate_version, event_time"
    async with flow.database.transaction() as tx:
        await tx.execute(
            f"INSERT INTO outbox (id, {columns}) SELECT gen_random_uuid(), {columns} FROM event_log"  # noqa: S608 — our words
        )
