"""The process itself: a decision from Kafka becomes a package with an offer, told on Kafka; SIGTERM ends it well."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from package_service import CarePackage, caller, decision, headers, service

from homeward_kit.callers import Role
from homeward_kit.database import Database
from homeward_kit.testing.api import api_client
from homeward_kit.testing.tokens import TokenIssuer

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
    command = (sys.executable, "-m", "care_package", "serve", "--role", "all")
    process = await asyncio.create_subprocess_exec(*command, env=environment)
    try:
        yield
        assert process.returncode is None, "the service ended by itself: its log is above"
    finally:
        if process.returncode is None:
            process.terminate()
        code = await asyncio.wait_for(process.wait(), DEADLINE_SECONDS)
    assert code == 0


async def test_a_decision_heard_from_kafka_is_offered_and_told_there(
    database_address: Callable[[str], str],
    kafka_broker: str,
    fresh_topics: Callable[..., AbstractAsyncContextManager[None]],
    token_issuer: TokenIssuer,
) -> None:
    address = database_address("care_package")
    database = Database(address)
    async with api_client(service(token_issuer), database) as client:
        provider_id = await caller(client, token_issuer, Role.BROKER).provider("Abbey Care")
    await database.dispose()
    care = CarePackage(database)
    key = str(care.patient_key).encode()
    async with fresh_topics(*TOPICS), running(address, kafka_broker):
        async with AIOKafkaProducer(bootstrap_servers=kafka_broker) as producer:
            value = json.dumps(decision(care, 1, "home_care"), default=str).encode()
            sent = headers("pathway.decided", 2)
            await producer.send_and_wait("discharge-triage", value, key, headers=list(sent.items()))
        consumer = AIOKafkaConsumer(
            "discharge-care-packages", bootstrap_servers=kafka_broker, auto_offset_reset="earliest"
        )
        told: list[Any] = []  # Any: records of aiokafka
        async with consumer:
            while len(told) < 2:
                record = await asyncio.wait_for(consumer.getone(), DEADLINE_SECONDS)
                if record.key == key:
                    told.append(record)
    assert [dict(record.headers)["ce_type"] for record in told] == [
        b"discharge.package.opened.v1",
        b"discharge.offer.sent.v1",
    ]
    assert json.loads(told[1].value)["provider_id"] == provider_id
