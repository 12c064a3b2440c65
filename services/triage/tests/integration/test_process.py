"""The process itself: an acceptance heard from Kafka opens a case, and that is told on Kafka."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from triage_service import NOW, REFERRALS, as_bytes, as_headers, facts, referral_payload

TOPICS = (
    "discharge-referrals",
    "discharge-hospital-activity",
    "discharge-triage",
    "discharge-care-packages",
    "discharge-dead-letters",
)
DEADLINE_SECONDS = 60


@asynccontextmanager
async def running(database: str, kafka: str) -> AsyncIterator[None]:
    environment = os.environ | {"DATABASE_URL": database, "KAFKA_BOOTSTRAP_SERVERS": kafka, "PORT": "0"}
    command = (sys.executable, "-m", "triage", "serve", "--role", "all")
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        assert await asyncio.wait_for(process.wait(), DEADLINE_SECONDS) == 0


async def test_an_acceptance_heard_from_kafka_opens_a_case_and_is_told_there(
    database_address: Callable[[str], str],
    kafka_broker: str,
    fresh_topics: Callable[..., AbstractAsyncContextManager[None]],
) -> None:
    referral_id, patient_key = uuid4(), uuid4()
    accepted = referral_payload(referral_id, patient_key, "accepted", facts=facts(), accepted_at=NOW, stay_id=None)
    async with fresh_topics(*TOPICS), running(database_address("triage"), kafka_broker):
        async with AIOKafkaProducer(bootstrap_servers=kafka_broker) as producer:
            await producer.send_and_wait(
                REFERRALS, as_bytes(accepted), str(patient_key).encode(), headers=as_headers("referral.accepted", 2)
            )
        consumer = AIOKafkaConsumer("discharge-triage", bootstrap_servers=kafka_broker, auto_offset_reset="earliest")
        async with consumer:
            told = await asyncio.wait_for(consumer.getone(), DEADLINE_SECONDS)
    assert dict(told.headers)["ce_type"] == b"discharge.case.opened.v1"
    assert told.key == str(patient_key).encode()
    assert json.loads(told.value)["referral_id"] == str(referral_id)
