"""A relay and a runner on one real database and broker, started and stopped by the test."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID, uuid4

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from sqlalchemy import text

from homeward_kit.consumer import ConsumerRunner
from homeward_kit.database import Database
from homeward_kit.envelope import PublishedEvent
from homeward_kit.handling import HandlerTable, Handling
from homeward_kit.relay import Relay

EFFECTS = "SELECT count(*) FROM effects"
OUTBOX = "SELECT count(*) FROM outbox"
IS_WAITING = "SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"  # somebody for a key
Part = TypeVar("Part", Relay, ConsumerRunner)


async def until(condition: Callable[[], Awaitable[bool]], seconds: float, what: str) -> None:
    """Wait until the condition holds; fails with `what` when it does not within the seconds."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not await condition():
        assert asyncio.get_running_loop().time() < deadline, what
        await asyncio.sleep(0.05)


@dataclass
class Flow:
    """What a worker process runs, in the test's own process."""

    database: Database
    bootstrap: str
    group: str = field(default_factory=lambda: f"kit-{uuid4().hex[:8]}")
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    parts: list[Relay | ConsumerRunner] = field(default_factory=list)
    others: list[Database] = field(default_factory=list)

    def another_process(self) -> Database:
        """The same database with connections of its own, as another process has them."""
        self.others.append(Database(self.database.address))
        return self.others[-1]

    def handling(self, handlers: HandlerTable, database: Database | None = None) -> Handling:
        return Handling(database or self.database, self.group, handlers)

    def start_relay(self, database: Database | None = None) -> Relay:
        return self._start(Relay(database or self.database, source="homeward/kit", bootstrap_servers=self.bootstrap))

    def start_runner(self, handlers: HandlerTable, database: Database | None = None) -> ConsumerRunner:
        return self._start(ConsumerRunner(self.handling(handlers, database), bootstrap_servers=self.bootstrap))

    def _start(self, part: Part) -> Part:
        self.parts.append(part)
        self.tasks.append(asyncio.create_task(part.run()))
        return part

    async def stop(self) -> None:
        for part in self.parts:
            part.stop()
        await asyncio.gather(*self.tasks)
        for database in self.others:
            await database.dispose()

    async def publish(self, *events: tuple[UUID | str, PublishedEvent]) -> None:
        for key, event in events:
            async with self.database.transaction() as tx:
                await tx.publish(event, key=key, subject=f"thing/{key}", version=1)

    async def rows(self, sql: str, **values: object) -> list[tuple[Any, ...]]:  # Any: whatever the query selects
        async with self.database.engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(sql), values)]

    async def wait_for(self, sql: str, expected: object, seconds: float = 60) -> None:
        """Wait until the query's single value is the expected one."""
        found: object = None

        async def is_there() -> bool:
            nonlocal found
            found = (await self.rows(sql))[0][0]
            return found == expected

        try:
            await until(is_there, seconds, sql)
        except AssertionError:
            raise AssertionError(f"{sql}: {found} instead of {expected}") from None

    async def wait_at_most(self, sql: str, expected: object, *, seconds: float) -> None:
        """As `wait_for`, where it is the thing to be feared: goes on when it has not come about."""
        with contextlib.suppress(AssertionError):
            await self.wait_for(sql, expected, seconds)

    async def empty_topic(self, name: str, partitions: int = 3) -> None:
        """Take everything out of a topic, as a broker has that lost its data."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            await admin.delete_topics([name])
            await self.wait_until_topic(name, is_there=False)
            await admin.create_topics([NewTopic(name, partitions, 1)])
            await self.wait_until_topic(name, is_there=True)
        finally:
            await admin.close()

    async def wait_until_topic(self, name: str, *, is_there: bool, seconds: float = 20) -> None:
        """Wait until the broker lists the topic, or no longer does."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()

        async def agrees() -> bool:
            return (name in await admin.list_topics()) == is_there

        try:
            await until(agrees, seconds, f"the broker still says otherwise about {name}")
        finally:
            await admin.close()
