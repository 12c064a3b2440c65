"""The consumer runner: partitions concurrently, records in order, offsets committed after their transactions.

aiokafka's defaults lose data (auto-commit, latest); none of them is used here. An outage pauses the partition and
keeps polling, so that the group does not rebalance; a message that can never succeed becomes a dead letter.
"""

import asyncio
import contextlib
import os
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

from homeward_kit import crash_points
from homeward_kit.dead_letters import Record, text_of
from homeward_kit.handling import Handling
from homeward_kit.in_hand import InHand, Offsets
from homeward_kit.logging import get_logger
from homeward_kit.outages import is_conflict, is_outage
from homeward_kit.presence import Presence

LONGEST_KEY = 500  # characters; one that is longer is none of ours, and an index cannot keep it
MAX_TRIES = 5  # of a message whose handler fails for no outage
BACK_OFF_SECONDS = (0.2, 0.5, 1.0)
START_SECONDS = 15.0
COMMIT_SECONDS = 3.0  # one that hangs on a broker that died must not hold up what can be handled
STOP_SECONDS = 10.0
STUCK_SECONDS = 60.0
WATCH_SECONDS = 10.0
LAG_SECONDS = 5.0

_log = get_logger(__name__)


@dataclass
class _Partition:
    """What the runner remembers of one assigned partition."""

    tries: int = 0
    failing_offset: int = -1
    resume_at: float | None = None
    next_offset: int | None = None  # behind the last record that was handled
    progress_at: float = field(default_factory=lambda: asyncio.get_running_loop().time())

    def has_handled(self, record: Record) -> None:
        self.tries, self.progress_at = 0, asyncio.get_running_loop().time()
        self.next_offset = record.offset + 1


