"""The outbox: events written in the transaction that made them true, sent later by the relay.

Column names follow Debezium's outbox router, so that change-data capture could take the relay's place.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4
from zlib import crc32

from homeward_kit import telemetry
from homeward_kit.envelope import PublishedEvent

if TYPE_CHECKING:
    from homeward_kit.database import Tx

SHARDS = 16


@dataclass(frozen=True, slots=True)
class OutboxEvent:
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


_INSERT = """
INSERT INTO outbox (id, shard, aggregatetype, aggregateid, type, topic, key, payload, headers,
                    tracingspancontext, causation_id, referral_id, actor, aggregate_version, event_time)
VALUES (:id, :shard, :aggregatetype, :aggregateid, :type, :topic, :key, :payload, CAST(:headers AS jsonb),
        :tracingspancontext, :causation_id, :referral_id, :actor, :aggregate_version, :event_time)
"""


async def add(tx: "Tx", row: OutboxEvent) -> UUID:
    """Insert one row; the caller holds the key's lock, so sequence order is commit order for that key."""
    event_id = uuid4()
    aggregatetype, _, aggregateid = row.subject.partition("/")
    await tx.execute(
        _INSERT,
        {
            "id": event_id,
            "shard": shard_of(row.key),
            "aggregatetype": aggregatetype,
            "aggregateid": aggregateid,
            "type": row.event.type,
            "topic": row.event.topic,
            "key": row.key,
            "payload": row.event.model_dump_json(),
            "headers": json.dumps(dict(row.extra_headers)),
            "tracingspancontext": telemetry.current_traceparent(),
            "causation_id": tx.causation_id,
            "referral_id": row.referral_id,
            "actor": tx.actor,
            "aggregate_version": row.version,
            "event_time": row.recorded_at,
        },
    )
    return event_id
