"""A member of a group knows where it stands after a rebalance, and ends when it is stuck."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

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


async def test_no_partition_is_stuck_while_the_broker_does_not_answer(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits after an outage has its whole time from then on."""
    ended: list[float] = []
    loop = asyncio.get_running_loop()
    monkeypatch.setattr("homeward_kit.consumer.os._exit", lambda _: ended.append(loop.time()))
    monkeypatch.setattr(consumer, "WATCH_SECONDS", 0.1)
    monkeypatch.setattr(consumer, "STUCK_SECONDS", 2.0)
    flow.start_relay()
    runner = flow.start_runner({ThingMadeIn: record_effect})
    await _publish_to_all(flow, 1)
    await flow.wait_for(EFFECTS, len(KEYS))
    async with flow.database.transaction() as tx:
        await tx.lock(*KEYS)
        await _publish_without_lock(flow)
        monkeypatch.setattr(consumer, "LAG_SECONDS", -1.0)  # no answer comes in time
        watching = asyncio.create_task(runner.watch())
        silent_since = loop.time()

        async def was_long() -> bool:
            return loop.time() > silent_since + 4

        await until(was_long, 10, "time stands still")
        assert not ended
        monkeypatch.setattr(consumer, "LAG_SECONDS", 5.0)
        answered_at = loop.time()

        async def has_ended() -> bool:
            return bool(ended)

        await until(has_ended, 25, "a stuck process goes on")
    assert ended[0] - answered_at > 1.8
    runner.stop()
    with suppress(TimeoutError):
        await asyncio.wait_for(watching, 10)


async def test_a_fault_in_the_client_makes_a_new_consumer(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its coordinator has raised a RuntimeError after a refused commit; that must not end the process."""
    flow.start_relay()
    getmany, faults = AIOKafkaConsumer.getmany, ["of the client"]

    async def at_fault(self: AIOKafkaConsumer, *partitions: TopicPartition, **options: Any) -> Any:  # Any: untyped
        if faults:
            raise RuntimeError(faults.pop())
        return await getmany(self, *partitions, **options)

    monkeypatch.setattr(AIOKafkaConsumer, "getmany", at_fault)
    flow.start_runner({ThingMadeIn: record_effect})
    await _publish_to_all(flow, 1)
    await flow.wait_for(EFFECTS, len(KEYS))
    assert not faults


async def _publish_without_lock(flow: Flow) -> None:
    """As many events as there are, once more: their keys are held by the test."""
    columns = "shard, aggregatetype, aggregateid, type, topic, key, payload, actor, aggregate_version, event_time"
    async with flow.database.transaction() as tx:
        await tx.execute(
            f"INSERT INTO outbox (id, {columns}) SELECT gen_random_uuid(), {columns} FROM event_log"  # noqa: S608 — our words
        )
