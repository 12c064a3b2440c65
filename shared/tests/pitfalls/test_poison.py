"""Pitfalls of messages that can never succeed; that what waits behind one follows in order is in ../messaging."""

import asyncio

from sample_service.things import ThingBroken, ThingMade, ThingMadeIn, record_effect
from sample_testing.flow import EFFECTS, Flow

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
    await flow.wait_for("SELECT count(*) FROM event_log WHERE type = 'discharge.letter.dead.v1'", 1)
    announced = await flow.rows("SELECT payload, headers FROM event_log WHERE topic LIKE '%dead%'")
    assert "not a number" not in str(announced)
