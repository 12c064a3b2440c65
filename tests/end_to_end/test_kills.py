"""kill -9 of every service at a random event of the chain: exactly one of each effect, in all four databases."""

import os
import random
import signal
from collections import Counter

import pytest

from homeward_local.demo import clock
from homeward_local.demo.events import Event
from homeward_local.state import require_running

from .conftest import Stack
from .databases import query
from .journeys import a_person, journey
from .waiting import wait_for

pytestmark = pytest.mark.stack

CHAIN = (
    "referral.received", "referral.accepted", "case.opened", "pathway.decided", "package.opened", "offer.sent",
    "offer.declined", "offer.accepted", "package.agreed", "patient.discharged", "watch.started", "package.started",
)  # fmt: skip
ONCE = {
    "spa-intake": ("referral.received", "referral.accepted", "patient.discharged"),
    "triage": ("case.opened", "pathway.decided"),
    "care-package": ("package.opened", "package.agreed", "package.started"),
    "readmission-monitor": ("watch.started", "readmission.detected"),
}
ROWS = {
    "spa-intake": ("SELECT count(*) AS n FROM referrals WHERE patient_key = $1", 1),
    "triage": ("SELECT count(*) AS n FROM cases WHERE patient_key = $1", 1),
    "care-package": ("SELECT count(*) AS n FROM packages WHERE patient_key = $1", 1),
    "readmission-monitor": ("SELECT count(*) AS n FROM watches WHERE patient_key = $1", 1),
}


class Killer:
    """Kills each service once, when its event of the chain is seen."""

    def __init__(self, stack: Stack, seed: int) -> None:
        chooser = random.Random(seed)
        self._stack = stack
        self._victims: dict[str, list[str]] = {}
        for service in ONCE:
            self._victims.setdefault(chooser.choice(CHAIN), []).append(service)
        self.killed: list[str] = []

    def __call__(self, event: Event) -> None:
        for service in self._victims.pop(event.short_type, []):
            pid = require_running(self._stack.config)["processes"][service]["pid"]
            os.kill(pid, signal.SIGKILL)
            self.killed.append(service)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_killed_service_loses_and_repeats_nothing(stack: Stack, seed: int) -> None:
    killer = Killer(stack, seed)
    played = journey(stack, a_person(60 + seed), killer)
    detected = played.play()
    assert sorted(killer.killed) == sorted(ONCE)
    wait_for(lambda: clock.is_settled(stack.client), "everything to be handled", 60)
    key = detected.key
    for service, (sql, expected) in ROWS.items():
        assert query(stack.database_url(service), sql, key) == [{"n": expected}], service
    for service, types in ONCE.items():
        logged = query(stack.database_url(service), "SELECT type, id FROM event_log WHERE key = $1", str(key))
        counts = Counter(str(row["type"]).removeprefix("discharge.").removesuffix(".v1") for row in logged)
        assert {name: counts[name] for name in types} == dict.fromkeys(types, 1), service
    letters = "SELECT count(*) AS n FROM dead_letters WHERE key = $1"
    assert [query(stack.database_url(service), letters, str(key))[0]["n"] for service in ONCE] == [0, 0, 0, 0]
