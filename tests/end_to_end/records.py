"""Reading whole topics, and sending a record that no service would send."""

from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from .apart import run_apart


def read_all(bootstrap_servers: str, topics: list[str]) -> list[ConsumerRecord[Any, Any]]:
    """Every record of these topics, from the first to the last there is now."""

    async def run() -> list[ConsumerRecord[Any, Any]]:
        consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers, enable_auto_commit=False)
        await consumer.start()
        try:
            partitions = [
                TopicPartition(topic, number)
                for topic in topics
                for number in consumer.partitions_for_topic(topic) or await _partitions(consumer, topic)
            ]
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            ends = await consumer.end_offsets(partitions)
            found: list[ConsumerRecord[Any, Any]] = []
            while any([await consumer.position(tp) < end for tp, end in ends.items()]):
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    found.extend(records)
        finally:
            await consumer.stop()
        return found

    return run_apart(run())


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    """Ask the broker, when the consumer has not heard of the topic yet."""
    await consumer._client.set_topics([topic])
    return consumer.partitions_for_topic(topic) or set()


def send_record(bootstrap_servers: str, topic: str, key: str, value: bytes, headers: dict[str, str]) -> None:
    """Send one record and wait until the broker has it."""

    async def run() -> None:
        producer = AIOKafkaProducer(bootstrap_servers=bootstrap_servers, acks="all")
        await producer.start()
        try:
            pairs = [(name, text.encode()) for name, text in headers.items()]
            await producer.send_and_wait(topic, value, key.encode(), headers=pairs)
        finally:
            await producer.stop()

    run_apart(run())
