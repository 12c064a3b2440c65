"""Everything that a soak left behind: the four databases and the topics, read once all is quiet."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg
import yaml
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from homeward_local.topics import CATALOGUE

from .stage import BY_NAME, Stage

# Any: rows of the four databases
Row = Mapping[str, Any]
READ_MODEL = "spa-intake-read-model"
"""As the catalogue names it, whichever generation of it pages read now."""
READ_MODEL_GROUP = "SELECT consumer_group FROM read_model_generations WHERE state = 'active'"

EVENTS = """
SELECT seq, id::text, type, topic, key, aggregatetype || '/' || aggregateid AS subject, aggregate_version AS version
FROM event_log ORDER BY seq
"""
QUERIES: dict[str, dict[str, str]] = {
    "spa-intake": {
        "referrals": """
            SELECT r.referral_id, r.patient_key, r.state, r.accepted_at, r.stay_id, i.value AS nhs_number
            FROM referrals r JOIN person_identifiers i ON i.patient_key = r.patient_key AND i.scheme = 'nhs'""",
        "stays": "SELECT stay_id, patient_key, discharged_at FROM stays WHERE NOT is_cancelled",
        "shown": "SELECT referral_id, referral_state FROM journeys",
        "progress": "SELECT referral_id, case_state, package_state, watch_state FROM referral_progress",
    },
    "triage": {
        "cases": "SELECT case_id, referral_id, state FROM cases",
        "decisions": """
            SELECT c.referral_id, jsonb_array_length(d.lines) AS lines FROM decisions d JOIN cases c USING (case_id)""",
    },
    "care-package": {
        "packages": "SELECT package_id, referral_id, state FROM packages",
        "lines": """
            SELECT l.package_id, l.line_id, l.state, p.referral_id,
                   (SELECT count(*) FROM offers o
                    WHERE o.package_id = l.package_id AND o.line_id = l.line_id AND o.state = 'accepted') AS accepted
            FROM package_lines l JOIN packages p USING (package_id)""",
    },
    "readmission-monitor": {"watches": "SELECT watch_id, stay_id, referral_id, state FROM watches"},
}
WAITING = {
    "outbox": "SELECT count(*) FROM outbox",
    "open dead letters": "SELECT count(*) FROM dead_letters WHERE state = 'open'",
    "parked messages": "SELECT count(*) FROM parked",
}


@dataclass(frozen=True)
class Logged:
    """An event as its service's event log has it."""

    service: str
    seq: int
    id: str
    type: str
    topic: str
    key: str
    subject: str
    version: int


@dataclass(frozen=True)
class Record:
    """An event as it stands in a topic, at its place."""

    id: str
    type: str
    topic: str
    key: str


@dataclass(frozen=True)
class Evidence:
    """What is there."""

    logged: list[Logged]  # of each service in the order of its log
    records: list[Record]  # of each partition in the order of its offsets
    rows: dict[str, list[Row]]  # by the names of QUERIES
    seen: dict[str, set[str]]  # by consumer: the events of its inbox
    waiting: dict[str, int]  # "triage: outbox": how many
    consumers: dict[str, list[str]]  # by type of event: who must have had it


async def gather(stage: Stage) -> Evidence:
    """Read everything."""
    logged: list[Logged] = []
    rows: dict[str, list[Row]] = {}
    seen: dict[str, set[str]] = {}
    waiting: dict[str, int] = {}
    for service in BY_NAME:
        connection = await asyncpg.connect(stage.database_url(service))
        try:
            logged += [Logged(service, **row) for row in await connection.fetch(EVENTS)]
            for name, sql in QUERIES[service].items():
                rows[name] = await connection.fetch(sql)
            active = await connection.fetchval(READ_MODEL_GROUP) if service == "spa-intake" else None
            for row in await connection.fetch("SELECT consumer_group, event_id::text FROM inbox"):
                consumer = consumer_of(row["consumer_group"], active)
                seen.setdefault(consumer, set()).add(row["event_id"])
            for what, sql in WAITING.items():
                waiting[f"{service}: {what}"] = await connection.fetchval(sql)
        finally:
            await connection.close()
    topics = yaml.safe_load(CATALOGUE.read_text())["topics"]
    records = await read_topics(stage.config.bootstrap_servers, sorted(topics))
    consumers = {name: each["consumers"] for topic in topics.values() for name, each in topic["types"].items()}
    return Evidence(logged, records, rows, seen, waiting, consumers)


def consumer_of(group: str, active: str | None) -> str:
    """Who a consumer group is in the catalogue; a generation of the read model that no page reads is nobody there."""
    if group == active:
        return READ_MODEL
    return f"former {group}" if group.startswith(READ_MODEL) else group


async def read_topics(bootstrap_servers: str, topics: list[str]) -> list[Record]:
    """Every record of these topics up to their present ends."""
    places = await _partitions(bootstrap_servers, topics)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        found: list[Record] = []
        async with asyncio.timeout(120):
            while any([await consumer.position(place) < end for place, end in ends.items()]):
                for batch in (await consumer.getmany(timeout_ms=500)).values():
                    found += [_record(raw) for raw in batch]
    finally:
        await consumer.stop()
    return found


async def _partitions(bootstrap_servers: str, topics: list[str]) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        described = await admin.describe_topics(topics)
    finally:
        await admin.close()
    return [TopicPartition(topic["topic"], part["partition"]) for topic in described for part in topic["partitions"]]


def _record(raw: Any) -> Record:  # Any: the library is untyped
    headers = dict(raw.headers)
    return Record(headers["ce_id"].decode(), headers["ce_type"].decode(), raw.topic, raw.key.decode())
