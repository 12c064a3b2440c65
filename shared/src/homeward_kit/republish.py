"""Refilling topics from the event log, because an operator asks for it.

The relay that owns a shard refills it: the event log in sequence order first, then the outbox (architecture: history
can be rebuilt).
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from homeward_kit.database import Tx
from homeward_kit.outbox import SHARDS

# Any: rows come as asyncpg.Record, which is untyped.
Row = Any


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


async def begin_again(connection: asyncpg.Connection, topics: Collection[str]) -> set[str]:
    """Refills under way of topics that are (or again are) empty start from the beginning; returns these topics."""
    rows = await connection.fetch(
        "UPDATE republications SET last_seq = 0, is_done = false WHERE topic = ANY($1::text[])"
        " AND id IN (SELECT id FROM republications WHERE NOT is_done) RETURNING topic",
        sorted(topics),
    )
    return {row["topic"] for row in rows}
