"""Messages that can never succeed: recorded with an announcement, and what follows them for that key is parked."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, NamedTuple
from uuid import UUID, uuid4

from homeward_kit import outbox
from homeward_kit.database import Tx
from homeward_kit.envelope import PublishedEvent, quick_uuid

DEAD_LETTERS = "discharge-dead-letters"


class LetterEvent(PublishedEvent):
    """What every announcement says: which message, for which group; nothing of its content."""

    topic: ClassVar[str] = DEAD_LETTERS

    letter_id: UUID
    consumer_group: str
    original_topic: str
    original_partition: int
    original_offset: int
    event_id: UUID | None
    event_type: str | None
    error_class: str
    error_code: str


class LetterDead(LetterEvent):
    """Announced so that operators are alerted; what failed is named by class and code, never by its text."""

    type: ClassVar[str] = "discharge.letter.dead.v1"


class Record(NamedTuple):
    """A Kafka record as the runner hands it on."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: str
    value: bytes
    headers: Mapping[str, bytes | None]

    @property
    def timestamp(self) -> datetime:
        return datetime.fromtimestamp(self.timestamp_ms / 1000, UTC)

    @property
    def identity(self) -> str:
        """The event's id; where a record has none, its place."""
        try:
            return str(quick_uuid(self.header("ce_id") or ""))
        except ValueError:
            return f"{self.topic}/{self.partition}/{self.offset}"

    def header(self, name: str) -> str | None:
        """A header's text; None where there is none."""
        return None if (value := self.headers.get(name)) is None else text_of(value)


def text_of(raw: bytes) -> str:
    """Bytes of whoever sent them as a text that PostgreSQL can keep."""
    return raw.decode("utf-8", "replace").replace("\0", "\ufffd")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a message can never succeed: the exception's class and a code that holds no personal data."""

    error_class: str
    error_code: str
    event_id: UUID | None
    event_type: str | None


_SETTLED = """
SELECT EXISTS (SELECT FROM dead_letters WHERE consumer_group = :group AND identity = :identity)
    OR EXISTS (SELECT FROM parked WHERE consumer_group = :group AND identity = :identity)
"""


async def is_settled(tx: Tx, group: str, record: Record) -> bool:
    """True when this record is a dead letter already, or parked: a repeat of it needs nothing more."""
    row = await tx.execute(_SETTLED, {"group": group, "identity": record.identity})
    return bool(row.scalar_one())


_BLOCKED = """
SELECT key FROM dead_letters
WHERE consumer_group = :group AND topic = :topic AND key = ANY(:keys) AND state = 'open'
UNION
SELECT key FROM parked WHERE consumer_group = :group AND topic = :topic AND key = ANY(:keys)
"""


async def blocked_keys(tx: Tx, group: str, records: Iterable[Record]) -> set[str]:
    """The keys of these records (of one topic) that wait for an operator: a letter is open or messages are parked."""
    places = {(record.topic, record.key) for record in records}
    if not places:
        return set()
    topic = next(iter(places))[0]
    rows = await tx.execute(_BLOCKED, {"group": group, "topic": topic, "keys": sorted(key for _, key in places)})
    return set(rows.scalars())


_PARK = """
INSERT INTO parked
    (consumer_group, identity, topic, partition, record_offset, record_timestamp, key, payload, headers)
VALUES (:group, :identity, :topic, :partition, :offset, :timestamp, :key, :payload, CAST(:headers AS jsonb))
"""


async def park(tx: Tx, group: str, records: Sequence[Record]) -> None:
    """Keep messages in order behind the dead one of their key; what is dead or parked already stays so."""
    for record in records:
        if not await is_settled(tx, group, record):
            await tx.execute(_PARK, _stored(group, record))


_BURY = """
INSERT INTO dead_letters (id, consumer_group, identity, topic, partition, record_offset, record_timestamp, key,
                          event_id, type, payload, headers, error_class, error_code)
VALUES (:id, :group, :identity, :topic, :partition, :offset, :timestamp, :key,
        :event_id, :type, :payload, CAST(:headers AS jsonb), :error_class, :error_code)
"""


async def bury(tx: Tx, group: str, record: Record, failure: Failure) -> UUID:
    """Record a dead letter and announce it, in one transaction; returns the letter's id."""
    letter_id = uuid4()
    named = {
        "id": letter_id,
        "event_id": failure.event_id,
        "type": failure.event_type,
        "error_class": failure.error_class,
        "error_code": failure.error_code,
    }
    await tx.execute(_BURY, _stored(group, record) | named)
    announce(tx, LetterDead, group, record, failure, letter_id)
    return letter_id


def announce(  # noqa: PLR0913, PLR0917 — a letter, its group, its record and why, as they stand in its row
    tx: Tx, kind: type[LetterEvent], group: str, record: Record, failure: Failure, letter_id: UUID
) -> None:
    """Tell what became of a letter, with the headers dead letters have by custom; the key's lock is held."""
    letter = kind(
        letter_id=letter_id,
        consumer_group=group,
        original_topic=record.topic,
        original_partition=record.partition,
        original_offset=record.offset,
        event_id=failure.event_id,
        event_type=failure.event_type,
        error_class=failure.error_class,
        error_code=failure.error_code,
    )
    headers = {
        "kafka_dlt-original-topic": record.topic,
        "kafka_dlt-original-partition": str(record.partition),
        "kafka_dlt-original-offset": str(record.offset),
        "kafka_dlt-original-timestamp": str(record.timestamp_ms),
        "kafka_dlt-original-consumer-group": group,
        "kafka_dlt-exception-fqcn": failure.error_class,
        "kafka_dlt-exception-message": failure.error_code,
    }
    tx.add_to_outbox(
        outbox.OutboxEvent(
            letter,
            key=record.key,
            subject=f"letter/{letter_id}",
            version=1,
            referral_id=None,
            recorded_at=tx.now,
            extra_headers=tuple(headers.items()),
        )
    )


def _stored(group: str, record: Record) -> dict[str, Any]:  # Any: values for SQL
    return {
        "group": group,
        "identity": record.identity,
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": record.timestamp,
        "key": record.key,
        "payload": record.value,
        "headers": json.dumps({text_of(name.encode()): record.header(name) for name in record.headers}),
    }
