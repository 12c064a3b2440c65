"""The sample service's one kind of event, its handler and its timer."""

from typing import ClassVar
from uuid import UUID, uuid5

from homeward_kit import audit
from homeward_kit.database import Tx
from homeward_kit.envelope import ConsumedEvent, PublishedEvent, Received
from homeward_kit.handling import PermanentError
from homeward_kit.timers import Timer, set_timer

TOPIC = "kit-things"
REFUSED = 13  # the number of a thing whose event can never be handled
REMINDER = "reminder"
_NAMES = UUID("6f1b6a52-1f0e-4c53-9b1e-3d1f3f1f2a10")


class ThingMade(PublishedEvent):
    type: ClassVar[str] = "kit.thing.made.v1"
    topic: ClassVar[str] = TOPIC
    number: int


class ThingMadeIn(ConsumedEvent):
    type: ClassVar[str] = "kit.thing.made.v1"
    topic: ClassVar[str] = TOPIC
    number: int


class ThingBroken(PublishedEvent):
    """The same type with a payload its consumer cannot read."""

    type: ClassVar[str] = "kit.thing.made.v1"
    topic: ClassVar[str] = TOPIC
    number: str


async def make(tx: Tx, key: str, number: int) -> None:
    """A row and the event about it."""
    await tx.execute("INSERT INTO things VALUES (:key, :number)", {"key": key, "number": number})
    await tx.publish(ThingMade(number=number), key=key, subject=f"thing/{key}", version=1)


async def add(tx: Tx, key: str, number: int) -> None:
    """As `make`, with the rows of others in one statement, and an audit row."""
    tx.add_row("things", {"key": key, "number": number})
    await audit.record(tx, "make_thing", f"thing/{key}")
    await tx.publish(ThingMade(number=number), key=key, subject=f"thing/{key}", version=1)


async def record_effect(tx: Tx, received: Received[ThingMadeIn]) -> None:
    """One row for each time the event takes effect."""
    await tx.execute(
        "INSERT INTO effects (number, key) VALUES (:number, :key)",
        {"number": received.payload.number, "key": received.key},
    )


async def record_and_remind(tx: Tx, received: Received[ThingMadeIn]) -> None:
    """An effect, and a timer that is due at once."""
    if received.payload.number == REFUSED:
        raise PermanentError("refused_number")
    await record_effect(tx, received)
    aggregate_id = uuid5(_NAMES, f"{received.key}/{received.payload.number}")
    await set_timer(tx, REMINDER, aggregate_id, key=received.key, due_at=tx.now)


async def record_fired(tx: Tx, timer: Timer) -> None:
    """One row for each time the timer fires."""
    await tx.execute(
        "INSERT INTO fired VALUES (:kind, :aggregate_id, :is_late)",
        {"kind": timer.kind, "aggregate_id": timer.aggregate_id, "is_late": timer.is_late},
    )
