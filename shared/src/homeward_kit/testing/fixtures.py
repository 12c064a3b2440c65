"""Pytest plugin: real, migrated databases and real topics; needs the fixtures `postgres_server` and `kafka_broker`."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from homeward_kit import migrations
from homeward_kit.database import Database

DatabaseAddress = Callable[[str], str]
MakeTopics = Callable[..., contextlib.AbstractAsyncContextManager[None]]


def _with_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _in_thread(work: Callable[[], None]) -> None:
    """Run what has an event loop of its own beside the loop of the test."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


def _administer(url: str, *statements: str) -> None:
    """Run administrator's statements, each by itself."""

    async def run() -> None:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    _in_thread(lambda: asyncio.run(run()))


@pytest.fixture(scope="session")
def database_templates(postgres_server: str) -> Iterator[Callable[[str], str]]:
    """Names of migrated template databases by package: migrated once a session, copied for each test module."""
    names: dict[str, str] = {}

    def template(package: str) -> str:
        if package not in names:
            name = f"template_{package}_{uuid4().hex[:8]}"
            _administer(postgres_server, f'CREATE DATABASE "{name}"')
            _in_thread(lambda: migrations.upgrade(package, _with_database(postgres_server, name)))
            names[package] = name
        return names[package]

    yield template
    _administer(postgres_server, *(f'DROP DATABASE "{name}" WITH (FORCE)' for name in names.values()))


@pytest.fixture
def database_address(postgres_server: str, database_templates: Callable[[str], str]) -> Iterator[DatabaseAddress]:
    """Given a package: the address of a fresh, migrated database of that service, dropped afterwards."""
    made: list[str] = []

    def make(package: str) -> str:
        name = f"test_{package}_{uuid4().hex[:8]}"
        _administer(postgres_server, f'CREATE DATABASE "{name}" TEMPLATE "{database_templates(package)}"')
        made.append(name)
        return _with_database(postgres_server, name)

    yield make
    _administer(postgres_server, *(f'DROP DATABASE "{name}" WITH (FORCE)' for name in made))


@pytest.fixture
async def make_database(database_address: DatabaseAddress) -> AsyncIterator[Callable[[str], Database]]:
    """Given a package: a connected Database on a fresh, migrated database of that service."""
    made: list[Database] = []

    def make(package: str) -> Database:
        database = Database(database_address(package))
        made.append(database)
        return database

    yield make
    for database in made:
        await database.dispose()


@pytest.fixture
def fresh_topics(kafka_broker: str) -> MakeTopics:
    """Empty topics for the time of an `async with` block; they are removed afterwards."""

    @asynccontextmanager
    async def make(*names: str, partitions: int = 3) -> AsyncIterator[None]:
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka_broker)
        await admin.start()
        try:
            await admin.create_topics(
                [NewTopic(name=name, num_partitions=partitions, replication_factor=1) for name in names]
            )
            yield
            await admin.delete_topics(list(names))
        finally:
            await admin.close()

    return make
