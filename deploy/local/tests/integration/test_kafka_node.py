import asyncio

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from homeward_local.ports import free_port
from homeward_local.testing import running_kafka, temporary_home
from homeward_local.topics import catalogue, count_topics, ensure_topics

TOPIC = "discharge-referrals"


async def test_a_second_start_on_other_ports_keeps_what_was_sent_and_read() -> None:
    with temporary_home() as home:
        with running_kafka(home, free_port(), free_port()) as bootstrap:
            await asyncio.to_thread(ensure_topics, bootstrap)
            await send(bootstrap, b"first")
            assert await read_one(bootstrap) == b"first"
            await send(bootstrap, b"second")
        with running_kafka(home, free_port(), free_port()) as bootstrap:
            assert await read_one(bootstrap) == b"second"


async def test_the_topics_of_the_catalogue_are_made_once_and_counted(kafka_broker: str) -> None:
    await asyncio.to_thread(ensure_topics, kafka_broker)
    await asyncio.to_thread(ensure_topics, kafka_broker)

    counts = {topic.name: topic for topic in await asyncio.to_thread(count_topics, kafka_broker)}

    assert set(counts) == set(catalogue())
    assert all(counts[name].partitions == settings["partitions"] for name, settings in catalogue().items())


async def send(bootstrap: str, value: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        await producer.send_and_wait(TOPIC, value, key=b"k")
    finally:
        await producer.stop()


async def read_one(bootstrap: str) -> bytes:
    consumer = AIOKafkaConsumer(
        TOPIC,
        bootstrap_servers=bootstrap,
        group_id="local-test",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        async with asyncio.timeout(30):
            record = await consumer.getone()
        await consumer.commit()
        return bytes(record.value or b"")
    finally:
        await consumer.stop()
