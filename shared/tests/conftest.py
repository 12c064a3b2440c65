"""Fixtures of the messaging tests: the sample service's database, its topics, a flow between them."""

from collections.abc import AsyncIterator, Callable, Iterator
from urllib.parse import urlsplit, urlunsplit

import pytest

from homeward_kit import migrations
from homeward_kit.database import Database
from homeward_kit.dead_letters import DEAD_LETTERS
from homeward_kit.testing.fixtures import MakeTopics
from homeward_kit.testing.tcp_proxy import TcpProxy, tcp_proxy
from homeward_local.ports import free_port
from homeward_local.testing import running_postgres, temporary_home
from sample_service.things import TOPIC
from sample_testing.flow import Flow
from sample_testing.servers import OwnServer


@pytest.fixture
def database(make_database: Callable[[str], Database]) -> Database:
    return make_database("sample_service")


@pytest.fixture
async def topics(fresh_topics: MakeTopics) -> AsyncIterator[None]:
    async with fresh_topics(TOPIC, DEAD_LETTERS):
        yield


@pytest.fixture
async def flow(database: Database, kafka_broker: str, topics: None) -> AsyncIterator[Flow]:
    flow = Flow(database, kafka_broker)
    yield flow
    await flow.stop()


@pytest.fixture
async def proxy(database: Database) -> AsyncIterator[TcpProxy]:
    """Before the server of the database."""
    async with tcp_proxy(urlsplit(database.address).port or 0) as proxy:
        yield proxy


@pytest.fixture
async def far_database(database: Database, proxy: TcpProxy) -> AsyncIterator[Database]:
    """The same database behind the proxy."""
    address = urlsplit(database.address)
    host = f"{address.netloc.rpartition('@')[0]}@127.0.0.1:{proxy.port}"
    far = Database(urlunsplit(address._replace(netloc=host)))
    yield far
    await far.dispose()


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
