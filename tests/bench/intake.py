"""Intake's create path and its FHIR door: two workers under load, beside what they are compared with."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from homeward_kit.auth import Role
from homeward_kit.testing.tokens import TokenIssuer
from homeward_local.topics import ensure_topics

from .costs import each_of, spent
from .load import Found, Target, as_many_as_possible, at_a_rate, percentile
from .place import Place
from .referring import FHIR, REST, fhir_requests, made_ahead, rest_requests
from .results import Row, at_least, at_least_of, at_most, rate
from .serving import beside, count, intake_environment, workers

AT_ONCE = 128
PATIENCE_SECONDS = 120.0
PER_SECOND = 300
INTAKE = ["-m", "spa_intake", "serve", "--role", "api"]
UNCOMMITTED = ["-m", "tests.bench.uncommitted", "serve", "--role", "api"]
FORWARDING = ["-m", "tests.bench.forwarding"]
NAIVE = ["-m", "tests.bench.naive.service"]
MOST = 6_000  # requests a second that are made ahead: nothing here answers more
MOST_MESSAGES = 1_500  # of FHIR messages, which take more memory


@dataclass(frozen=True)
class Load:
    """What is sent, and for how long."""

    place: Place
    issuer: TokenIssuer
    requests: Callable[[Target, int], Iterator[bytes]]
    path: str

    @property
    def seconds(self) -> float:
        return self.place.size(20, 3)

    async def fastest(self, urls: list[str], start: int) -> Found:
        """Warmed up, then as fast as the workers answer."""
        return await self.all_of(urls, await self.warmed_up(urls, start))

    async def warmed_up(self, urls: list[str], start: int) -> Iterator[bytes]:
        """The requests of a load, once its target is warm."""
        most = MOST if self.path == REST else MOST_MESSAGES
        await as_many_as_possible(urls, self._made(urls, most, start), at_once=AT_ONCE, seconds=1)
        return self._made(urls, int(most * self.seconds), start + 10_000)

    async def all_of(self, urls: list[str], made: Iterator[bytes]) -> Found:
        """As fast as the workers answer."""
        found = await as_many_as_possible(urls, made, at_once=AT_ONCE, seconds=self.seconds)
        found.refuse_failures()
        return found

    async def steady(self, urls: list[str], start: int) -> Found:
        """At a fixed rate."""
        made = self._made(urls, int(PER_SECOND * self.seconds), start)
        found = await at_a_rate(urls, made, per_second=PER_SECOND, seconds=self.seconds)
        found.refuse_failures()
        return found

    def _made(self, urls: list[str], number: int, start: int) -> Iterator[bytes]:
        headers = self.issuer.headers(Role.WARD_SYSTEM, audience="spa-intake")
        return made_ahead(self.requests(Target(urls[0], self.path, headers), start), number)


@asynccontextmanager
async def loaded(place: Place, path: str) -> AsyncIterator[tuple[Load, Mapping[str, str]]]:
    """A load and the environment of what answers it, on a fresh database of intake."""
    issuer = TokenIssuer()
    try:
        async with place.address("spa_intake") as address, intake_environment(place, address, issuer) as environment:
            yield Load(place, issuer, rest_requests if path == REST else fhir_requests, path), environment
    finally:
        issuer.close()


async def create(place: Place) -> list[Row]:
    """POST /api/v1/referrals: beside the same route without its commit, and beside the naive service."""
    async with loaded(place, REST) as (load, environment):
        async with workers(NAIVE, environment) as urls:
            naive = (await load.fastest(urls, 0)).rate
        async with workers(UNCOMMITTED, environment) as urls:
            uncommitted = (await load.fastest(urls, 0)).rate
        async with workers(INTAKE, environment) as urls:
            found = await load.fastest(urls, 0)
            steady = await load.steady(urls, 500_000)
        stored = await count(environment["DATABASE_URL"], "referrals")
    accepted = sum(answer.status == 201 for answer in [*found.answers, *steady.answers])
    if stored < accepted:
        raise RuntimeError(f"{accepted} referrals were accepted, {stored} are stored")
    p50, p99 = (percentile((answer.seconds * 1000 for answer in steady.answers), part) for part in (0.5, 0.99))
    return [
        at_least_of("create, beside the same route without commit", found.rate, uncommitted, 0.7, unit="requests/s"),
        at_least_of("create, beside a naive service", found.rate, naive, 5, unit="requests/s"),
        at_most(f"create, p99 at {PER_SECOND} requests/s", p99, 50, p50),
    ]


async def fhir(place: Place) -> list[Row]:
    """POST /fhir/R4/$process-message: checked, stored, and its events on the broker; no consumer runs beside it."""
    await asyncio.to_thread(ensure_topics, place.bootstrap)
    async with (
        loaded(place, FHIR) as (load, environment),
        beside(FORWARDING, environment),
        workers(INTAKE, environment) as urls,
    ):
        made = await load.warmed_up(urls, 0)
        before = spent()
        found = await load.all_of(urls, made)
        ended = time.perf_counter()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await count(environment["DATABASE_URL"], "outbox"):  # noqa: ASYNC110 — it happens in another process
                await asyncio.sleep(0.05)
        late = time.perf_counter() - ended
        after = spent()
        sent = await count(environment["DATABASE_URL"], "event_log")
    accepted = sum(answer.status == 200 for answer in found.answers)
    if sent < accepted:
        raise RuntimeError(f"{accepted} messages were accepted, {sent} events were sent")
    p99 = percentile((answer.seconds * 1000 for answer in found.answers), 0.99)
    return [
        at_least(
            "FHIR messages stored and forwarded",
            accepted / (found.seconds + late),
            1_000,
            found.rate,
            unit="messages/s",
        ),
        rate(f"FHIR messages, p99 of {AT_ONCE} at once", p99, unit="ms"),
        *(
            rate(f"FHIR messages, CPU of {name}", milliseconds, unit="ms/message")
            for name, milliseconds in each_of(accepted, before, after).items()
        ),
    ]
