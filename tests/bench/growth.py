"""What an event costs beside full tables: published, sent and received with 10 k, 1 M and 10 M rows already there."""

import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from statistics import median

from homeward_kit.database import Database
from homeward_kit.handling import BatchHandler

from .consuming import Readers
from .filling import fill
from .place import Place
from .relaying import drain
from .results import Row, grows_at_most
from .things import FACTS, ThingDone, do_together, messages, produce, thing_of

GOAL = 1.3
# The best of them counts: the machine's pauses are not the table's cost. Nor is writing every page whole once after a
# checkpoint, which the first round does: in production that is once in minutes.
ROUNDS = 6
TRANSACTIONS, AT_ONCE = 40, 25
SENT = 1_500
TURNS, FIRST_TURNS, SENT_IN_TURN = 14, 4, 3_000  # the first ones write pages whole; of the others the median counts
GROUP = "bench-growth"


async def outbox(place: Place) -> list[Row]:
    """With that many events waiting, as after an outage of the broker: publishing more, and sending the first."""
    published: dict[int, float] = {}
    sent: dict[int, float] = {}
    have = 0
    async with place.topic("bench-growth") as topic, place.database() as database:
        for size in _sizes(place):
            await fill(database.address, "outbox", topic, size, have=have)
            have = size
            published[size] = await _publish_and_remove(database)
            sent[size] = min([await _send(place, database) for _ in range(ROUNDS)])
    return [*_growth("outbox published beside rows waiting", published), *_growth("outbox sent of rows waiting", sent)]


async def event_log(place: Place) -> list[Row]:
    """With that many events sent already: sending more. In turns, so that the machine's moods meet all sizes alike."""
    costs: dict[int, list[float]] = {size: [] for size in _sizes(place)}
    async with place.topic("bench-growth") as topic, AsyncExitStack() as stack:
        databases = {size: await stack.enter_async_context(place.database()) for size in costs}
        for size, database in databases.items():
            await fill(database.address, "event_log", topic, size)
            await fill(database.address, "outbox", topic, TURNS * SENT_IN_TURN)
        for _ in range(TURNS):
            for size, database in databases.items():
                costs[size].append(await _send(place, database, SENT_IN_TURN))
    sent = {size: median(found[FIRST_TURNS:]) for size, found in costs.items()}
    return _growth("outbox sent beside rows in the event log", sent)


async def inbox(place: Place) -> list[Row]:
    """With that many events remembered: receiving more."""
    received: dict[int, float] = {}
    count, have = place.size(10_000, 2_000), 0
    async with place.topic("bench-growth") as topic, place.database() as database:
        for size in _sizes(place):
            await fill(database.address, "inbox", GROUP, size, have=have)
            have = size
            received[size] = await _receive(Readers(place, topic, count, database.address), database)
    return _growth("inbox received beside rows", received)


async def _receive(read: Readers, database: Database) -> float:
    """Microseconds for each of some events, which are produced before."""
    costs = []
    for _ in range(ROUNDS):
        await produce(read.place.bootstrap, read.topic, messages(read.count))
        rate = await read.through_runner(database, GROUP, {thing_of(read.topic): BatchHandler(do_together)})
        costs.append(1e6 / rate)
    return min(costs)


async def _send(place: Place, database: Database, count: int = SENT) -> float:
    """Microseconds for each of some waiting events."""
    return await drain(place, database, count) / count * 1e6


async def _publish_and_remove(database: Database) -> float:
    """Microseconds for each event; what waits is as before."""
    async with database.transaction() as tx:
        last = (await tx.execute("SELECT max(seq) FROM outbox")).scalar_one()
    cost = min([await _publish(database) for _ in range(ROUNDS)])
    async with database.transaction() as tx:
        await tx.execute("DELETE FROM outbox WHERE seq > :last", {"last": last})
    return cost


async def _publish(database: Database) -> float:
    """Microseconds for each event of some transactions."""
    begun = time.perf_counter()
    for number in range(TRANSACTIONS):
        async with database.transaction() as tx:
            for _ in range(AT_ONCE):
                await tx.publish(ThingDone(number=number, facts=FACTS), key="key", subject="thing/key", version=1)
    return (time.perf_counter() - begun) / TRANSACTIONS / AT_ONCE * 1e6


def _sizes(place: Place) -> list[int]:
    return [10_000, 100_000] if place.is_quick else [10_000, 1_000_000, 10_000_000]


def _growth(name: str, costs: Mapping[int, float]) -> list[Row]:
    smallest, *larger = costs
    return [grows_at_most(f"{name}: {size:,}", costs[size], costs[smallest], GOAL) for size in larger]
