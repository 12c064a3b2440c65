"""What the broker knows of a consumer group: how far it is behind, over all its members; and to forget it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupIdNotFound, for_code
from aiokafka.protocol.admin import DeleteGroupsRequest

ANSWER_SECONDS = 10.0


@dataclass(frozen=True)
class Positions:
    """Where each partition ends, and what of it the group had handled a moment later."""

    ends: Mapping[TopicPartition, int]
    handled: Mapping[TopicPartition, int]

    @property
    def behind(self) -> int:
        return sum(max(0, end - self.handled[partition]) for partition, end in self.ends.items())

    def has_passed(self, earlier: "Positions") -> bool:
        """True when everything that was there at an earlier look has been handled."""
        return all(self.handled.get(partition, 0) >= end for partition, end in earlier.ends.items())


async def look(bootstrap_servers: str, group: str, topics: Sequence[str]) -> Positions:
    """Ask the broker; raises KafkaError, OSError or TimeoutError when it does not answer."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    consumer = AIOKafkaConsumer(*topics, bootstrap_servers=bootstrap_servers, enable_auto_commit=False)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await admin.start()
            await consumer.start()
            partitions = [
                TopicPartition(topic, number)
                for topic in topics
                for number in consumer.partitions_for_topic(topic) or ()
            ]
            starts = await consumer.beginning_offsets(partitions)
            ends = await consumer.end_offsets(partitions)
            committed = await admin.list_consumer_group_offsets(group)
    finally:
        async with asyncio.timeout(ANSWER_SECONDS):
            await consumer.stop()
            await admin.close()
    handled = {partition: max(start, _offset(committed, partition)) for partition, start in starts.items()}
    return Positions(ends, handled)


def _offset(committed: Mapping[TopicPartition, tuple[int, str]], partition: TopicPartition) -> int:
    """Nothing is committed of a partition from which nothing was read."""
    return committed[partition][0] if partition in committed else 0


async def forget(bootstrap_servers: str, group: str) -> None:
    """Remove what the broker keeps of a group; raises KafkaError while it still has members."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await admin.start()
            coordinator = await admin.find_coordinator(group)
            # the client knows the request and has no method for it
            answer = await admin._send_request(DeleteGroupsRequest([group]), coordinator)  # noqa: SLF001
    finally:
        await admin.close()
    for _group, code in answer.results:
        if code not in {0, GroupIdNotFound.errno}:
            raise for_code(code)
