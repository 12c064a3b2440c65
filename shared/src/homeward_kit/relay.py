"""The relay: sends outbox rows to Kafka in order per key and moves what the broker acknowledged to the event log.

A shard has one owner at a time (`shards`); the connection that holds a relay's locks also moves the rows, so a relay
that lost its locks cannot move anything.
"""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Any

import asyncpg
from aiokafka.errors import KafkaError

from homeward_kit import crash_points, emptied_topics, republish
from homeward_kit.database import Database
from homeward_kit.emptied_topics import EmptiedTopicError, NumbersGiven
from homeward_kit.logging import get_logger
from homeward_kit.outages import DATABASE_FAILURES
from homeward_kit.sending import Sender
from homeward_kit.shards import ShardLocks

BATCH = 500
POLL_SECONDS = 0.1
BACK_OFF_SECONDS = (0.2, 0.5, 1.0)
PASSING = (*DATABASE_FAILURES, KafkaError)

_log = get_logger(__name__)
# Any: rows come as asyncpg.Record, which is untyped.
Row = Any


@dataclass
class RelayState:
    """What a relay has come to."""

    shards: int = 0
    sent: int = 0
    failures: int = 0


class Relay:
    """One per worker process; several share the shards, and another takes over from one that dies."""

    def __init__(self, database: Database, *, source: str, bootstrap_servers: str) -> None:
        self._database = database
        self._bootstrap_servers = bootstrap_servers
        self._shards = ShardLocks(database.address)
        self._sender = Sender(source=source, bootstrap_servers=bootstrap_servers)
        self._topics_sent: set[str] = set()
        self._numbers = NumbersGiven({})
        self._stopping = asyncio.Event()
        self.state = RelayState()

    async def run(self) -> None:
        """Until stopped; an outage of database or broker is waited out with back-off."""
        try:
            while not self._stopping.is_set():
                try:
                    moved = await self.run_once()
                    self.state.failures = 0
                except PASSING as error:
                    await self._back_off(error)
                else:
                    if moved < BATCH:
                        await self._wait_for_work()
        finally:
            await self._sender.drop()
            await self._shards.close()

    def stop(self) -> None:
        self._stopping.set()
        self._database.published.set()

    async def run_once(self) -> int:
        """One round: take free shards, send a batch, move its acknowledged part. Returns how many rows moved."""
        connection = await self._shards.hold()
        self.state.shards = len(self._shards.owned)
        await self._connect(connection)
        asked = await republish.due(connection, self._shards.owned)
        if asked:
            await self._refill(connection, asked[0])
        moved = await self._forward(connection)
        return BATCH if asked else moved  # of a refill there may be more: do not wait

    async def _connect(self, connection: asyncpg.Connection) -> None:
        """Have a producer; before sending over a new connection: has the broker lost a topic's events?"""
        if self._sender.has_lost_connection():  # a broker that was away may have come back without what it had
            await self._sender.drop()
        if self._sender.is_connected:
            return
        ends = await emptied_topics.ends_of_sent(connection, self._bootstrap_servers)
        empty = emptied_topics.empty_of(ends)
        being_refilled = await republish.begin_again(connection, empty)
        if lost := empty - being_refilled:
            await emptied_topics.stop_sending_to(connection, lost)
        self._numbers = NumbersGiven(ends)
        await self._sender.connect()

    async def _forward(self, connection: asyncpg.Connection) -> int:
        """Send the oldest rows of the outbox; those of topics that were emptied or are being refilled wait."""
        rows = await connection.fetch(_FETCH, sorted(self._shards.owned), BATCH)
        if not rows:
            return 0
        acknowledged = await self._send(connection, rows)
        if acknowledged:
            await connection.execute(_MOVE, acknowledged)
            crash_points.reach("relay.after_move")
            self.state.sent += len(acknowledged)
        if len(acknowledged) < len(rows):
            raise KafkaError("part of a batch was not acknowledged")
        return len(acknowledged)

    async def _refill(self, connection: asyncpg.Connection, asked: Row) -> None:
        """Send a batch of a shard's logged events again; the topic's new ones wait until all shards are done."""
        rows = await republish.logged(connection, asked, _COLUMNS, BATCH)
        if len(await self._send(connection, rows)) < len(rows):
            raise KafkaError("part of a refill was not acknowledged")
        await republish.note(connection, asked, rows)

    async def _send(self, connection: asyncpg.Connection, rows: list[Row]) -> list[int]:
        """Send in sequence order; returns the numbers acknowledged, for each key only up to its first failure."""
        acknowledged = await self._sender.send(rows)
        for _, place in acknowledged:
            self._numbers.check(place)
        if new := {row["topic"] for row in rows} - self._topics_sent:
            await emptied_topics.note_sent(connection, new)
            self._topics_sent |= new
        return [row["seq"] for row, _ in acknowledged]

    async def _wait_for_work(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._database.published.wait(), POLL_SECONDS)
        self._database.published.clear()

    async def _back_off(self, error: Exception) -> None:
        """A producer that failed once may never send again (aiokafka #1017): drop it, read the outbox again."""
        if isinstance(error, EmptiedTopicError):
            with contextlib.suppress(*PASSING):
                await emptied_topics.stop_sending_to(await self._shards.hold(), {error.topic})
        _log.warning("relay_interrupted", error=type(error).__name__, failures=self.state.failures)
        if not isinstance(error, KafkaError):  # a connection that failed may look open and never work again
            self._shards.abandon()
        await self._sender.drop()
        delay = BACK_OFF_SECONDS[min(self.state.failures, len(BACK_OFF_SECONDS) - 1)]
        self.state.failures += 1
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), delay)


_COLUMNS = """seq, id, shard, aggregatetype, aggregateid, type, topic, key, payload, headers, tracingspancontext,
    causation_id, referral_id, actor, aggregate_version, event_time, created_at"""
# S608: the columns above are this module's own words
_FETCH = f"""
SELECT {_COLUMNS} FROM outbox
WHERE shard = ANY($1::smallint[]) AND topic <> ALL(ARRAY(
    SELECT topic FROM topics_sent WHERE is_emptied UNION SELECT topic FROM republications WHERE NOT is_done
)) ORDER BY seq LIMIT $2
"""  # noqa: S608
_MOVE = f"""
WITH gone AS (DELETE FROM outbox WHERE seq = ANY($1::bigint[]) RETURNING {_COLUMNS})
INSERT INTO event_log ({_COLUMNS}) SELECT {_COLUMNS} FROM gone
"""  # noqa: S608
