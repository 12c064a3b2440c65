"""Refilling topics from the event log, and noticing that a topic has lost what was sent to it.

The relay that owns a shard refills it: the event log in sequence order first, then the outbox (architecture: history
can be rebuilt). Until an operator asks for that, nothing more is sent to a topic that has been emptied.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from homeward_kit.database import Tx
from homeward_kit.outbox import SHARDS

# Any: rows come as asyncpg.Record, which is untyped.
Row = Any


class EmptiedTopicError(KafkaError):  # type: ignore[misc]  # the library is untyped
    """The broker gave a number that it had given before: the topic was emptied while we were connected."""

    def __init__(self, topic: str) -> None:
        super().__init__(topic)
        self.topic = topic


async def request(tx: Tx, topic: str, since: datetime | None) -> UUID:
    """Ask the relays to send this topic's events again (those recorded since then); they begin within a second."""
    request_id = uuid4()
    await tx.execute(
        "INSERT INTO republications (id, topic, since, shard, requested_by)"
        " SELECT :id, :topic, :since, shard, :actor FROM generate_series(0, :last) AS shard",
        {"id": request_id, "topic": topic, "since": since, "actor": tx.actor, "last": SHARDS - 1},
    )
    await tx.execute("UPDATE topics_sent SET is_emptied = false WHERE topic = :topic", {"topic": topic})
    return request_id


async def progress(tx: Tx, request_id: UUID) -> tuple[int, int]:
    """How many events have been sent again, and how many shards are left to do."""
    found = await tx.execute(
        "SELECT coalesce(sum(sent), 0) AS sent, count(*) FILTER (WHERE NOT is_done) AS waiting"
        " FROM republications WHERE id = :id",
        {"id": request_id},
    )
    row = found.one()
    return int(row.sent), int(row.waiting)


_DUE = """
SELECT id, topic, since, shard, last_seq FROM republications
WHERE NOT is_done AND shard = ANY($1::smallint[]) ORDER BY requested_at, shard
"""


async def due(connection: asyncpg.Connection, shards: Iterable[int]) -> list[Row]:
    """What is still to be sent again for these shards, the oldest request first."""
    rows: list[Row] = await connection.fetch(_DUE, sorted(shards))
    return rows


_LOGGED = """
SELECT {columns} FROM event_log
WHERE shard = $1 AND topic = $2 AND seq > $3 AND ($4::timestamptz IS NULL OR recorded_at >= $4) ORDER BY seq LIMIT $5
"""


async def logged(connection: asyncpg.Connection, asked: Row, columns: str, batch: int) -> list[Row]:
    """The next events of a shard to be sent again."""
    sql = _LOGGED.format(columns=columns)
    rows: list[Row] = await connection.fetch(
        sql, asked["shard"], asked["topic"], asked["last_seq"], asked["since"], batch
    )
    return rows


async def note(connection: asyncpg.Connection, asked: Row, rows: list[Row]) -> None:
    """Remember how far a shard has come; no more rows: it is done."""
    await connection.execute(
        "UPDATE republications SET last_seq = $3, sent = sent + $4, is_done = $5 WHERE id = $1 AND shard = $2",
        asked["id"],
        asked["shard"],
        rows[-1]["seq"] if rows else asked["last_seq"],
        len(rows),
        not rows,
    )


async def note_sent(connection: asyncpg.Connection, topics: Collection[str]) -> None:
    """Remember that these topics have been sent to."""
    await connection.execute(
        "INSERT INTO topics_sent (topic) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING", sorted(topics)
    )


async def emptied(connection: asyncpg.Connection) -> list[str]:
    """The topics that wait for an operator's refill."""
    rows = await connection.fetch("SELECT topic FROM topics_sent WHERE is_emptied ORDER BY topic")
    return [row["topic"] for row in rows]


async def mark_emptied(connection: asyncpg.Connection, topics: Collection[str]) -> None:
    """Stop sending to these topics until an operator asks for a refill."""
    await connection.execute("UPDATE topics_sent SET is_emptied = true WHERE topic = ANY($1::text[])", sorted(topics))


class MissingTopicError(KafkaError):  # type: ignore[misc]  # the library is untyped
    """Topics that events have been sent to are not there: nothing is sent until they have been made again."""

    def __init__(self, topics: list[str]) -> None:
        super().__init__(*topics)
        self.topics = topics


async def ends_of_sent(connection: asyncpg.Connection, bootstrap_servers: str) -> dict[TopicPartition, int]:
    """The next offset of every partition of the topics that events have been sent to."""
    sent = [row["topic"] for row in await connection.fetch("SELECT topic FROM topics_sent ORDER BY topic")]
    if not sent:
        return {}
    consumer = AIOKafkaConsumer(*sent, bootstrap_servers=bootstrap_servers, enable_auto_commit=False)
    try:
        await consumer.start()
        numbers = {topic: consumer.partitions_for_topic(topic) for topic in sent}
        if missing := [topic for topic, found in numbers.items() if not found]:
            raise MissingTopicError(missing)
        places = [TopicPartition(topic, number) for topic, found in numbers.items() for number in found]
        ends: dict[TopicPartition, int] = await consumer.end_offsets(places)
        return ends
    finally:
        await consumer.stop()


def emptied_of(ends: Mapping[TopicPartition, int]) -> set[str]:
    """The topics that hold nothing although events have been sent to them."""
    return {place.topic for place in ends} - {place.topic for place, end in ends.items() if end}
