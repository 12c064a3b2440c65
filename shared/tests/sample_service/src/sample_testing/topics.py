"""Reading a whole topic in a test."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

# Any: the client is untyped
Raw = Any


async def all_records(bootstrap_servers: str, topic: str) -> list[Raw]:
    """Every record of a topic; those of a partition are in its order."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap_servers, auto_offset_reset="earliest")
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        ends = await consumer.end_offsets(partitions)
        found: list[Raw] = []
        while any([await consumer.position(tp) < end for tp, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += records
    finally:
        await consumer.stop()
    return found


async def numbers_by_key(bootstrap_servers: str, topic: str) -> dict[str, list[int]]:
    """The numbers of the things in a topic, in its order, by key."""
    found: dict[str, list[int]] = {}
    for record in await all_records(bootstrap_servers, topic):
        found.setdefault(record.key.decode(), []).append(json.loads(record.value)["number"])
    return found


async def first_numbers_by_key(bootstrap_servers: str, topic: str) -> dict[str, list[int]]:
    """As `numbers_by_key`, each number only where it comes first: after a kill some are sent again."""
    found = await numbers_by_key(bootstrap_servers, topic)
    return {key: list(dict.fromkeys(numbers)) for key, numbers in found.items()}


async def event_ids(bootstrap_servers: str, topic: str) -> list[str]:
    """The ids of the events in a topic, repeats included."""
    records = await all_records(bootstrap_servers, topic)
    return [value.decode() for record in records for name, value in record.headers if name == "ce_id"]


async def committed_offsets(bootstrap_servers: str, group: str) -> dict[int, int]:
    """What a group has committed, by partition (of all its topics together)."""
    async with _admin(bootstrap_servers) as admin:
        offsets = await admin.list_consumer_group_offsets(group)
        return {tp.partition: found.offset for tp, found in offsets.items() if found.offset >= 0}


async def members_of(bootstrap_servers: str, group: str) -> int:
    """How many members a group has; 0 while it is between two rebalances."""
    return len(await member_ids(bootstrap_servers, group))


async def member_ids(bootstrap_servers: str, group: str) -> set[str]:
    """What the broker calls the members of a group; nothing while it is between two rebalances."""
    async with _admin(bootstrap_servers) as admin:
        (answer,) = await admin.describe_consumer_groups([group])
        _error, _group, state, _kind, _protocol, members, *_ = answer.groups[0]
        return {member for member, *_ in members} if state == "Stable" else set()


@asynccontextmanager
async def _admin(bootstrap_servers: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()
