"""Where benchmarks run: a PostgreSQL and a Kafka of their own, with databases and topics for each of them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from homeward_kit import migrations
from homeward_kit.database import Database
from homeward_local.ports import free_port
from homeward_local.testing import running_kafka, running_postgres, temporary_home

PARTITIONS = 6  # as on a laptop
SAMPLE = "sample_service"


@dataclass(frozen=True)
class Place:
    """The servers, and whether to hurry."""

    admin_url: str
    bootstrap: str
    is_quick: bool

    def size(self, full: int, quick: int) -> int:
        """How much to do."""
        return quick if self.is_quick else full

    @asynccontextmanager
    async def address(self, package: str = SAMPLE) -> AsyncIterator[str]:
        """A fresh, migrated database of a package, dropped afterwards."""
        name = f"bench_{uuid4().hex[:8]}"
        address = urlunsplit(urlsplit(self.admin_url)._replace(path=f"/{name}"))
        await self._administer(f'CREATE DATABASE "{name}"')
        try:
            await asyncio.to_thread(migrations.upgrade, package, address)
            yield address
        finally:
            await self._administer(f'DROP DATABASE "{name}" WITH (FORCE)')

    @asynccontextmanager
    async def database(self, package: str = SAMPLE) -> AsyncIterator[Database]:
        """As `address`, connected."""
        async with self.address(package) as address:
            database = Database(address)
            try:
                yield database
            finally:
                await database.dispose()

    @asynccontextmanager
    async def topic(self, name: str) -> AsyncIterator[str]:
        """An empty topic of a name that nobody had before; removed afterwards."""
        unique = f"{name}-{uuid4().hex[:8]}"
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            await admin.create_topics([NewTopic(name=unique, num_partitions=PARTITIONS, replication_factor=1)])
            yield unique
            await admin.delete_topics([unique])
        finally:
            await admin.close()

    async def _administer(self, statement: str) -> None:
        connection = await asyncpg.connect(self.admin_url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@contextmanager
def running_place(*, is_quick: bool) -> Iterator[Place]:
    """Start both servers, PostgreSQL with the durability of production; end them and remove their data afterwards."""
    with (
        temporary_home() as postgres_home,
        temporary_home() as kafka_home,
        running_postgres(postgres_home, free_port(), fsync="on", max_wal_size="4GB", shared_buffers="1GB") as admin_url,
        running_kafka(kafka_home, free_port(), free_port()) as bootstrap,
    ):
        yield Place(admin_url, bootstrap, is_quick)
