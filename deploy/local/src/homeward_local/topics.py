"""The topics of the catalogue: made on the broker when missing, and what is in them."""

import asyncio
import logging
from dataclasses import dataclass

import yaml
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    KafkaError,
    NotCoordinatorForGroupError,
    TopicAlreadyExistsError,
    for_code,
)
from aiokafka.structs import OffsetAndMetadata

from .config import REPOSITORY, SERVICES
from .errors import StackError

CATALOGUE = REPOSITORY / "shared" / "contracts" / "topics.yaml"
GROUPS = tuple(service.name for service in SERVICES)
READ_MODEL = "spa-intake-read-model"  # how the groups of its generations begin
CONNECT_SECONDS = 30.0
MILLISECONDS_IN_A_DAY = 24 * 60 * 60 * 1000


@dataclass(frozen=True)
class TopicCounts:
    """How many records a topic holds, and how far behind each consumer group is."""

    name: str
    partitions: int
    records: int
    lag: dict[str, int]


def catalogue() -> dict[str, dict[str, int]]:
    """The settings of each topic, by name."""
    topics: dict[str, dict[str, int]] = yaml.safe_load(CATALOGUE.read_text())["topics"]
    return topics


def ensure_topics(bootstrap_servers: str) -> None:
    """Make the missing topics, with as many copies as the cluster allows (at most three)."""
    try:
        asyncio.run(_ensure_topics(bootstrap_servers))
    except (KafkaError, OSError, TimeoutError) as error:
        raise StackError(
            f"Kafka at {bootstrap_servers} cannot be used ({type(error).__name__}): check "
            "KAFKA_BOOTSTRAP_SERVERS, or leave it out to have one started."
        ) from error


def count_topics(bootstrap_servers: str) -> list[TopicCounts]:
    """Read sizes and lag from the broker."""
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())  # what it would say is in the sentence below
    try:
        return asyncio.run(_count_topics(bootstrap_servers))
    except (KafkaError, OSError, TimeoutError) as error:
        raise StackError(
            f"Kafka at {bootstrap_servers} does not answer ({type(error).__name__}): look at `homeward status`; "
            "what to do is in docs/runbook/broker-down.md."
        ) from error


async def _ensure_topics(bootstrap_servers: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await _connected(admin)
    try:
        brokers = len((await admin.describe_cluster())["brokers"])
        wanted = catalogue()
        missing = sorted(set(wanted) - set(await admin.list_topics()))
        answer = await admin.create_topics([_new_topic(name, wanted[name], min(brokers, 3)) for name in missing])
    finally:
        await admin.close()
    for _name, code, *_message in answer.topic_errors:
        if code not in {0, TopicAlreadyExistsError.errno}:
            raise for_code(code)


async def _connected(client: AIOKafkaAdminClient) -> None:
    """Connect, trying again while the broker is still starting."""
    async with asyncio.timeout(CONNECT_SECONDS):
        while True:
            try:
                await client.start()
            except KafkaError:
                await asyncio.sleep(0.1)
            else:
                return


def _new_topic(name: str, settings: dict[str, int], copies: int) -> NewTopic:
    configs = {"retention.ms": str(settings["retention_days"] * MILLISECONDS_IN_A_DAY)}
    if copies > 1:  # what is acknowledged survives the loss of any one broker
        configs["min.insync.replicas"] = str(copies - 1)
    return NewTopic(name, settings["partitions"], copies, topic_configs=configs)


async def _committed(admin: AIOKafkaAdminClient, group: str) -> dict[TopicPartition, OffsetAndMetadata]:
    """Where the group has read to; a broker nobody has read from yet first has to make its own topic for that."""
    async with asyncio.timeout(CONNECT_SECONDS):
        while True:
            try:
                return dict(await admin.list_consumer_group_offsets(group))
            except (GroupCoordinatorNotAvailableError, NotCoordinatorForGroupError, GroupLoadInProgressError):
                await asyncio.sleep(0.1)


async def _groups_of_read_model(admin: AIOKafkaAdminClient) -> list[str]:
    return sorted(group for group, _protocol in await admin.list_consumer_groups() if group.startswith(READ_MODEL))


async def _count_topics(bootstrap_servers: str) -> list[TopicCounts]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await admin.start()
            await consumer.start()
        described = await admin.describe_topics(sorted(catalogue()))
        partitions = {
            topic["topic"]: [TopicPartition(topic["topic"], part["partition"]) for part in topic["partitions"]]
            for topic in described
        }
        every = [partition for parts in partitions.values() for partition in parts]
        first, last = await consumer.beginning_offsets(every), await consumer.end_offsets(every)
        groups = [*GROUPS, *await _groups_of_read_model(admin)]
        committed = {group: await _committed(admin, group) for group in groups}
    finally:
        await consumer.stop()
        await admin.close()
    return [
        TopicCounts(
            name,
            len(parts),
            sum(last[part] - first[part] for part in parts),
            {
                group: sum(last[part] - offsets[part].offset for part in parts if part in offsets)
                for group, offsets in committed.items()
                if any(part in offsets for part in parts)
            },
        )
        for name, parts in partitions.items()
    ]
