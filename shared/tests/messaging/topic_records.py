"""Reading a whole topic in a test."""

import json

from aiokafka import AIOKafkaConsumer, TopicPartition


async def numbers_by_key(bootstrap_servers: str, topic: str) -> dict[str, list[int]]:
    """The numbers of the things in a topic, in its order, by key."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap_servers, enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        ends = await consumer.end_offsets(partitions)
        await consumer.seek_to_beginning(*partitions)
        found: dict[str, list[int]] = {}
        while any([await consumer.position(tp) < end for tp, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    found.setdefault(record.key.decode(), []).append(json.loads(record.value)["number"])
    finally:
        await consumer.stop()
    return found
