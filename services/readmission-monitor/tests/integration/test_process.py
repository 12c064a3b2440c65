"""The process itself: messages from Kafka become a watch, and what it tells is on Kafka."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from monitor_service import NOW, as_bytes, headers, stay

TOPICS = (
    "discharge-referrals",
    "discharge-hospital-activity",
    "discharge-triage",
    "discharge-care-packages",
    "discharge-outcomes",
    "discharge-dead-letters",
)
DEADLINE_SECONDS = 60


@asynccontextmanager
async def running(database: str, kafka: str) -> AsyncIterator[None]:
    environment = os.environ | {"DATABASE_URL": database, "KAFKA_BOOTSTRAP_SERVERS": kafka, "PORT": "0"}
    command = (sys.executable, "-m", "readmission_monitor", "serve", "--role", "all")
    process = await asyncio.create_subprocess_exec(*command, env=environment)
    try:
        yield
        assert process.returncode is None, "the service ended by itself: its log is above"
    finally:
        if process.returncode is None:
            process.terminate()
        code = await asyncio.wait_for(process.wait(), DEADLINE_SECONDS)
    assert code == 0


async def test_a_discharge_heard_from_kafka_is_watched_and_told_there(
    database_address: Callable[[str], str],
    kafka_broker: str,
    fresh_topics: Callable[..., AbstractAsyncContextManager[None]],
) -> None:
    stay_id, referral_id, patient_key = uuid4(), uuid4(), str(uuid4())
    accepted = {
        "referral_id": referral_id,
        "kind": "hospital_discharge",
        "accepted_at": NOW - timedelta(days=2),
        "stay_id": stay_id,
    }
    messages = (
        ("discharge-referrals", "referral.accepted", accepted),
        ("discharge-hospital-activity", "patient.discharged", {"stay": stay(stay_id) | {"patient_key": patient_key}}),
    )
    async with fresh_topics(*TOPICS), running(database_address("readmission_monitor"), kafka_broker):
        async with AIOKafkaProducer(bootstrap_servers=kafka_broker) as producer:
            for topic, event_type, payload in messages:
                await producer.send_and_wait(
                    topic, as_bytes(payload), patient_key.encode(), headers=headers(event_type, 1)
                )
        consumer = AIOKafkaConsumer("discharge-outcomes", bootstrap_servers=kafka_broker, auto_offset_reset="earliest")
        async with consumer:
            told = await asyncio.wait_for(consumer.getone(), DEADLINE_SECONDS)
    assert dict(told.headers)["ce_type"] == b"discharge.watch.started.v1"
    assert told.key == patient_key.encode()
    assert json.loads(told.value)["referral_id"] == str(referral_id)
