"""A database with the kit's messaging tables and nothing else, and an event to send through it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import ClassVar, TypeVar
from uuid import UUID, uuid4

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient

from homeward_kit.consumer import ConsumerRunner, HandlerTable
from homeward_kit.database import Database, Tx
from homeward_kit.dead_letters import DEAD_LETTERS
from homeward_kit.envelope import ConsumedEvent, PublishedEvent, Received
from homeward_kit.handling import Handling
from homeward_kit.migrations.steps import step_0001_messaging
from homeward_kit.relay import Relay
from homeward_kit.testing.fixtures import MakeTopics

TOPIC = "kit-things"
Part = TypeVar("Part", Relay, ConsumerRunner)


class ThingMade(PublishedEvent):
    type: ClassVar[str] = "kit.thing.made.v1"
    topic: ClassVar[str] = TOPIC
    number: int


class ThingMadeIn(ConsumedEvent):
    type: ClassVar[str] = "kit.thing.made.v1"
    topic: ClassVar[str] = TOPIC
    number: int


class ThingBroken(PublishedEvent):
    """The same type with a payload its consumer cannot read."""

    type: ClassVar[str] = "kit.thing.made.v1"
    topic: ClassVar[str] = TOPIC
    number: str


class _Statements(list[str]):
    def execute(self, sqltext: str) -> None:
        self.append(sqltext)


@pytest.fixture
async def database(postgres_server: str) -> AsyncIterator[Database]:
    name = f"kit_{uuid4().hex[:8]}"
    admin = await asyncpg.connect(postgres_server)
    await admin.execute(f'CREATE DATABASE "{name}"')
    address = f"{postgres_server.rsplit('/', 1)[0]}/{name}"
    steps = _Statements()
    step_0001_messaging(steps)
    connection = await asyncpg.connect(address)
    for statement in [*steps, "CREATE TABLE effects (number integer, key text, position serial)"]:
        await connection.execute(statement)
    await connection.close()
    database = Database(address)
    yield database
    await database.dispose()
    await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await admin.close()


@pytest.fixture
async def topics(fresh_topics: MakeTopics) -> AsyncIterator[None]:
    async with fresh_topics(TOPIC, DEAD_LETTERS):
        yield


@dataclass
class Flow:
    """A relay and a runner on one database, started and stopped by the test."""

    database: Database
    bootstrap: str
    group: str = field(default_factory=lambda: f"kit-{uuid4().hex[:8]}")
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    parts: list[Relay | ConsumerRunner] = field(default_factory=list)

    def handling(self, handlers: HandlerTable) -> Handling:
        return Handling(self.database, self.group, handlers)

    def start_relay(self) -> Relay:
        return self._start(Relay(self.database, source="homeward/kit", bootstrap_servers=self.bootstrap))

    def start_runner(self, handlers: HandlerTable) -> ConsumerRunner:
        return self._start(ConsumerRunner(self.handling(handlers), bootstrap_servers=self.bootstrap))

    def _start(self, part: Part) -> Part:
        self.parts.append(part)
        self.tasks.append(asyncio.create_task(part.run()))
        return part

    async def stop(self) -> None:
        for part in self.parts:
            part.stop()
        await asyncio.gather(*self.tasks)

    async def publish(self, *events: tuple[UUID | str, PublishedEvent]) -> None:
        for key, event in events:
            async with self.database.transaction() as tx:
                await tx.publish(event, key=key, subject=f"thing/{key}", version=1)

    async def rows(self, sql: str) -> list[tuple[object, ...]]:
        async with self.database.transaction() as tx:
            return [tuple(row) for row in await tx.execute(sql)]

    async def wait_for(self, sql: str, expected: object, seconds: float = 20) -> None:
        """Wait until the query's single value is the expected one."""
        deadline = asyncio.get_running_loop().time() + seconds
        while (found := (await self.rows(sql))[0][0]) != expected:
            assert asyncio.get_running_loop().time() < deadline, f"{sql}: {found} instead of {expected}"
            await asyncio.wait(self.tasks, timeout=0.05) if self.tasks else await asyncio.sleep(0)

    async def wait_until_topic(self, name: str, *, is_there: bool, seconds: float = 20) -> None:
        """Wait until the broker lists the topic, or no longer does."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            async with asyncio.timeout(seconds):
                while (name in await admin.list_topics()) != is_there:  # noqa: ASYNC110 — as below
                    await asyncio.sleep(0)  # the broker has no event to wait for
        finally:
            await admin.close()


@pytest.fixture
async def flow(database: Database, kafka_broker: str, topics: None) -> AsyncIterator[Flow]:
    flow = Flow(database, kafka_broker)
    yield flow
    await flow.stop()


async def record_effect(tx: Tx, received: Received[ThingMadeIn]) -> None:
    await tx.execute(
        "INSERT INTO effects (number, key) VALUES (:number, :key)",
        {"number": received.payload.number, "key": received.key},
    )