class _Forgetting(ConsumerRebalanceListener):  # type: ignore[misc]  # the library is untyped
    """After a rebalance nothing remembered of a partition holds: another member may have gone on with it meanwhile."""

    def __init__(self, partitions: dict[TopicPartition, _Partition]) -> None:
        self._partitions = partitions

    def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Nothing: what is in hand is finished, and the inbox makes its repeats harmless."""

    def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:  # noqa: ARG002 — the library's signature
        self._partitions.clear()


class ConsumerRunner:
    """One consumer group's loop in this process."""

    def __init__(self, handling: Handling, *, bootstrap_servers: str) -> None:
        self.group = handling.group
        self._handling = handling
        self._bootstrap_servers = bootstrap_servers
        self._consumer: AIOKafkaConsumer | None = None
        self._presence = Presence(handling.address, handling.group)
        self._partitions: dict[TopicPartition, _Partition] = {}
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Until stopped; a broker that is not there yet is waited for."""
        async with self._presence.held():
            while not self._stopping.is_set():
                try:
                    await self._start()
                    await self._poll_until_stopped()
                except (OSError, TimeoutError, KafkaError, RuntimeError) as error:  # the last: the client's own fault
                    _log.warning("consumer_interrupted", group=self.group, error=type(error).__name__, exc_info=error)
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._stopping.wait(), 1.0)
                finally:
                    await self._close()

    def stop(self) -> None:
        """Finish what is in hand, commit, close."""
        self._stopping.set()

    async def lag(self) -> list[dict[str, Any]]:  # Any: rows for /ops
        """Records not yet handled, for each assigned partition; lag None while there is no assignment."""
        consumer = self._consumer
        if consumer is None or not (assigned := sorted(consumer.assignment())):
            unknown = {"group": self.group, "partition": -1, "lag": None, "is_paused": False}
            return [{**unknown, "topic": topic} for topic in self._handling.topics]
        async with asyncio.timeout(LAG_SECONDS):
            ends = await consumer.end_offsets(assigned)
            return [await self._lag_of(consumer, tp, end) for tp, end in ends.items()]

    async def _lag_of(self, consumer: AIOKafkaConsumer, tp: TopicPartition, end: int) -> dict[str, Any]:
        state = self._partitions.setdefault(tp, _Partition())
        handled = await consumer.position(tp) if state.next_offset is None else state.next_offset
        return {
            "group": self.group,
            "topic": tp.topic,
            "partition": tp.partition,
            "lag": max(0, end - handled),
            "is_paused": state.resume_at is not None,
        }

    async def _start(self) -> None:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap_servers,
            client_id=await self._presence.name(),
            group_id=self.group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_interval_ms=300_000,
            # so long the partitions of a member wait that was killed and that nobody found dead before
            session_timeout_ms=6_000,
            heartbeat_interval_ms=500,  # at the next one the others hear that somebody has come or gone
            # a partition whose records are in hand when the client asks for more is left out of that request: so long
            fetch_max_wait_ms=100,
        )
        consumer.subscribe(self._handling.topics, listener=_Forgetting(self._partitions))
        self._presence.look_from(consumer)
        try:
            await asyncio.wait_for(consumer.start(), START_SECONDS)
        except BaseException:
            await self._leave(consumer)
            raise
        self._consumer = consumer

    async def _poll_until_stopped(self) -> None:
        assert self._consumer is not None  # noqa: S101 — set by _start
        consumer = self._consumer
        in_hand = InHand(consumer, partial(self._handle_in_order, consumer))
        try:
            while not self._stopping.is_set():
                self._resume_due(consumer)
                await in_hand.poll()
                await self._commit(consumer, in_hand.take_done())
        except asyncio.CancelledError:
            in_hand.give_up()
            raise
        finally:
            await in_hand.finish()
        await self._commit(consumer, in_hand.take_done())

    async def _handle_in_order(
        self, consumer: AIOKafkaConsumer, tp: TopicPartition, batch: list[ConsumerRecord[Any, Any]]
    ) -> int | None:
        """Handle one partition's records; returns the offset to commit. A failure pauses the partition there."""
        state = self._partitions.setdefault(tp, _Partition())
        first = state.next_offset
        together = self._handling.together
        for start in range(0, len(batch), together):
            if self._stopping.is_set():
                break
            if not await self._handle_some(state, [_record(raw) for raw in batch[start : start + together]]):
                self._pause(consumer, tp, state)
                break
        return state.next_offset if state.next_offset != first else None

    async def _handle_some(self, state: _Partition, records: list[Record]) -> bool:
        """Together in one transaction, else one by one; False when one of them must be tried again."""
        if len(records) > 1:
            try:
                await self._handling.handle_together(records)
            except Exception as error:  # noqa: BLE001 — what is no outage shows again, by itself, just below
                if is_outage(error) and not is_conflict(error):  # no reason to come one by one when it has passed
                    return await self._failed(state, records[0], error)
            else:
                state.has_handled(records[-1])
                return True
        for record in records:
            try:
                await self._handling.handle(record)
            except Exception as error:  # noqa: BLE001 — every failure is weighed in _failed
                if not await self._failed(state, record, error):
                    return False
            state.has_handled(record)
        return True

    async def _failed(self, state: _Partition, record: Record, error: Exception) -> bool:
        """True when the record was given up as a dead letter, False when it must be tried again."""
        if state.failing_offset != record.offset:
            state.failing_offset, state.tries = record.offset, 0
        state.tries += 1
        _log.warning(
            "message_failed",
            group=self.group,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            tries=state.tries,
            error=type(error).__name__,
            exc_info=error,
        )
        if is_outage(error) or state.tries < MAX_TRIES:
            return False
        try:
            await self._handling.bury(record, error)
        except Exception as second:  # noqa: BLE001 — then it is tried again, nothing is lost
            _log.warning("dead_letter_failed", group=self.group, error=type(second).__name__)
            return False
        return True

    def _pause(self, consumer: AIOKafkaConsumer, tp: TopicPartition, state: _Partition) -> None:
        """Back to the record that failed, after a while; the group keeps its members meanwhile."""
        self._partitions[tp] = state  # also when a rebalance has just given us the partition anew
        delay = BACK_OFF_SECONDS[min(state.tries - 1, len(BACK_OFF_SECONDS) - 1)]
        state.resume_at = asyncio.get_running_loop().time() + delay
        with contextlib.suppress(IllegalStateError, AssertionError):  # the partition was taken away meanwhile
            consumer.seek(tp, state.failing_offset)
            consumer.pause(tp)

    def _resume_due(self, consumer: AIOKafkaConsumer) -> None:
        now = asyncio.get_running_loop().time()
        for tp, state in self._partitions.items():
            if state.resume_at is not None and state.resume_at <= now:
                state.resume_at = None
                with contextlib.suppress(IllegalStateError, AssertionError):
                    consumer.resume(tp)

    async def _commit(self, consumer: AIOKafkaConsumer, offsets: Offsets) -> None:
        if not offsets:
            return
        crash_points.reach("consumer.before_offset_commit")
        try:
            await asyncio.wait_for(consumer.commit(offsets), COMMIT_SECONDS)
            crash_points.reach("consumer.after_offset_commit")
        except (KafkaError, TimeoutError) as error:  # after a rebalance: the inbox absorbs the repeats
            _log.info("commit_refused", group=self.group, error=type(error).__name__)

    async def watch(self) -> None:
        """End the process when an unpaused partition has had lag without progress for a minute (aiokafka #1154)."""
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), WATCH_SECONDS)
            try:
                self._end_if_stuck(await self.lag())
            except (OSError, TimeoutError, KafkaError):  # the broker does not answer: nobody is stuck meanwhile
                self._excuse_all()

    def _end_if_stuck(self, rows: list[dict[str, Any]]) -> None:
        now = asyncio.get_running_loop().time()
        for row in rows:
            state = self._partitions.get(TopicPartition(row["topic"], row["partition"]))
            if state is None or row["lag"] is None:
                continue
            if not row["lag"] or row["is_paused"]:
                state.progress_at = now
            elif now - state.progress_at > STUCK_SECONDS:
                _log.error("consumer_stuck", group=self.group, topic=row["topic"], partition=row["partition"])
                os._exit(70)

    def _excuse_all(self) -> None:
        for state in self._partitions.values():
            state.progress_at = asyncio.get_running_loop().time()

    async def _close(self) -> None:
        if self._consumer is not None:
            consumer, self._consumer = self._consumer, None
            await self._leave(consumer)

    async def _leave(self, consumer: AIOKafkaConsumer) -> None:
        self._presence.look_no_more()
        with contextlib.suppress(Exception):
            await asyncio.wait_for(consumer.stop(), STOP_SECONDS)


def _record(raw: ConsumerRecord[Any, Any]) -> Record:
    key = text_of(raw.key or b"")[:LONGEST_KEY]
    return Record(raw.topic, raw.partition, raw.offset, raw.timestamp, key, raw.value or b"", dict(raw.headers))
