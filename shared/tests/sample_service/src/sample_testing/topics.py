"""Reading a whole topic in a test."""

import json
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

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


async def event_ids(bootstrap_servers: str, topic: str) -> list[str]:
    """The ids of the events in a topic, repeats included."""
    records = await all_records(bootstrap_servers, topic)
    return [value.decode() for record in records for name, value in record.headers if name == "ce_id"]
