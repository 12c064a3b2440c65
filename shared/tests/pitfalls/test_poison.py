"""Pitfalls of messages that can never succeed; that what waits behind one follows in order is in ../messaging."""

import asyncio

import pytest

from homeward_kit import consumer
from homeward_kit.database import Tx
from homeward_kit.envelope import Received
from homeward_kit.handling import PermanentError
from sample_service.things import ThingBroken, ThingMade, ThingMadeIn, record_effect
from sample_testing.flow import EFFECTS, Flow, until

ANNOUNCED = "SELECT count(*) FROM event_log WHERE type = 'discharge.letter.dead.v1'"
REFUSE = """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''refused''; END'"""
NO_ANNOUNCEMENT = """CREATE TRIGGER refuse BEFORE INSERT ON outbox FOR EACH ROW
WHEN (NEW.type = 'discharge.letter.dead.v1') EXECUTE FUNCTION refuse()"""
SECONDS = 5  # on a machine with nothing else to do


async def test_pitfall_13_poison_is_recorded_announced_and_holds_up_only_its_own_key(flow: Flow) -> None:
    """Neither the letter nor its announcement says what the payload held."""
    flow.start_relay()
    flow.start_runner({ThingMadeIn: record_effect})
    await flow.publish(("a", ThingMade(number=0)))
    await flow.wait_for(EFFECTS, 1)
    begun = asyncio.get_running_loop().time()
    await flow.publish(
        ("a", ThingMade(number=1)),
        ("a", ThingBroken(number="not a number")),
        ("a", ThingMade(number=2)),
        ("a", ThingMade(number=3)),
        *((f"other-{number}", ThingMade(number=number)) for number in range(10, 20)),
    )
    await flow.wait_for(EFFECTS, 12)
    await flow.wait_for("SELECT count(*) FROM parked", 2)
    assert asyncio.get_running_loop().time() - begun < 4 * SECONDS
    assert await flow.rows("SELECT number FROM effects WHERE key = 'a' ORDER BY number") == [(0,), (1,)]
    letters = await flow.rows("SELECT key, type, error_code, state FROM dead_letters")
    assert letters == [("a", "kit.thing.made.v1", "number:int_parsing", "open")]
    await flow.wait_for(ANNOUNCED, 1)
    announced = await flow.rows("SELECT payload, headers FROM event_log WHERE topic LIKE '%dead%'")
    assert "not a number" not in str(announced)


async def test_pitfall_13_a_letter_and_its_announcement_are_kept_together_or_not_at_all(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the announcement cannot be written there is no letter either, and the message is tried again."""
    monkeypatch.setattr(consumer, "BACK_OFF_SECONDS", (0.05,))
    tried = 0

    async def refuse(_tx: Tx, _received: Received[ThingMadeIn]) -> None:
        nonlocal tried
        tried += 1
        raise PermanentError("refused")

    async def is_tried_again() -> bool:
        return tried > 1

    async with flow.database.transaction() as tx:
        await tx.execute(REFUSE)
        await tx.execute(NO_ANNOUNCEMENT)
    flow.start_relay()
    flow.start_runner({ThingMadeIn: refuse})
    await flow.publish(("a", ThingMade(number=1)))
    await until(is_tried_again, 30, "the message is not tried again")
    assert await flow.rows("SELECT count(*) FROM dead_letters") == [(0,)]
    async with flow.database.transaction() as tx:
        await tx.execute("DROP TRIGGER refuse ON outbox")
    await flow.wait_for(ANNOUNCED, 1)
    assert await flow.rows("SELECT count(*) FROM dead_letters") == [(1,)]
