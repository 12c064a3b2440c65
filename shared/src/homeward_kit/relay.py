"""The relay: sends outbox rows to Kafka in order per key and moves what the broker acknowledged to the event log.

A shard has one owner at a time; the connection that holds a relay's locks also moves the rows, so a relay that lost its
locks cannot move anything.
"""

import asyncio
import contextlib
import json
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.structs import RecordMetadata
from opentelemetry.trace import Span

from homeward_kit import crash_points, message_spans, republish
from homeward_kit.database import Database
from homeward_kit.envelope import Attributes, Headers
from homeward_kit.logging import get_logger
from homeward_kit.outbox import SHARDS
from homeward_kit.shards import ShardLocks

BATCH = 500
POLL_SECONDS = 0.1
LOOK_SECONDS = 0.1  # how soon a lost connection is noticed while sends are unanswered
SEND_SECONDS = 15.0  # then the producer is abandoned and a new one is built
STOP_SECONDS = 5.0
BACK_OFF_SECONDS = (0.2, 0.5, 1.0)

_log = get_logger(__name__)
# Any: rows come as asyncpg.Record, which is untyped.
Row = Any


@dataclass
class RelayState:
    """What health and /ops tell of a relay."""

    shards: int = 0
    is_connected: bool = False
    sent: int = 0
    failures: int = 0
    emptied_topics: list[str] = field(default_factory=list)  # as last seen: nothing is sent to them until refilled


