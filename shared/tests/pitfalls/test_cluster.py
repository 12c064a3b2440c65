"""A pitfall that takes three brokers: an acknowledgement by the leader alone."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from homeward_kit.database import Database
from homeward_local.testing import temporary_home
from homeward_local.testing_cluster import NODES, KafkaCluster, running_kafka_cluster
from sample_service.things import TOPIC, ThingMade
from sample_testing.flow import OUTBOX, Flow
from sample_testing.topics import first_numbers_by_key

from .conftest import make_topics

ALONE_SECONDS = 3


@pytest.fixture
def cluster(quiet_client: None) -> Iterator[KafkaCluster]:
    with temporary_home() as home, running_kafka_cluster(home) as cluster:
        yield cluster


@pytest.fixture
async def flow(database: Database, cluster: KafkaCluster) -> AsyncIterator[Flow]:
    await make_topics(cluster.bootstrap_servers, copies=3, partitions=1)
    flow = Flow(database, cluster.bootstrap_servers)
    yield flow
    await flow.stop()


@pytest.mark.slow
async def test_pitfall_05_what_was_acknowledged_survives_the_leader(cluster: KafkaCluster, flow: Flow) -> None:
    """The leader is killed while the two others are frozen: it may have acknowledged nothing in that time."""
    flow.start_relay()
    await flow.publish(*(("a", ThingMade(number=number)) for number in range(50)))
    await flow.wait_for(OUTBOX, 0)
    leader = await asyncio.to_thread(cluster.leader_of, TOPIC, 0)
    others = [node for node in NODES if node != leader]
    for node in others:
        cluster.freeze(node)
    await flow.publish(*(("a", ThingMade(number=number)) for number in range(50, 100)))
    await flow.wait_at_most(OUTBOX, 0, seconds=ALONE_SECONDS)
    cluster.kill(leader)
    for node in others:
        cluster.thaw(node)
    await flow.wait_for(OUTBOX, 0)
    cluster.start(leader)
    assert await first_numbers_by_key(flow.bootstrap, TOPIC) == {"a": list(range(100))}
