"""A topic that lost its events is noticed, nothing more is sent to it, and it is refilled in order on request."""

from homeward_kit import queues, republish
from sample_service.things import TOPIC, ThingMade, ThingMadeIn, record_effect
from sample_testing.flow import Flow
from sample_testing.topics import numbers_by_key


async def test_an_emptied_topic_is_refilled_before_new_events_follow(flow: Flow) -> None:
    relay = flow.start_relay()
    events = [(f"key-{number % 7}", ThingMade(number=number)) for number in range(40)]
    await flow.publish(*events)
    await flow.wait_for("SELECT count(*) FROM outbox", 0)
    relay.stop()
    await flow.tasks[0]
    await flow.empty_topic(TOPIC)

    flow.start_relay()
    await flow.publish(*((f"key-{number % 7}", ThingMade(number=number)) for number in range(40, 50)))
    await flow.wait_for("SELECT count(*) FROM topics_sent WHERE is_emptied", 1)
    async with flow.database.transaction() as tx:
        assert (await queues.waiting(tx)).emptied_topics == [TOPIC]
    assert await numbers_by_key(flow.bootstrap, TOPIC) == {}

    async with flow.database.transaction() as tx:
        request_id = await republish.request(tx, TOPIC, None)
    await flow.wait_for("SELECT count(*) FROM outbox", 0)
    async with flow.database.transaction() as tx:
        assert await republish.progress(tx, request_id) == (40, 0)
    expected = {f"key-{key}": [number for number in range(50) if number % 7 == key] for key in range(7)}
    assert await numbers_by_key(flow.bootstrap, TOPIC) == expected


async def test_what_was_handled_before_the_refill_takes_no_effect_again(flow: Flow) -> None:
    flow.start_relay()
    flow.start_runner({ThingMadeIn: record_effect})
    await flow.publish(*((f"key-{number % 3}", ThingMade(number=number)) for number in range(12)))
    await flow.wait_for("SELECT count(*) FROM effects", 12)
    async with flow.database.transaction() as tx:
        await republish.request(tx, TOPIC, None)
    await flow.wait_for("SELECT count(*) FROM republications WHERE NOT is_done", 0)
    await flow.publish(("key-0", ThingMade(number=12)))
    await flow.wait_for("SELECT max(number) FROM effects", 12)
    assert await flow.rows("SELECT count(*) FROM effects") == [(13,)]
