"""The load of a soak: providers with places, and people who arrive at a steady rate and go through whole journeys."""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from homeward_local.client import StackClient
from homeward_local.demo.people import DISTRICTS, Person, synthetic_person
from homeward_local.demo.providers import PROVIDERS

from .caller import Caller
from .journey import FindSubmit, Journey, draw

MOST_AT_ONCE = 150  # an outage may not pile up more people than the machine carries afterwards
PLACES = 1000


def distinct_people(chooser: random.Random) -> Iterator[Person]:
    """People without end, no two of whom share a number that is used to recognise somebody."""
    used: set[str] = set()
    today = datetime.now(UTC).date()
    while True:
        person = synthetic_person(chooser, today)
        numbers = {person.nhs_number, person.hospital_number, person.visit_number}
        if not numbers & used:
            used |= numbers
            yield replace(person, family_name=person.family_name)


def load_providers(client: StackClient, times: int) -> None:
    """Each of the demo's providers several times over, with as many places as may be declared."""
    for number in range(times):
        for name, services in PROVIDERS.items():
            body = {"name": f"{name} {number + 1}", "services": list(services), "areas": list(DISTRICTS)}
            provider = client.post("care-package", "/api/v1/providers", "broker", body)
            for service in services:
                capacity = {"provider_id": provider["provider_id"], "service": service, "places": PLACES}
                client.post("care-package", "/api/v1/capacity", "broker", capacity)


class Load:
    """Starts journeys until it is stopped; then waits for those under way."""

    def __init__(self, caller: Caller, people: Iterator[Person], find_submit: FindSubmit, *, seed: int) -> None:
        self._caller = caller
        self._people = people
        self._find_submit = find_submit
        self._chooser = random.Random(seed)
        self._under_way: set[asyncio.Task[None]] = set()

    async def arrive(self, per_minute: float) -> None:
        """People arrive at random times, so many a minute on average, until cancelled."""
        while True:
            await asyncio.sleep(self._chooser.expovariate(per_minute / 60))
            if len(self._under_way) < MOST_AT_ONCE:
                journey = Journey(self._caller, draw(self._chooser, next(self._people)), self._find_submit)
                task = asyncio.create_task(journey.play())
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)

    async def finish(self) -> None:
        """Until every journey has ended; the caller's `give_up_at` bounds it."""
        while self._under_way:
            await asyncio.gather(*self._under_way)
