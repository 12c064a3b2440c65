"""From a commit through outbox, relay and Kafka into a handler: once, in order, and past what is poison."""

import asyncio
from typing import ClassVar

import pytest

from homeward_kit import outbox
from homeward_kit.database import Tx
from homeward_kit.envelope import PublishedEvent, Received
from homeward_kit.handling import PermanentError
from sample_service.things import TOPIC, ThingMade, ThingMadeIn, record_effect
from sample_testing.flow import Flow, until

OUTBOX = "SELECT count(*) FROM outbox"
EFFECTS = "SELECT count(*) FROM effects"


async def test_a_record_sent_twice_takes_effect_once(flow: Flow) -> None:
    flow.start_relay()
    flow.start_runner({ThingMadeIn: record_effect})
    await flow.publish(("a", ThingMade(number=1)))
    await flow.wait_for(EFFECTS, 1)
    columns = "id, shard, aggregatetype, aggregateid, type, topic, key, payload, actor, aggregate_version, event_time"
    async with flow.database.transaction() as tx:  # as after a relay that died between acknowledgement and move
        await tx.execute(f"INSERT INTO outbox ({columns}) SELECT {columns} FROM event_log")  # noqa: S608 — our words
    await flow.publish(("a", ThingMade(number=2)))
    await flow.wait_for("SELECT max(number) FROM effects", 2)
    assert await flow.rows("SELECT number FROM effects ORDER BY position") == [(1,), (2,)]


async def test_a_failing_handler_is_tried_again_in_order_and_given_up_only_for_no_outage(flow: Flow) -> None:
    tries: list[int] = []

    async def fail_at_two(tx: Tx, received: Received[ThingMadeIn]) -> None:
        tries.append(received.payload.number)
        await record_effect(tx, received)
        if received.payload.number == 2 and tries.count(2) < 4:
            raise ConnectionError
        if received.payload.number == 3:
            raise PermanentError("three_is_refused")

    flow.start_relay()
    flow.start_runner({ThingMadeIn: fail_at_two})
    await flow.publish(*(("a", ThingMade(number=number)) for number in (1, 2, 3)), ("b", ThingMade(number=9)))
    await flow.wait_for("SELECT count(*) FROM dead_letters", 1)
    await flow.wait_for(EFFECTS, 3)
    assert tries.count(2) >= 4
    assert await flow.rows("SELECT error_code FROM dead_letters") == [("three_is_refused",)]
    assert await flow.rows("SELECT number FROM effects WHERE key = 'a' ORDER BY position") == [(1,), (2,)]


async def test_a_partition_that_takes_long_holds_up_no_other(flow: Flow) -> None:
    is_begun, may_end = asyncio.Event(), asyncio.Event()

    async def handle(tx: Tx, received: Received[ThingMadeIn]) -> None:
        if received.key == "slow":
            is_begun.set()
            await may_end.wait()
        await record_effect(tx, received)

    async def is_one_done() -> bool:
        return await flow.rows(EFFECTS) != [(0,)]

    flow.start_relay()
    flow.start_runner({ThingMadeIn: handle})
    await flow.publish(("slow", ThingMade(number=0)))
    await asyncio.wait_for(is_begun.wait(), 30)
    await flow.publish(*((f"key-{number}", ThingMade(number=number)) for number in range(12)))
    try:
        await until(is_one_done, 20, "the other partitions wait")
    finally:
        may_end.set()
    await flow.wait_for(EFFECTS, 13)


class ThingTold(PublishedEvent):
    """An event of any length."""

    type: ClassVar[str] = "kit.thing.told.v1"
    topic: ClassVar[str] = TOPIC
    text: str


async def test_an_event_that_no_broker_would_take_is_refused_before_its_commit_and_the_longest_other_is_sent(
    flow: Flow,
) -> None:
    """Once committed it would stand before all that came after it."""
    longest = outbox.MOST_CHARACTERS - len('{"text":""}')
    flow.start_relay()
    with pytest.raises(outbox.EventTooLargeError):
        await flow.publish(("a", ThingTold(text="🏠" * (longest + 1))))
    await flow.publish(("a", ThingTold(text="🏠" * longest)))
    await flow.wait_for("SELECT count(*) FROM event_log", 1)
