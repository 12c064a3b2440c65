"""Servers of a test's own, which it may kill."""

import logging
from collections.abc import AsyncIterator, Iterator

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from homeward_kit.database import Database
from homeward_kit.dead_letters import DEAD_LETTERS
from homeward_local.ports import free_port
from homeward_local.testing import running_kafka, temporary_home
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
