"""The records in hand: each partition's are handled by a task of their own, and no partition waits for another.

A partition that has records in hand is asked for no more until they are done with, which keeps its order.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

POLL_MS = 250
LOOK_SECONDS = 0.02  # while some are in hand: for records of the other partitions
MAX_RECORDS = 6000  # a poll takes one partition's records before the next one's: enough for several

Batch = list[ConsumerRecord[Any, Any]]
Offsets = dict[TopicPartition, int]
Handle = Callable[[TopicPartition, Batch], Coroutine[Any, Any, int | None]]


class _Part(NamedTuple):
    task: asyncio.Task[int | None]
    length: int


class InHand:
    """What one consumer has fetched and not done with; `handle` answers with the offset to commit, if it moved."""

    def __init__(self, consumer: AIOKafkaConsumer, handle: Handle) -> None:
        self._consumer = consumer
        self._handle = handle
        self._parts: dict[TopicPartition, _Part] = {}

    async def poll(self) -> None:
        """Begin to handle what has come for partitions that have nothing in hand, or wait until something happens."""
        if not self._parts:
            self._begin(await self._consumer.getmany(timeout_ms=POLL_MS, max_records=MAX_RECORDS))
            return
        free = self._consumer.assignment() - self._parts.keys()
        if free and sum(part.length for part in self._parts.values()) < MAX_RECORDS:
            self._begin(await self._consumer.getmany(*free, max_records=MAX_RECORDS))  # what is there already
        tasks = [part.task for part in self._parts.values()]
        await asyncio.wait(tasks, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)

    def _begin(self, batches: dict[TopicPartition, Batch]) -> None:
        for tp, batch in batches.items():
            self._parts[tp] = _Part(asyncio.create_task(self._handle(tp, batch)), len(batch))

    def take_done(self) -> Offsets:
        """The offsets to commit of the partitions that are done; raises what a handling raised."""
        done = {tp: self._parts.pop(tp).task for tp, part in list(self._parts.items()) if part.task.done()}
        return {tp: offset for tp, task in done.items() if (offset := task.result()) is not None}

    async def finish(self) -> None:
        """Wait for all; what it raised is raised when it is taken."""
        await asyncio.gather(*(part.task for part in self._parts.values()), return_exceptions=True)

    def give_up(self) -> None:
        """What is in hand is not finished: its transactions are rolled back."""
        for part in self._parts.values():
            part.task.cancel()
