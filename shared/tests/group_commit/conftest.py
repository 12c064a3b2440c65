"""Sample services in the test's process, as many as a test needs, on one database."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit

import pytest

from homeward_kit.database import Database
from homeward_kit.testing.tcp_proxy import tcp_proxy
from sample_testing.doors import Behind, Things, opened
from sample_testing.flow import Flow


@pytest.fixture
async def stored(database: Database) -> AsyncIterator[Flow]:
    """Looks into the database; no broker is needed."""
    flow = Flow(database, "127.0.0.1:1")
    yield flow
    await flow.stop()


@pytest.fixture
async def things(database: Database) -> AsyncIterator[Things]:
    async with opened(database) as door:
        yield door


@pytest.fixture
async def others(stored: Flow) -> AsyncIterator[Things]:
    """The same service in another process: connections and a queue of its own."""
    async with opened(stored.another_process()) as door:
        yield door


@pytest.fixture
async def behind(database: Database) -> AsyncIterator[Behind]:
    address = urlsplit(database.address)
    async with tcp_proxy(address.port or 5432) as proxy:
        place = address.netloc.rpartition(":")[0]
        through = Database(urlunsplit(address._replace(netloc=f"{place}:{proxy.port}")))
        async with opened(through) as door:
            yield Behind(door, proxy)
        await through.dispose()
