"""The relay: how fast it empties a full outbox, against a plain producer that sends the same bytes."""

import asyncio
import time

from homeward_kit.database import Database
from homeward_kit.relay import Relay

from .filling import fill
from .place import Place
from .results import Row, rate
from .things import messages, produce

PATIENCE_SECONDS = 600.0


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
        await fill(database.address, "outbox", topic, count)
        seconds = await drain(place, database, count)
    return [rate("relay", count / seconds, plain, unit="rows/s")]
