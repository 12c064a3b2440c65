"""Servers of a test's own, which it may kill."""

import logging
from collections.abc import AsyncIterator, Iterator

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from homeward_kit import migrations
from homeward_kit.database import Database
from homeward_kit.dead_letters import DEAD_LETTERS
from homeward_local.ports import free_port
from homeward_local.testing import running_kafka, running_postgres, temporary_home
from sample_service.things import TOPIC
from sample_testing.flow import Flow
from sample_testing.servers import OwnServer


@pytest.fixture
def quiet_client() -> Iterator[None]:
    """Without a line in the log for each attempt to reach a broker that is away."""
    logger = logging.getLogger("aiokafka")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(level)


@pytest.fixture
def own_postgres() -> Iterator[OwnServer]:
    """With the sample service's tables; what was not written to a file survives nothing."""
    with temporary_home() as home:
        port = free_port()
        # between two commits nobody but a commit itself writes the log: what an answer does not wait for is lost
        server = OwnServer(lambda: running_postgres(home, port, wal_writer_delay="10s"), f"port={port}")
        server.start()
        migrations.upgrade("sample_service", server.address)
        yield server
        server.stop()


@pytest.fixture
async def own_database(own_postgres: OwnServer) -> AsyncIterator[Database]:
    database = Database(own_postgres.address)
    yield database
    await database.dispose()


@pytest.fixture
def own_kafka(quiet_client: None) -> Iterator[OwnServer]:
    with temporary_home() as home:
        ports = free_port(), free_port()
        server = OwnServer(lambda: running_kafka(home, *ports), str(home))
        server.start()
        yield server
        server.stop()


@pytest.fixture
async def own_broker_flow(database: Database, own_kafka: OwnServer) -> AsyncIterator[Flow]:
    """A flow over a broker that the test may kill."""
    await make_topics(own_kafka.address, copies=1)
    flow = Flow(database, own_kafka.address)
    yield flow
    await flow.stop()


async def make_topics(bootstrap_servers: str, *, copies: int, partitions: int = 3) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, partitions, copies) for name in (TOPIC, DEAD_LETTERS)])
    finally:
        await admin.close()
