"""The relay: how fast it empties a full outbox, against a plain producer that sends the same bytes."""

import asyncio
import time
from typing import Literal

import asyncpg

from homeward_kit.database import Database
from homeward_kit.outbox import SHARDS
from homeward_kit.relay import Relay

from .place import Place
from .results import Row, rate
from .things import FACTS, KEYS, ThingMadeIn, messages, produce

PATIENCE_SECONDS = 600.0
# ids in the order of time, as the kit makes them; a key keeps its shard
FILL = """
INSERT INTO {table} ({seq}id, shard, aggregatetype, aggregateid, type, topic, key, payload, tracingspancontext,
                    causation_id, referral_id, actor, aggregate_version, event_time)
SELECT {n}uuidv7(), n % $1 % $2, 'thing', n::text, $3, $4, person::text,
    json_build_object('number', n, 'facts', $5::text[], 'referral_id', person, 'patient_key', person)::text,
    '00-' || replace(uuidv7()::text, '-', '') || '-0123456789abcdef-01', uuidv7(), person,
    'staff/7b0d4ac8-3f47-4cfb-8a3e-2a9a7fd8c001', 1, now()
FROM generate_series(1, $6::integer) AS n, LATERAL (SELECT md5((n % $1)::text)::uuid AS person)
"""


async def fill(address: str, topic: str, count: int, table: Literal["outbox", "event_log"] = "outbox") -> None:
    """That many events into the outbox, as if sending had been impossible for a while; or into the log, as if sent."""
    seq, n = ("", "") if table == "outbox" else ("seq, ", "n, ")
    connection = await asyncpg.connect(address)
    try:
        await connection.execute(
            FILL.format(table=table, seq=seq, n=n), KEYS, SHARDS, ThingMadeIn.type, topic, FACTS, count
        )
    finally:
        await connection.close()


async def drain(place: Place, database: Database, count: int) -> float:
    """Seconds a relay takes for that many rows, once it is connected and has its shards."""
    relay = Relay(database, source="homeward/bench", bootstrap_servers=place.bootstrap)
    try:
        moved = first = await relay.run_once()
        begun = time.perf_counter()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while moved < count:
                moved += await relay.run_once()
        return (time.perf_counter() - begun) / (moved - first) * count
    finally:
        relay.stop()
        await relay.run()  # asked to stop: closes


async def relay(place: Place) -> list[Row]:
    """Rows a second out of the outbox, acknowledged and moved to the event log."""
    count = place.size(50_000, 5_000)
    async with place.topic("bench-relay") as topic, place.database() as database:
        batch = messages(count)
        begun = time.perf_counter()
        await produce(place.bootstrap, topic, batch)
        plain = count / (time.perf_counter() - begun)
        await fill(database.address, topic, count)
        seconds = await drain(place, database, count)
    return [rate("relay", count / seconds, plain, unit="rows/s")]
