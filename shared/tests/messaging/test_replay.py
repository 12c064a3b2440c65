"""An operator's ways out of a dead letter: replay, repair, discard; what is parked follows in order."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from pydantic import ValidationError

from homeward_kit.database import Tx
from homeward_kit.envelope import Received
from homeward_kit.handling import Handling, PermanentError
from homeward_kit.replay import LetterSettled, Operator, Outcome, Reason, discard, repair, replay
from sample_service.things import ThingBroken, ThingMade, ThingMadeIn, record_effect
from sample_testing.flow import Flow

Action = Callable[[Tx, Handling, UUID, Operator], Awaitable[Outcome]]
NUMBERS = "SELECT array_agg(number ORDER BY position) FROM effects"
LETTERS = "SELECT state, error_code FROM dead_letters ORDER BY recorded_at"
OPERATOR = Operator("staff/operator", Reason.PAYLOAD_REPAIRED)


class Broken:
    """A handler with a bug that can be mended."""

    def __init__(self, *refused: int) -> None:
        self.refused = set(refused)

    async def handle(self, tx: Tx, received: Received[ThingMadeIn]) -> None:
        if received.payload.number in self.refused:
            raise PermanentError("refused")
        await record_effect(tx, received)


async def _do(flow: Flow, action: Action, handling: Handling, letter_id: UUID, *, is_dry_run: bool = False) -> Outcome:
    async with flow.database.transaction() as tx:
        tx.is_dry_run = is_dry_run
        return await action(tx, handling, letter_id, OPERATOR)


async def _repair(flow: Flow, handling: Handling, letter_id: UUID, payload: bytes) -> None:
    async with flow.database.transaction() as tx:
        await repair(tx, handling, letter_id, payload, OPERATOR)


async def _letter(flow: Flow) -> UUID:
    await flow.wait_for("SELECT count(*) FROM dead_letters WHERE state = 'open'", 1)
    letter_id = (await flow.rows("SELECT id FROM dead_letters WHERE state = 'open'"))[0][0]
    assert isinstance(letter_id, UUID)
    return letter_id


async def _dead_with_followers(flow: Flow, broken: Broken) -> tuple[UUID, Handling]:
    flow.start_relay()
    flow.start_runner({ThingMadeIn: broken.handle})
    await flow.publish(*(("a", ThingMade(number=number)) for number in range(1, 6)))
    await flow.wait_for("SELECT count(*) FROM parked", 3)
    return await _letter(flow), flow.handling({ThingMadeIn: broken.handle})


async def test_pitfall_14_after_a_replay_the_parked_messages_follow_in_order_and_new_ones_flow(flow: Flow) -> None:
    broken = Broken(2)
    letter_id, handling = await _dead_with_followers(flow, broken)
    assert await _do(flow, replay, handling, letter_id, is_dry_run=True) == Outcome(
        is_settled=False, error_code="refused", parked_applied=0, parked_left=3
    )
    broken.refused.clear()
    dry = await _do(flow, replay, handling, letter_id, is_dry_run=True)
    assert dry == Outcome(is_settled=True, error_code=None, parked_applied=3, parked_left=0)
    assert await flow.rows(LETTERS) == [("open", "refused")]
    assert await flow.rows(NUMBERS) == [([1],)]
    assert await _do(flow, replay, handling, letter_id) == dry
    await flow.publish(("a", ThingMade(number=6)))
    await flow.wait_for(NUMBERS, [1, 2, 3, 4, 5, 6])
    assert await flow.rows(LETTERS) == [("replayed", "refused")]
    await flow.wait_for("SELECT count(*) FROM event_log WHERE type = 'discharge.letter.replayed.v1'", 1)
    with pytest.raises(LetterSettled):
        await _do(flow, replay, handling, letter_id)


async def test_a_parked_message_that_is_hopeless_too_becomes_the_next_letter(flow: Flow) -> None:
    broken = Broken(2, 4)
    letter_id, handling = await _dead_with_followers(flow, broken)
    broken.refused.remove(2)
    outcome = await _do(flow, replay, handling, letter_id)
    assert outcome == Outcome(is_settled=True, error_code=None, parked_applied=1, parked_left=1)
    assert await flow.rows(NUMBERS) == [([1, 2, 3],)]
    assert await flow.rows(LETTERS) == [("replayed", "refused"), ("open", "refused")]
    assert await _do(flow, discard, handling, await _letter(flow)) == Outcome(
        is_settled=True, error_code=None, parked_applied=1, parked_left=0
    )
    assert await flow.rows(NUMBERS) == [([1, 2, 3, 5],)]


async def test_a_repair_is_checked_and_used_whenever_the_event_is_read_again(flow: Flow) -> None:
    flow.start_relay()
    flow.start_runner({ThingMadeIn: record_effect})
    await flow.publish(("a", ThingBroken(number="two")))
    letter_id, handling = await _letter(flow), flow.handling({ThingMadeIn: record_effect})
    with pytest.raises(ValidationError):
        await _repair(flow, handling, letter_id, b'{"number": "still two"}')
    await _repair(flow, handling, letter_id, b'{"number": 2}')
    await _do(flow, replay, handling, letter_id)
    assert await flow.rows(NUMBERS) == [([2],)]
    async with flow.database.transaction() as tx:  # as when the topics are read again from their beginning
        await tx.execute("DELETE FROM inbox")
        await tx.execute("DELETE FROM dead_letters")
        columns = "shard, aggregatetype, aggregateid, type, topic, key, payload, actor, aggregate_version, event_time"
        await tx.execute(
            f"INSERT INTO outbox (id, {columns}) SELECT id, {columns} FROM event_log WHERE topic = 'kit-things'"  # noqa: S608 — our words
        )
    await flow.wait_for(NUMBERS, [2, 2])
    assert await flow.rows("SELECT count(*) FROM dead_letters") == [(0,)]