class Relay:
    """One per worker process; several share the shards, and another takes over from one that dies."""

    def __init__(self, database: Database, *, source: str, bootstrap_servers: str) -> None:
        self._database = database
        self._source = source
        self._bootstrap_servers = bootstrap_servers
        self._shards = ShardLocks(database.address)
        self._producer: AIOKafkaProducer | None = None
        self._topics_sent: set[str] = set()
        self._ends: dict[tuple[str, int], int] = {}  # the newest offset of each partition we sent to
        self._connections: dict[Any, Any] = {}  # Any: of the client's own, which is untyped
        self._stopping = asyncio.Event()
        self.state = RelayState()

    async def run(self) -> None:
        """Until stopped; an outage of database or broker is waited out with back-off."""
        try:
            while not self._stopping.is_set():
                try:
                    moved = await self.run_once()
                    self.state.failures = 0
                except (
                    OSError,
                    TimeoutError,
                    KafkaError,
                    asyncpg.PostgresError,
                    asyncpg.InterfaceError,
                    asyncpg.InternalClientError,  # what it says after a connection broke in the middle of a round
                ) as error:
                    await self._back_off(error)
                else:
                    if moved < BATCH:
                        await self._wait_for_work()
        finally:
            await self._close()

    def stop(self) -> None:
        self._stopping.set()
        self._database.published.set()

    async def run_once(self) -> int:
        """One round: take free shards, send a batch, move its acknowledged part. Returns how many rows moved."""
        connection = await self._shards.hold()
        self.state.shards = len(self._shards.owned)
        if asked := await republish.due(connection, self._shards.owned):
            return await self._refill(connection, asked[0])
        producer = await self._ready_producer(connection)
        rows = await connection.fetch(_FETCH, sorted(self._shards.owned), BATCH)
        if not rows:
            return 0
        acknowledged = await self._send(producer, connection, rows)
        if acknowledged:
            await connection.execute(_MOVE, acknowledged)
            crash_points.reach("relay.after_move")
            self.state.sent += len(acknowledged)
        if len(acknowledged) < len(rows):
            raise KafkaError("part of a batch was not acknowledged")
        return len(acknowledged)

    async def _refill(self, connection: asyncpg.Connection, asked: Row) -> int:
        """Send a batch of a shard's logged events again; the outbox waits until all shards are done."""
        rows = await republish.logged(connection, asked, _COLUMNS, BATCH)
        producer = await self._ready_producer(connection)
        if len(await self._send(producer, connection, rows)) < len(rows):
            raise KafkaError("part of a refill was not acknowledged")
        await republish.note(connection, asked, rows)
        self.state.emptied_topics = await republish.emptied(connection)
        return BATCH  # there may be more: do not wait

    async def _ready_producer(self, connection: asyncpg.Connection) -> AIOKafkaProducer:
        if self._has_lost_connection():  # a broker that was away may have come back without what it had
            await self._drop_producer()
        if self._producer is None:
            await self._look_for_emptied(connection)
            producer = AIOKafkaProducer(
                bootstrap_servers=self._bootstrap_servers,
                acks="all",
                enable_idempotence=True,
                linger_ms=2,
                request_timeout_ms=10_000,
                compression_type=None,
            )
            try:
                await asyncio.wait_for(producer.start(), SEND_SECONDS)
            except BaseException:
                await _bounded(producer.stop())
                raise
            self._producer = producer
            self._connections = {}
            self.state.is_connected = True
        return self._producer

    def _has_lost_connection(self) -> bool:
        """Whether a connection to the broker that was there at the last round has ended or was replaced."""
        connections = self._producer.client._conns if self._producer else {}  # noqa: SLF001 — nothing public tells it
        seen, self._connections = (
            self._connections,
            {place: connection for place, connection in connections.items() if connection.connected()},
        )
        return any(self._connections.get(place) is not connection for place, connection in seen.items())

    async def _look_for_emptied(self, connection: asyncpg.Connection) -> None:
        """Before sending over a new connection: has the broker lost a topic's events?"""
        async with asyncio.timeout(SEND_SECONDS):
            ends = await republish.ends_of_sent(connection, self._bootstrap_servers)
        refilling = {asked["topic"] for asked in await republish.due(connection, range(SHARDS))}
        await self._stop_sending_to(connection, republish.emptied_of(ends) - refilling)
        self._ends = {(place.topic, place.partition): end for place, end in ends.items()}

    async def _stop_sending_to(self, connection: asyncpg.Connection, topics: set[str]) -> None:
        if topics:
            await republish.mark_emptied(connection, topics)
            _log.error("topics_emptied", topics=sorted(topics), mend="homeward events republish --topic <topic>")
        self.state.emptied_topics = await republish.emptied(connection)

    def _check_end(self, metadata: RecordMetadata) -> None:
        """A number that was given before: the topic was emptied while we were connected."""
        place = (metadata.topic, metadata.partition)
        if metadata.offset < 0:  # it was there already, and the broker no longer knows at which number
            return
        if metadata.offset < self._ends.get(place, 0):
            raise republish.EmptiedTopicError(metadata.topic)
        self._ends[place] = metadata.offset + 1

    async def _send(self, producer: AIOKafkaProducer, connection: asyncpg.Connection, rows: list[Row]) -> list[int]:
        """Send in sequence order; returns the numbers acknowledged, for each key only up to its first failure."""
        spans: list[Span] = []
        crash_points.reach("relay.before_send")
        try:
            async with asyncio.timeout(SEND_SECONDS):
                futures = [await self._send_row(producer, row, spans) for row in rows]
                crash_points.reach("relay.after_send")
                results = await self._answers(futures)
                crash_points.reach("relay.after_acknowledgement")
        finally:
            for span in spans:
                span.end()
        acknowledged: list[int] = []
        failed_keys: set[str] = set()
        for row, result in zip(rows, results, strict=True):
            if isinstance(result, BaseException):
                failed_keys.add(row["key"])
            elif row["key"] not in failed_keys:
                self._check_end(result)
                acknowledged.append(row["seq"])
        if new := {row["topic"] for row in rows} - self._topics_sent:
            await republish.note_sent(connection, new)
            self._topics_sent |= new
        return acknowledged

    async def _answers(self, futures: list[asyncio.Future[Any]]) -> list[Any]:
        """What became of each send; a lost connection ends the wait, for the client would send again to whatever
        comes back, which may be a broker that has lost everything.
        """
        waiting = set(futures)
        while waiting:
            _, waiting = await asyncio.wait(waiting, timeout=LOOK_SECONDS)
            if waiting and self._has_lost_connection():
                raise KafkaError("the connection was lost before the broker answered")
        return await asyncio.gather(*futures, return_exceptions=True)

    async def _send_row(self, producer: AIOKafkaProducer, row: Row, spans: list[Span]) -> asyncio.Future[Any]:
        subject = f"{row['aggregatetype']}/{row['aggregateid']}"
        span, traceparent = message_spans.start_send(
            row["topic"], row["tracingspancontext"], referral_id=row["referral_id"], subject=subject
        )
        spans.append(span)
        future: asyncio.Future[Any] = await producer.send(
            row["topic"],
            key=row["key"].encode(),
            value=row["payload"].encode(),
            headers=self._headers(row, subject, traceparent),
        )
        return future

    def _headers(self, row: Row, subject: str, traceparent: str | None) -> Headers:
        attributes = Attributes(
            event_id=row["id"],
            type=row["type"],
            source=self._source,
            subject=subject,
            time=row["event_time"],
            actor=row["actor"],
            referral_id=row["referral_id"],
            aggregate_version=row["aggregate_version"],
            causation_id=row["causation_id"],
        )
        extra = [(name, str(value).encode()) for name, value in json.loads(row["headers"]).items()]
        trace = [("traceparent", traceparent.encode())] if traceparent else []
        return attributes.headers() + extra + trace

    async def _wait_for_work(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._database.published.wait(), POLL_SECONDS)
        self._database.published.clear()

    async def _back_off(self, error: Exception) -> None:
        """A producer that failed once may never send again (aiokafka #1017): drop it, read the outbox again."""
        if isinstance(error, republish.EmptiedTopicError):
            with contextlib.suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._stop_sending_to(await self._shards.hold(), {error.topic})
        if isinstance(error, republish.MissingTopicError):
            _log.error("topics_missing", topics=error.topics, mend="make the topics, then homeward events republish")
        _log.warning("relay_interrupted", error=type(error).__name__, failures=self.state.failures)
        if not isinstance(error, KafkaError):  # a connection that failed may look open and never work again
            self._shards.abandon()
        await self._drop_producer()
        delay = BACK_OFF_SECONDS[min(self.state.failures, len(BACK_OFF_SECONDS) - 1)]
        self.state.failures += 1
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), delay)

    async def _drop_producer(self) -> None:
        self.state.is_connected = False
        if self._producer is not None:
            producer, self._producer = self._producer, None
            await _bounded(producer._sender.close())  # noqa: SLF001 — `stop` alone would send what is in hand first
            await _bounded(producer.stop())

    async def _close(self) -> None:
        await self._drop_producer()
        await self._shards.close()


async def _bounded(closing: Any) -> None:  # Any: coroutine or task of two libraries
    """Wait for a close, but not for ever: with the broker down, `stop()` hangs (aiokafka #1101)."""
    with contextlib.suppress(Exception):
        await asyncio.wait_for(closing, STOP_SECONDS)


_COLUMNS = """seq, id, shard, aggregatetype, aggregateid, type, topic, key, payload, headers, tracingspancontext,
    causation_id, referral_id, actor, aggregate_version, event_time, created_at"""
# S608: the columns above are this module's own words
# Topics that were emptied, or are being refilled, wait.
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
