"""The relay: sends outbox rows to Kafka in order per key and moves what the broker acknowledged to the event log.

A shard has one owner at a time, by a session advisory lock; all of a relay's locks live on one connection, and
that connection also moves the rows, so a relay that lost its locks cannot move anything.
"""

import asyncio
import contextlib
import json
from dataclasses import dataclass
from typing import Any

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from opentelemetry.trace import Span

from homeward_kit import crash_points, message_spans
from homeward_kit.database import Database
from homeward_kit.envelope import Attributes, Headers
from homeward_kit.logging import get_logger
from homeward_kit.outbox import SHARDS

LOCK_CLASS = 4711  # first half of the two-part advisory locks of shards
BATCH = 500
POLL_SECONDS = 0.1
SEND_SECONDS = 15.0  # then the producer is abandoned and a new one is built
STOP_SECONDS = 5.0
BACK_OFF_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)

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


class Relay:
    """One per worker process; several share the shards, and another takes over from one that dies."""

    def __init__(self, database: Database, *, source: str, bootstrap_servers: str) -> None:
        self._database = database
        self._source = source
        self._bootstrap_servers = bootstrap_servers
        self._connection: asyncpg.Connection | None = None
        self._producer: AIOKafkaProducer | None = None
        self._owned: set[int] = set()
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
        connection = await self._locks()
        rows = await connection.fetch(_FETCH, sorted(self._owned), BATCH)
        if not rows:
            return 0
        producer = await self._ready_producer()
        crash_points.reach("relay.before_send")
        acknowledged = await self._send(producer, rows)
        crash_points.reach("relay.after_acknowledgement")
        if acknowledged:
            await connection.execute(_MOVE, acknowledged)
            crash_points.reach("relay.after_move")
            self.state.sent += len(acknowledged)
        if len(acknowledged) < len(rows):
            raise KafkaError("part of a batch was not acknowledged")
        return len(acknowledged)

    async def _locks(self) -> asyncpg.Connection:
        """The connection that holds the locks; a lost one is replaced, and its shards must be taken anew."""
        if self._connection is None or self._connection.is_closed():
            self._owned.clear()
            self._connection = await asyncpg.connect(
                self._database.address,
                timeout=5,
                command_timeout=30,
                server_settings={"application_name": "relay"},
            )
        for shard in sorted(set(range(SHARDS)) - self._owned):
            if await self._connection.fetchval("SELECT pg_try_advisory_lock($1, $2)", LOCK_CLASS, shard):
                self._owned.add(shard)
        self.state.shards = len(self._owned)
        return self._connection

    async def _ready_producer(self) -> AIOKafkaProducer:
        if self._producer is None:
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
            self.state.is_connected = True
        return self._producer

    async def _send(self, producer: AIOKafkaProducer, rows: list[Row]) -> list[int]:
        """Send in sequence order; returns the numbers acknowledged, for each key only up to its first failure."""
        spans: list[Span] = []
        try:
            async with asyncio.timeout(SEND_SECONDS):
                futures = [await self._send_row(producer, row, spans) for row in rows]
                results = await asyncio.gather(*futures, return_exceptions=True)
        finally:
            for span in spans:
                span.end()
        acknowledged: list[int] = []
        failed_keys: set[str] = set()
        for row, result in zip(rows, results, strict=True):
            if isinstance(result, BaseException):
                failed_keys.add(row["key"])
            elif row["key"] not in failed_keys:
                acknowledged.append(row["seq"])
        return acknowledged

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
        _log.warning("relay_interrupted", error=type(error).__name__, failures=self.state.failures)
        await self._drop_producer()
        delay = BACK_OFF_SECONDS[min(self.state.failures, len(BACK_OFF_SECONDS) - 1)]
        self.state.failures += 1
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), delay)

    async def _drop_producer(self) -> None:
        self.state.is_connected = False
        if self._producer is not None:
            producer, self._producer = self._producer, None
            await _bounded(producer.stop())

    async def _close(self) -> None:
        await self._drop_producer()
        if self._connection is not None:
            await _bounded(self._connection.close())


async def _bounded(closing: Any) -> None:  # Any: coroutine or task of two libraries
    """Wait for a close, but not for ever: with the broker down, `stop()` hangs (aiokafka #1101)."""
    with contextlib.suppress(Exception):
        await asyncio.wait_for(closing, STOP_SECONDS)


_COLUMNS = """seq, id, shard, aggregatetype, aggregateid, type, topic, key, payload, headers, tracingspancontext,
    causation_id, referral_id, actor, aggregate_version, event_time, created_at"""
# S608: the columns above are this module's own words
_FETCH = f"SELECT {_COLUMNS} FROM outbox WHERE shard = ANY($1::smallint[]) ORDER BY seq LIMIT $2"  # noqa: S608
_MOVE = f"""
WITH gone AS (DELETE FROM outbox WHERE seq = ANY($1::bigint[]) RETURNING {_COLUMNS})
INSERT INTO event_log ({_COLUMNS}) SELECT {_COLUMNS} FROM gone
"""  # noqa: S608
