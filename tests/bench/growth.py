"""What an event costs beside full tables: published, sent and received with 10 k, 1 M and 10 M rows already there."""

import time
from collections.abc import Mapping

import asyncpg

from homeward_kit.database import Database
from homeward_kit.handling import BatchHandler

from .consuming import Readers
from .place import Place
from .relaying import drain, fill
from .results import Row, grows_at_most
from .things import FACTS, ThingDone, do_together, messages, produce, thing_of

GOAL = 1.3
ROUNDS = 3  # the best of them counts: the machine's pauses are not the table's cost
TRANSACTIONS, AT_ONCE = 40, 25
GROUP = "bench-growth"
# what the group has had in the last hours; ids in the order of time, as the kit makes them
FILL_INBOX = """
INSERT INTO inbox (consumer_group, event_id, event_time)
SELECT $1, uuidv7(make_interval(secs => (n - $2::bigint) / 1000.0)), now() FROM generate_series(1, $2::bigint) AS n
"""


async def outbox(place: Place) -> list[Row]:
    """With that many events waiting, as after an outage of the broker: publishing more, and sending the first."""
    published: dict[int, float] = {}
    sent: dict[int, float] = {}
    for size in _sizes(place):
        async with place.topic("bench-growth") as topic, place.database() as database:
            await fill(database.address, topic, size)
            await _settle(database.address)
            published[size] = min([await _publish(database) for _ in range(ROUNDS)])
            sent[size] = min([await _send(place, database) for _ in range(ROUNDS)])
    return [*_growth("outbox published beside rows waiting", published), *_growth("outbox sent of rows waiting", sent)]


async def event_log(place: Place) -> list[Row]:
    """With that many events sent already: sending more."""
    sent: dict[int, float] = {}
    for size in _sizes(place):
        async with place.topic("bench-growth") as topic, place.database() as database:
            await fill(database.address, topic, size, "event_log")
            await fill(database.address, topic, ROUNDS * SENT)
            await _settle(database.address)
            sent[size] = min([await _send(place, database) for _ in range(ROUNDS)])
    return _growth("outbox sent beside rows in the event log", sent)


async def inbox(place: Place) -> list[Row]:
    """With that many events remembered: receiving more."""
    received: dict[int, float] = {}
    count = place.size(20_000, 2_000)
    for size in _sizes(place):
        async with place.topic("bench-growth") as topic, place.database() as database:
            await _run(database.address, FILL_INBOX, GROUP, size)
            await _settle(database.address)
            await produce(place.bootstrap, topic, messages(count))
            read = Readers(place, topic, count, database.address)
            rate = await read.through_runner(database, GROUP, {thing_of(topic): BatchHandler(do_together)})
            received[size] = 1e6 / rate
    return _growth("inbox received beside rows", received)


SENT = 2_000


async def _send(place: Place, database: Database) -> float:
    """Microseconds for each of some waiting events."""
    return await drain(place, database, SENT) / SENT * 1e6


async def _publish(database: Database) -> float:
    """Microseconds for each event of some transactions."""
    begun = time.perf_counter()
    for number in range(TRANSACTIONS):
        async with database.transaction() as tx:
            for _ in range(AT_ONCE):
                await tx.publish(ThingDone(number=number, facts=FACTS), key="key", subject="thing/key", version=1)
    return (time.perf_counter() - begun) / TRANSACTIONS / AT_ONCE * 1e6


async def _settle(address: str) -> None:
    """What autovacuum and the checkpointer would have done meanwhile."""
    await _run(address, "VACUUM ANALYZE")
    await _run(address, "CHECKPOINT")


async def _run(address: str, statement: str, *values: object) -> None:
    connection = await asyncpg.connect(address)
    try:
        await connection.execute(statement, *values)
    finally:
        await connection.close()


def _sizes(place: Place) -> list[int]:
    return [10_000, 100_000] if place.is_quick else [10_000, 1_000_000, 10_000_000]


def _growth(name: str, costs: Mapping[int, float]) -> list[Row]:
    smallest, *larger = costs
    return [grows_at_most(f"{name}: {size:,}", costs[size], costs[smallest], GOAL) for size in larger]
