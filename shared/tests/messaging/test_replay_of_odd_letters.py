"""Letters that are out of the ordinary: records that are no events, and handlers that fail in ways nobody foresaw."""

import asyncio
from uuid import UUID

import pytest
from aiokafka import AIOKafkaProducer

from homeward_kit import consumer
from homeward_kit.database import Tx
from homeward_kit.dead_letters import Record
from homeward_kit.envelope import Received
from homeward_kit.replay import Operator, Outcome, Reason, RepairNeedsEventId, discard, repair, replay
from sample_service.things import TOPIC, ThingMade, ThingMadeIn, record_effect
from sample_testing.flow import Flow

OPERATOR = Operator("staff/operator", Reason.SENT_IN_ERROR)
NUMBERS = "SELECT array_agg(number ORDER BY position) FROM effects"
OPEN = "SELECT error_class, error_code FROM dead_letters WHERE state = 'open'"


async def _open_letter(flow: Flow) -> UUID:
    await flow.wait_for("SELECT count(*) FROM dead_letters WHERE state = 'open'", 1)
    letter_id = (await flow.rows("SELECT id FROM dead_letters WHERE state = 'open'"))[0][0]
    assert isinstance(letter_id, UUID)
    return letter_id


async def test_a_record_that_is_no_event_can_be_discarded_and_what_is_parked_follows(flow: Flow) -> None:
    """Its id has no value, which Kafka allows."""
    producer = AIOKafkaProducer(bootstrap_servers=flow.bootstrap)
    await producer.start()
    try:
        headers = [("ce_specversion", b"1.0"), ("ce_id", None)]
        await producer.send_and_wait(TOPIC, key=b"a", value=b"{}", headers=headers)
    finally:
        await producer.stop()
    flow.start_relay()
    flow.start_runner({ThingMadeIn: record_effect})
    letter_id, handling = await _open_letter(flow), flow.handling({ThingMadeIn: record_effect})
    await flow.publish(("a", ThingMade(number=1)))
    await flow.wait_for("SELECT count(*) FROM parked", 1)
    async with flow.database.transaction() as tx:
        with pytest.raises(RepairNeedsEventId):
            await repair(tx, handling, letter_id, b'{"number": 0}', OPERATOR)
    async with flow.database.transaction() as tx:
        outcome = await discard(tx, handling, letter_id, OPERATOR)
    assert outcome == Outcome(is_settled=True, error_code=None, parked_applied=1, parked_left=0)
    assert await flow.rows(NUMBERS) == [([1],)]


async def test_a_parked_message_whose_handler_breaks_becomes_the_next_letter(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the handler raises that is no outage: the letter before it can be settled all the same."""
    monkeypatch.setattr(consumer, "BACK_OFF_SECONDS", (0.02,))
    broken = {1, 2}

    async def handle(tx: Tx, received: Received[ThingMadeIn]) -> None:
        if received.payload.number in broken:
            raise KeyError("somebody's name")
        await record_effect(tx, received)

    flow.start_relay()
    flow.start_runner({ThingMadeIn: handle})
    await flow.publish(*(("a", ThingMade(number=number)) for number in range(1, 4)))
    await flow.wait_for("SELECT count(*) FROM parked", 2)
    letter_id, handling = await _open_letter(flow), flow.handling({ThingMadeIn: handle})
    async with flow.database.transaction() as tx:
        still = await replay(tx, handling, letter_id, OPERATOR)
    assert still == Outcome(is_settled=False, error_code="failed", parked_applied=0, parked_left=2)
    broken.remove(1)
    async with flow.database.transaction() as tx:
        outcome = await replay(tx, handling, letter_id, OPERATOR)
    assert outcome == Outcome(is_settled=True, error_code=None, parked_applied=0, parked_left=1)
    assert await flow.rows(OPEN) == [("builtins.KeyError", "failed")]


async def test_an_outage_during_a_replay_settles_nothing(flow: Flow) -> None:
    """It is told as what it is: nothing is called hopeless for it, and the letter can be replayed later."""
    is_refused, is_down = asyncio.Event(), asyncio.Event()
    is_refused.set()

    async def handle(tx: Tx, received: Received[ThingMadeIn]) -> None:
        if is_down.is_set():
            raise ConnectionResetError
        if is_refused.is_set():
            ThingMadeIn.model_validate({"number": "no number"})
        await record_effect(tx, received)

    flow.start_relay()
    flow.start_runner({ThingMadeIn: handle})
    await flow.publish(("a", ThingMade(number=1)))
    letter_id, handling = await _open_letter(flow), flow.handling({ThingMadeIn: handle})
    is_down.set()
    with pytest.raises(ConnectionResetError):
        async with flow.database.transaction() as tx:
            await replay(tx, handling, letter_id, OPERATOR)
    is_down.clear()
    is_refused.clear()
    async with flow.database.transaction() as tx:
        assert (await replay(tx, handling, letter_id, OPERATOR)).is_settled
    assert await flow.rows(NUMBERS) == [([1],)]


def test_a_records_identity_is_its_place_where_it_has_no_id() -> None:
    record = Record(TOPIC, 2, 7, 0, "a", b"", {})
    assert record.identity == f"{TOPIC}/2/7"
