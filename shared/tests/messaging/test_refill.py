"""Refills that something comes between: other topics' events, a relay that ends, a topic that is emptied anew."""

import asyncio
from typing import ClassVar

import pytest

from homeward_kit import relay, republish
from homeward_kit.envelope import PublishedEvent
from homeward_kit.relay import Relay
from homeward_kit.testing.fixtures import MakeTopics
from sample_service.things import TOPIC, ThingMade
from sample_testing.flow import OUTBOX, Flow
from sample_testing.topics import first_numbers_by_key, numbers_by_key

KEYS, EVENTS = 5, 60
ALL = {f"key-{key}": [number for number in range(EVENTS) if number % KEYS == key] for key in range(KEYS)}


class OtherMade(PublishedEvent):
    """An event on another topic of the same service."""

    type: ClassVar[str] = "kit.other.made.v1"
    topic: ClassVar[str] = "kit-others"
    number: int


@pytest.fixture
async def filled(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> Flow:
    """A topic that has been sent to, by a relay that has ended; the next one takes small batches."""
    monkeypatch.setattr(relay, "BATCH", 4)
    flow.start_relay()
    await flow.publish(*((f"key-{number % KEYS}", ThingMade(number=number)) for number in range(EVENTS)))
    await flow.wait_for(OUTBOX, 0)
    await flow.stop()
    flow.parts.clear()
    flow.tasks.clear()
    return flow


async def _ask(flow: Flow) -> None:
    async with flow.database.transaction() as tx:
        await republish.request(tx, TOPIC, None)


async def _some_rounds(flow: Flow, number: int) -> Relay:
    """A relay that ends in the middle of a refill, as one does whose process is killed."""
    one = Relay(flow.database, source="homeward/kit", bootstrap_servers=flow.bootstrap)
    for _ in range(number):
        await one.run_once()
    one.stop()
    await one.run()
    left = await flow.rows("SELECT count(*) FILTER (WHERE is_done), count(*) FROM republications")
    assert left[0][0] < left[0][1]
    return one


async def test_another_relay_goes_on_with_a_refill_whose_relay_ended(filled: Flow) -> None:
    await filled.empty_topic(TOPIC)
    await _ask(filled)
    await _some_rounds(filled, 8)
    filled.start_relay()
    await filled.wait_for("SELECT count(*) FROM republications WHERE NOT is_done", 0)
    assert await first_numbers_by_key(filled.bootstrap, TOPIC) == ALL


async def test_a_topic_that_is_emptied_while_it_is_refilled_is_refilled_from_the_beginning(filled: Flow) -> None:
    await filled.empty_topic(TOPIC)
    await _ask(filled)
    await _some_rounds(filled, 8)
    await filled.empty_topic(TOPIC)
    filled.start_relay()
    await filled.wait_for("SELECT count(*) FROM republications WHERE NOT is_done", 0)
    assert await numbers_by_key(filled.bootstrap, TOPIC) == ALL


async def test_a_refill_does_not_hold_up_the_events_of_other_topics(filled: Flow, fresh_topics: MakeTopics) -> None:
    async with fresh_topics(OtherMade.topic):
        await _ask(filled)
        await filled.publish(("key-0", OtherMade(number=1)), ("key-0", ThingMade(number=EVENTS)))
        await asyncio.wait_for(_some_rounds(filled, 3), 30)
        assert await numbers_by_key(filled.bootstrap, OtherMade.topic) == {"key-0": [1]}
        assert await filled.rows("SELECT topic FROM outbox") == [(TOPIC,)]
        filled.start_relay()
        await filled.wait_for(OUTBOX, 0)
        await filled.stop()
    assert (await numbers_by_key(filled.bootstrap, TOPIC))["key-0"][-1] == EVENTS
