"""Consumer and replay: the real runner with inbox, effect and outbox, against a loop that only inserts."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import asyncpg
from aiokafka import AIOKafkaConsumer, ConsumerRecord

from homeward_kit.consumer import ConsumerRunner
from homeward_kit.database import Database
from homeward_kit.dead_letters import Record
from homeward_kit.handling import BatchHandler, HandlerTable, Handling

from .place import Place
from .results import Row, at_least, at_least_of, rate
from .things import do, do_together, messages, produce, thing_of

MAX_RECORDS = 500  # a transaction, as the runner's
ROUNDS = 3  # in turn; the best of each counts, for the machine's pauses belong to neither
PATIENCE_SECONDS = 600.0


@dataclass
class Clocked:
    """How much was done between two moments."""

    wanted: int
    done: int = 0
    begun: float = 0.0
    ended: float = 0.0

    def begin(self) -> None:
        self.begun = self.begun or time.perf_counter()

    def add(self, count: int) -> None:
        self.done += count
        self.ended = time.perf_counter()

    @property
    def rate(self) -> float:
        return self.done / (self.ended - self.begun)


class ClockedHandling(Handling):
    """The group's handling with a watch beside it."""

    def __init__(self, database: Database, group: str, handlers: HandlerTable, clocked: Clocked) -> None:
        super().__init__(database, group, handlers)
        self._clocked = clocked
        self.is_done = asyncio.Event()

    async def handle_together(self, records: Sequence[Record]) -> None:
        self._clocked.begin()
        await super().handle_together(records)
        self._clocked.add(len(records))
        if self._clocked.done >= self._clocked.wanted:
            self.is_done.set()


@dataclass(frozen=True)
class Readers:
    """What reads one topic into one database."""

    place: Place
    topic: str
    count: int
    address: str

    async def through_runner(self, database: Database, group: str, handlers: HandlerTable) -> float:
        """Events a second through the real runner, from its first record to its last commit."""
        clocked = Clocked(self.count)
        handling = ClockedHandling(database, group, handlers, clocked)
        runner = ConsumerRunner(handling, bootstrap_servers=self.place.bootstrap)
        task = asyncio.create_task(runner.run())
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await handling.is_done.wait()
        finally:
            runner.stop()
            await task
        return clocked.rate

    async def raw(self, group: str) -> float:
        """Events a second of `getmany` and one bulk insert with a commit, then the offsets: no inbox, no outbox."""
        clocked = Clocked(self.count)
        connection = await asyncpg.connect(self.address)
        consumer = AIOKafkaConsumer(
            self.topic,
            bootstrap_servers=self.place.bootstrap,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        await consumer.start()
        try:
            while clocked.done < self.count:
                batches = await consumer.getmany(timeout_ms=250, max_records=MAX_RECORDS)
                clocked.begin()
                if records := [record for batch in batches.values() for record in batch]:
                    await _insert(connection, records)
                    await consumer.commit()
                    clocked.add(len(records))
        finally:
            await consumer.stop()
            await connection.close()
        return clocked.rate


async def _insert(connection: asyncpg.Connection, records: list[ConsumerRecord[bytes, bytes]]) -> None:
    await connection.execute(
        "INSERT INTO effects (key, number) SELECT * FROM unnest($1::text[], $2::int[])",
        [(record.key or b"").decode() for record in records],
        [json.loads(record.value or b"")["number"] for record in records],
    )


@asynccontextmanager
async def readers(place: Place, count: int) -> AsyncIterator[tuple[Readers, Database]]:
    """A topic with that many events, and an empty database."""
    async with place.topic("bench-things") as topic, place.database() as database:
        await produce(place.bootstrap, topic, messages(count))
        yield Readers(place, topic, count, database.address), database


async def consumer(place: Place) -> list[Row]:
    """Inbox, an effect and an event for each message, set-based and one by one."""
    async with readers(place, place.size(60_000, 6_000)) as (read, database):
        handlers: HandlerTable = {thing_of(read.topic): BatchHandler(do_together)}
        raw = together = 0.0
        for number in range(ROUNDS):
            raw = max(raw, await read.raw(f"bench-raw-{number}"))
            together = max(together, await read.through_runner(database, f"bench-batch-{number}", handlers))
        some = replace(read, count=read.count // 4)  # takes long
        single = await some.through_runner(database, "bench-single", {thing_of(read.topic): do})
    return [
        at_least_of("consumer, inbox + effect + outbox", together, raw, 0.5),
        rate("consumer, handler per message", single, raw),
    ]


async def replay(place: Place) -> list[Row]:
    """The topic read again from its start: what the inbox knows already, and what it does not."""
    async with readers(place, place.size(60_000, 6_000)) as (read, database):
        handlers: HandlerTable = {thing_of(read.topic): BatchHandler(do_together)}
        raw = fresh = known = 0.0
        for number in range(ROUNDS):
            raw = max(raw, await read.raw(f"replay-raw-{number}"))
            fresh = max(fresh, await read.through_runner(database, f"replay-{number}", handlers))
            async with database.transaction() as tx:  # the same group with no offsets of its own: another name in both
                await tx.execute(
                    "UPDATE inbox SET consumer_group = :again WHERE consumer_group = :group",
                    {"again": f"again-{number}", "group": f"replay-{number}"},
                )
            known = max(known, await read.through_runner(database, f"again-{number}", handlers))
    return [
        at_least("replay of a fresh topic, per worker", fresh, 5_000, raw),
        at_least("replay of a topic in the inbox, per worker", known, 5_000, raw),
    ]
