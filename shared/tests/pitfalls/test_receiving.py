"""Pitfalls on the way in: offsets that run ahead of effects, groups that start late, members that come and go."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy.pool import QueuePool

from homeward_kit.consumer import ConsumerRunner
from homeward_kit.database import Database, Tx
from homeward_kit.dead_letters import DEAD_LETTERS
from homeward_kit.envelope import Received
from homeward_kit.testing.fixtures import MakeTopics
from sample_service.things import TOPIC, ThingMade, ThingMadeIn, record_effect
from sample_testing.flow import EFFECTS, IS_WAITING, OUTBOX, Flow, until
from sample_testing.process import SampleService
from sample_testing.topics import committed_offsets, members_of

KEYS = tuple(f"key-{number}" for number in range(6))
TAKEOVER_SECONDS = 10


@asynccontextmanager
async def _held_up(flow: Flow) -> AsyncIterator[None]:
    """Whoever wants to handle an event of one of the keys waits until the end of the block."""
    async with flow.database.transaction() as tx:
        await tx.lock(*KEYS)
        yield


async def _publish_to_all(flow: Flow, *numbers: int) -> None:
    await flow.publish(*((key, ThingMade(number=number)) for number in numbers for key in KEYS))


async def _assert_each_once_in_order(flow: Flow, *numbers: int) -> None:
    await flow.wait_for("SELECT count(DISTINCT (key, number)) FROM effects", len(KEYS) * len(numbers))
    effects = await flow.rows("SELECT key, array_agg(number ORDER BY position) FROM effects GROUP BY key")
    assert dict(effects) == {key: list(numbers) for key in KEYS}


async def test_pitfall_06_a_crash_between_fetching_and_the_effect_loses_nothing(flow: Flow) -> None:
    """Nothing is committed to the broker before the effect is to the database."""
    await _publish_to_all(flow, 1)
    async with _held_up(flow):
        flow.start_relay()
        flow.start_runner({ThingMadeIn: record_effect})
        await flow.wait_for(IS_WAITING, expected=True)  # its records are in hand
        crashing = flow.tasks.pop()
        crashing.cancel()
        await asyncio.wait([crashing])
        assert await committed_offsets(flow.bootstrap, flow.group) == {}
    flow.start_runner({ThingMadeIn: record_effect})
    await _assert_each_once_in_order(flow, 1)


async def test_pitfall_07_what_was_sent_before_a_group_first_started_is_not_skipped(flow: Flow) -> None:
    flow.start_relay()
    await _publish_to_all(flow, 1, 2)
    await flow.wait_for(OUTBOX, 0)
    flow.start_runner({ThingMadeIn: record_effect})
    await _assert_each_once_in_order(flow, 1, 2)
    assert await flow.rows("SELECT count(*) FROM event_log") == [(2 * len(KEYS),)]


async def test_pitfall_08_a_failure_between_inbox_and_effect_leaves_neither(flow: Flow) -> None:
    """The next delivery must find no trace of the first; the real crash there is the label consumer.before_commit."""
    failed: set[tuple[str, int]] = set()

    async def fail_once(tx: Tx, received: Received[ThingMadeIn]) -> None:
        one = (received.key, received.payload.number)
        if one not in failed:
            failed.add(one)
            raise ConnectionError
        await record_effect(tx, received)

    flow.start_relay()
    flow.start_runner({ThingMadeIn: fail_once})
    await _publish_to_all(flow, 1, 2)
    await _assert_each_once_in_order(flow, 1, 2)
    assert len(failed) == 2 * len(KEYS)


async def _start_idle_runner(flow: Flow) -> ConsumerRunner:
    """A second member of the group to which the only partition was not given; the broker decides, so ask again."""

    async def are_two() -> bool:
        return await members_of(flow.bootstrap, flow.group) == 2

    while True:
        runner = flow.start_runner({ThingMadeIn: record_effect})
        await until(are_two, 60, "the second member does not join")
        if (await runner.lag())[0]["lag"] is None:
            return runner
        runner.stop()
        await flow.tasks.pop()


async def test_pitfall_11_an_idle_standby_takes_over_from_a_killed_owner(
    database: Database, kafka_broker: str, fresh_topics: MakeTopics, tmp_path: Path
) -> None:
    """The shards within ten seconds, the partition when the broker has missed the dead member for ten."""
    async with fresh_topics(TOPIC, DEAD_LETTERS, partitions=1):
        service = SampleService(database.address, kafka_broker, tmp_path)
        flow = Flow(database, kafka_broker, group=service.name)
        async with service.running("worker") as owner:
            await _publish_to_all(flow, 1)
            await flow.wait_for(EFFECTS, len(KEYS))
            await _start_idle_runner(flow)
            relay = flow.start_relay()
            await owner.kill()
        await _publish_to_all(flow, 2)
        await flow.wait_for(OUTBOX, 0, TAKEOVER_SECONDS)
        assert relay.state.shards == 16
        await _assert_each_once_in_order(flow, 1, 2)
        await flow.stop()


async def test_pitfall_12_a_rebalance_in_mid_batch_repeats_no_effect(flow: Flow) -> None:
    """Two members have the same records in hand at the same moment."""
    second = flow.another_process()
    pool = second.engine.sync_engine.pool
    assert isinstance(pool, QueuePool)
    await _publish_to_all(flow, 1, 2, 3)
    async with _held_up(flow):
        flow.start_relay()
        flow.start_runner({ThingMadeIn: record_effect})
        await flow.wait_for(IS_WAITING, expected=True)
        flow.start_runner({ThingMadeIn: record_effect}, second)

        async def second_has_some() -> bool:
            return pool.checkedout() > 0

        await until(second_has_some, 60, "the second member was given nothing")
    await _assert_each_once_in_order(flow, 1, 2, 3)
    await _publish_to_all(flow, 4)
    await _assert_each_once_in_order(flow, 1, 2, 3, 4)
