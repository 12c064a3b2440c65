"""The outbox: events written in the transaction that made them true, sent later by the relay.

Column names follow Debezium's outbox router, so that change-data capture could take the relay's place.
"""

import json
import time
from datetime import datetime
from random import Random
from typing import Any, NamedTuple
from uuid import UUID
from zlib import crc32

from homeward_kit import telemetry
from homeward_kit.envelope import PublishedEvent, quick_uuid

SHARDS = 16
# At most four bytes each: the broker and its clients take a megabyte. One that is larger could never be sent, and what
# waits behind it neither.
MOST_CHARACTERS = 200_000


class EventTooLargeError(ValueError):
    """An event that no broker would take: the transaction that would make it true fails."""


class OutboxEvent(NamedTuple):
    """An event on its way into the outbox; `extra_headers` go to Kafka beside the CloudEvents attributes."""

    event: PublishedEvent
    key: str
    subject: str  # "referral/<id>"
    version: int  # of the aggregate
    referral_id: UUID | None
    recorded_at: datetime
    extra_headers: tuple[tuple[str, str], ...] = ()


def shard_of(key: str) -> int:
    """The shard whose relay sends this key's events."""
    return crc32(key.encode()) % SHARDS


_random = Random()  # noqa: S311 — seeded by the system; an event's id is no secret, and asking each time is slow
_VERSION_7 = 0x7 << 76 | 0x2 << 62
_CHANCE = (1 << 80) - 1 & ~(0xF << 76 | 0x3 << 62)


def new_event_id() -> UUID:
    """A UUID of version 7: those of one time stand together in an index, so a full table costs little more."""
    milliseconds = time.time_ns() // 1_000_000
    number = milliseconds << 80 | _VERSION_7 | _random.getrandbits(80) & _CHANCE
    return quick_uuid(number.to_bytes(16, "big"))


def values_of(row: OutboxEvent, actor: str, causation_id: UUID | None, traceparent: str | None) -> dict[str, Any]:
    """The row's values by column, with who and what made it true; they are written when the transaction commits."""
    aggregatetype, _, aggregateid = row.subject.partition("/")
    payload = row.event.__pydantic_serializer__.to_json(row.event).decode()  # as model_dump_json, in half its time
    if len(payload) > MOST_CHARACTERS:
        raise EventTooLargeError(row.event.type)
    return {
        "id": new_event_id(),
        "shard": shard_of(row.key),
        "aggregatetype": aggregatetype,
        "aggregateid": aggregateid,
        "type": row.event.type,
        "topic": row.event.topic,
        "key": row.key,
        "payload": payload,
        "headers": json.dumps(dict(row.extra_headers)) if row.extra_headers else "{}",
        "tracingspancontext": traceparent or telemetry.current_traceparent(),
        "causation_id": causation_id,
        "referral_id": row.referral_id,
        "actor": actor,
        "aggregate_version": row.version,
        "event_time": row.recorded_at,
    }
