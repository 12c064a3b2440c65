"""The event that travels in the messaging benchmarks, about as large as ours, and what handling it does."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID, uuid4

from aiokafka import AIOKafkaProducer

from homeward_kit.database import Tx
from homeward_kit.envelope import Attributes, ConsumedEvent, Headers, PublishedEvent, Received
from homeward_kit.outbox import new_event_id

KEYS = 2_000  # people; an event in twenty is about the same one
AT_ONCE = 500
FACTS = [
    "washing_dressing", "toileting", "medication_support", "moving_handling", "night_care", "therapy", "equipment",
]  # fmt: skip


class ThingMadeIn(ConsumedEvent):
    """What the benchmark's consumer reads of the event."""

    type: ClassVar[str] = "bench.thing.made.v1"
    number: int
    facts: list[str]


class ThingDone(PublishedEvent):
    """What it publishes for each."""

    type: ClassVar[str] = "bench.thing.done.v1"
    topic: ClassVar[str] = "bench-done"
    number: int
    facts: list[str]


def thing_of(name: str) -> type[ThingMadeIn]:
    """The event as it is read from this topic."""
    return type("ThingMadeIn", (ThingMadeIn,), {"topic": name})


async def do(tx: Tx, received: Received[ThingMadeIn]) -> None:
    """An effect and an event, one message at a time."""
    number = received.payload.number
    await tx.execute(
        "INSERT INTO effects (number, key) VALUES (:number, :key)", {"number": number, "key": received.key}
    )
    await tx.publish(_done(received), key=received.key, subject=f"thing/{number}", version=1)


async def do_together(tx: Tx, batch: Sequence[Received[ThingMadeIn]]) -> None:
    """The same for many messages: one insert, and the outbox's own."""
    await tx.execute(
        "INSERT INTO effects (number, key) SELECT * FROM unnest(CAST(:numbers AS int[]), CAST(:keys AS text[]))",
        {"numbers": [received.payload.number for received in batch], "keys": [received.key for received in batch]},
    )
    for received in batch:
        tx.follow(received)
        await tx.publish(_done(received), key=received.key, subject=f"thing/{received.payload.number}", version=1)


def _done(received: Received[ThingMadeIn]) -> ThingDone:
    return ThingDone(number=received.payload.number, facts=received.payload.facts)


@dataclass(frozen=True, slots=True)
class Message:
    """A record's bytes."""

    key: bytes
    value: bytes
    headers: Headers


def messages(count: int) -> list[Message]:
    """That many events, with the headers the relay gives them."""
    keys = [str(uuid4()) for _ in range(KEYS)]
    now = datetime.now(UTC)
    return [_message(number, keys[number % KEYS], now) for number in range(count)]


def _message(number: int, key: str, now: datetime) -> Message:
    attributes = Attributes(
        event_id=new_event_id(),
        type=ThingMadeIn.type,
        source="homeward/bench",
        subject=f"thing/{number}",
        time=now,
        actor="staff/7b0d4ac8-3f47-4cfb-8a3e-2a9a7fd8c001",
        referral_id=UUID(key),
        aggregate_version=1,
        causation_id=uuid4(),
    )
    trace = ("traceparent", f"00-{uuid4().hex}-{uuid4().hex[:16]}-01".encode())
    value = json.dumps({"number": number, "facts": FACTS, "referral_id": key, "patient_key": key})
    return Message(key.encode(), value.encode(), [*attributes.headers(), trace])


async def produce(bootstrap: str, topic: str, batch: list[Message]) -> None:
    """Send them as a plain producer does that loses nothing."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, linger_ms=2)
    await producer.start()
    try:
        for start in range(0, len(batch), AT_ONCE):
            futures = [
                await producer.send(topic, key=one.key, value=one.value, headers=one.headers)
                for one in batch[start : start + AT_ONCE]
            ]
            for future in futures:
                await future
    finally:
        await producer.stop()
