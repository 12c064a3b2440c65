"""Sending outbox rows to Kafka, by a producer that is thrown away as soon as it is in doubt."""

import asyncio
import json
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.structs import RecordMetadata
from opentelemetry.trace import Span

from homeward_kit import crash_points, message_spans
from homeward_kit.envelope import Attributes, Headers
from homeward_kit.outages import close_within

SEND_SECONDS = 15.0  # for a whole batch
LOOK_SECONDS = 0.1  # how soon a lost connection is noticed while sends are unanswered
STOP_SECONDS = 5.0

# Any: rows come as asyncpg.Record, which is untyped.
Row = Any


class Sender:
    """At most one producer at a time. After any error of `connect` or `send` call `drop`, then `connect` anew."""

    def __init__(self, *, source: str, bootstrap_servers: str) -> None:
        self._source = source
        self._bootstrap_servers = bootstrap_servers
        self._producer: AIOKafkaProducer | None = None
        self._connections: dict[Any, Any] = {}  # Any: of the client's own, which is untyped

    @property
    def is_connected(self) -> bool:
        return self._producer is not None

    async def connect(self) -> None:
        """Start a producer; aiokafka's defaults would lose what a broker acknowledged, and send twice."""
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
            await close_within(STOP_SECONDS, producer.stop())
            raise
        self._producer = producer
        self._connections = {}

    async def drop(self) -> None:
        """Give up the producer and what it has in hand; with the broker down its own `stop` hangs (aiokafka #1101)."""
        if self._producer is not None:
            producer, self._producer = self._producer, None
            # `stop` alone would send what is in hand first
            await close_within(STOP_SECONDS, producer._sender.close())  # noqa: SLF001 — nothing public does it
            await close_within(STOP_SECONDS, producer.stop())

    def has_lost_connection(self) -> bool:
        """Whether a connection to the broker that was there at the last look has ended or was replaced."""
        connections = self._producer.client._conns if self._producer else {}  # noqa: SLF001 — nothing public tells it
        seen, self._connections = (
            self._connections,
            {place: connection for place, connection in connections.items() if connection.connected()},
        )
        return any(self._connections.get(place) is not connection for place, connection in seen.items())

    async def send(self, rows: list[Row]) -> list[tuple[Row, RecordMetadata]]:
        """Send in this order; returns the rows acknowledged, of each key only those before its first failure."""
        spans: list[Span] = []
        crash_points.reach("relay.before_send")
        try:
            async with asyncio.timeout(SEND_SECONDS):
                futures = [await self._send_row(row, spans) for row in rows]
                crash_points.reach("relay.after_send")
                answers = await self._answers(futures)
                crash_points.reach("relay.after_acknowledgement")
        finally:
            for span in spans:
                span.end()
        acknowledged: list[tuple[Row, RecordMetadata]] = []
        failed_keys: set[str] = set()
        for row, answer in zip(rows, answers, strict=True):
            if isinstance(answer, BaseException):
                failed_keys.add(row["key"])
            elif row["key"] not in failed_keys:
                acknowledged.append((row, answer))
        return acknowledged

    async def _answers(self, futures: list[asyncio.Future[Any]]) -> list[Any]:
        """What became of each send; a lost connection ends the wait, for the client would send again to whatever
        comes back, which may be a broker that has lost everything.
        """
        waiting = set(futures)
        while waiting:
            _, waiting = await asyncio.wait(waiting, timeout=LOOK_SECONDS)
            if waiting and self.has_lost_connection():
                raise KafkaError("the connection was lost before the broker answered")
        return await asyncio.gather(*futures, return_exceptions=True)

    async def _send_row(self, row: Row, spans: list[Span]) -> asyncio.Future[Any]:
        assert self._producer is not None  # noqa: S101 — after `connect`
        subject = f"{row['aggregatetype']}/{row['aggregateid']}"
        span, traceparent = message_spans.start_send(
            row["topic"], row["tracingspancontext"], referral_id=row["referral_id"], subject=subject
        )
        spans.append(span)
        future: asyncio.Future[Any] = await self._producer.send(
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
