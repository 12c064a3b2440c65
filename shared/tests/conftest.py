"""Fixtures of the messaging tests: the sample service's database, its topics, a flow between them."""

from collections.abc import AsyncIterator, Callable

import pytest

from homeward_kit.database import Database
from homeward_kit.dead_letters import DEAD_LETTERS
from homeward_kit.testing.fixtures import MakeTopics
from sample_service.things import TOPIC
from sample_testing.flow import Flow


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
