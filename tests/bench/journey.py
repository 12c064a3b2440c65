"""From a POST to the row that staff see, on the whole running stack at 50 referrals a second."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg

from homeward_local.client import demo_token
from homeward_local.config import SERVICES, config_from_environment
from homeward_local.databases import service_database
from homeward_local.testing import running_stack

from .load import Answer, Target, at_a_rate, percentile
from .place import Place
from .referring import REST, made_ahead, rest_requests
from .results import Row, at_most, rate

PER_SECOND = 50
GOAL_MS = 300
CHANNEL = "journeys"  # the read model tells here when rows have changed
PATIENCE_SECONDS = 30.0
RECENT = "SELECT referral_id FROM journeys WHERE changed_at > clock_timestamp() - interval '2 seconds'"


class Watcher:
    """Notes when each referral can first be read."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._changed = asyncio.Event()
        self._seen_more = asyncio.Condition()
        self.seen: dict[UUID, float] = {}

    async def watch(self) -> None:
        """Until cancelled: look again whenever the read model says so."""
        await self._connection.add_listener(CHANNEL, lambda *_: self._changed.set())
        while True:
            await self._changed.wait()
            self._changed.clear()
            rows = await self._connection.fetch(RECENT)
            now = time.perf_counter()
            for row in rows:
                self.seen.setdefault(row["referral_id"], now)
            async with self._seen_more:
                self._seen_more.notify_all()

    async def wait_for(self, referrals: set[UUID]) -> None:
        """Until all of them have been seen."""
        async with asyncio.timeout(PATIENCE_SECONDS), self._seen_more:
            await self._seen_more.wait_for(lambda: referrals <= self.seen.keys())


@asynccontextmanager
async def watching(address: str) -> AsyncIterator[Watcher]:
    connection = await asyncpg.connect(address)
    watcher = Watcher(connection)
    task = asyncio.create_task(watcher.watch())
    try:
        yield watcher
    finally:
        task.cancel()
        await connection.close()


async def visible(place: Place) -> list[Row]:
    """Both times from when the POST was due: until its answer, and until the read model's row is there."""
    with running_stack("--no-seed") as status:
        config = config_from_environment(status["environment"])
        admin = f"postgresql://postgres@127.0.0.1:{config.postgres_port}/postgres"
        address = service_database(config, SERVICES[0], admin).owner_url
        url = config.url_of(SERVICES[0])
        headers = {"Authorization": f"Bearer {demo_token(config.issuer_url, 'ward_system')}"}
        seconds = place.size(60, 5)
        made = made_ahead(rest_requests(Target(url, REST, headers)), int(PER_SECOND * (seconds + 3)))
        async with watching(address) as watcher:
            await at_a_rate([url], made, per_second=PER_SECOND, seconds=3)  # warmed up
            found = await at_a_rate([url], made, per_second=PER_SECOND, seconds=seconds)
            found.refuse_failures(0)
            sent = {_number(answer): answer for answer in found.answers}
            await watcher.wait_for(set(sent))
    answered = [answer.seconds * 1000 for answer in sent.values()]
    seen = [(watcher.seen[number] - answer.due) * 1000 for number, answer in sent.items()]
    return [
        rate(f"POST answered, p99 at {PER_SECOND}/s", percentile(answered, 0.99), percentile(answered, 0.5), unit="ms"),
        rate(f"POST to visible, p50 at {PER_SECOND}/s", percentile(seen, 0.5), unit="ms"),
        at_most(f"POST to visible, p99 at {PER_SECOND}/s", percentile(seen, 0.99), GOAL_MS, percentile(answered, 0.99)),
    ]


def _number(answer: Answer) -> UUID:
    return UUID(answer.location.decode().rpartition("/")[2])
