"""What is done to the stack: kills one at a time, a broker that stops for a while, slow and cut connections."""

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

from .recovery import Prober, Recovery
from .stage import KAFKA, TARGETS, Stage
from .waiting import until

ROUND_SECONDS = 105  # in each round every target is killed once
OUTAGE_SECONDS = 60.0
CALM_SECONDS = 3.0  # at the beginning: some load is there when the first fault comes
EVERY_SECONDS = 0.1
LONGEST_BACK = 120.0


class Way(StrEnum):
    """How the broker goes away."""

    FROZEN = "frozen"  # SIGSTOP: connections stay, nothing answers
    UNREACHABLE = "unreachable"  # connections are reset and new ones refused


@dataclass(frozen=True)
class Kill:
    """`kill -9` of a target."""

    target: str


@dataclass(frozen=True)
class Outage:
    """The broker is away for a while; every node of a cluster."""

    way: Way
    seconds: float


@dataclass(frozen=True)
class Felt:
    """A kill, and how long it was felt."""

    target: str
    process: str
    at: float  # seconds since the soak began
    recovery: Recovery
    back: float  # seconds until the target itself worked again


@dataclass
class Report:
    """What was done and felt."""

    kills: Counter[str] = field(default_factory=Counter)
    felt: list[Felt] = field(default_factory=list)
    outages: list[dict[str, float | str]] = field(default_factory=list)
    disturbances: Counter[str] = field(default_factory=Counter)


def schedule(chooser: random.Random, seconds: float) -> list[Kill | Outage]:
    """The faults in their order: every target equally often, outages of the broker between them."""
    faults: list[Kill | Outage] = []
    for _ in range(max(1, int(seconds // ROUND_SECONDS))):
        faults += [Kill(target) for target in chooser.sample(TARGETS, len(TARGETS))]
    length = min(OUTAGE_SECONDS, seconds / 10)
    outages = [Outage(way, length) for way in Way] if seconds >= 10 * OUTAGE_SECONDS else [Outage(Way.FROZEN, length)]
    for outage in outages:
        faults.insert(chooser.randrange(1, len(faults)), outage)
    return faults


class Chaos:
    """Carries a schedule out, spread over the seconds it has."""

    def __init__(self, stage: Stage, prober: Prober, chooser: random.Random) -> None:
        self.report = Report()
        self._stage = stage
        self._prober = prober
        self._chooser = chooser
        self._began = time.monotonic()
        self._has_broker = True

    async def run(self, seconds: float) -> None:
        """All faults of the schedule; the next one comes when the last is over, at the earliest at its own time."""
        faults = schedule(self._chooser, seconds)
        disturbing = asyncio.create_task(self._disturb())
        try:
            for at, fault in zip(self._times(len(faults), seconds), faults, strict=True):
                await asyncio.sleep(max(0.0, self._began + at - time.monotonic()))
                await (self._kill(fault.target) if isinstance(fault, Kill) else self._stop_broker(fault))
            await asyncio.sleep(max(0.0, self._began + seconds - time.monotonic()))
        finally:
            disturbing.cancel()
            for proxy in self._stage.proxies:
                proxy.latency = 0.0
                proxy.accept()

    def _times(self, count: int, seconds: float) -> Iterator[float]:
        """When each begins: at random within its own part of the time, so that the next has room."""
        part = (seconds - CALM_SECONDS) / count
        for number in range(count):
            yield CALM_SECONDS + part * (number + self._chooser.uniform(0.0, 0.4))

    async def _kill(self, target: str) -> None:
        killed_at = time.monotonic()
        process = self._stage.kill(target, self._chooser)
        self.report.kills[target] += 1
        back = asyncio.create_task(self._seconds_until_back(target, killed_at))
        # Kafka's own restart is not the product's: a single node is waited for before the clock starts
        since = killed_at if target != KAFKA or self._stage.is_cluster else killed_at + await back
        recovery = await self._prober.recovery(since)
        at = killed_at - self._began
        self.report.felt.append(Felt(target, process, at, recovery, await back))

    async def _seconds_until_back(self, target: str, since: float) -> float:
        await asyncio.sleep(EVERY_SECONDS)
        await until(partial(self._stage.is_back, target), seconds=LONGEST_BACK, pause=EVERY_SECONDS)
        return time.monotonic() - since

    async def _stop_broker(self, outage: Outage) -> None:
        """The broker goes; referrals are still accepted meanwhile, and visible soon after it is back."""
        servers, self._has_broker = self._stage.servers, False
        if outage.way is Way.FROZEN:
            for name in servers.kafka_names:
                servers.send(name, signal.SIGSTOP)
        else:
            for proxy in servers.kafka_proxies:
                proxy.cut(refuse=True)
        meanwhile = asyncio.create_task(self._prober.recovery(time.monotonic()))
        await asyncio.sleep(outage.seconds)
        since = time.monotonic()
        for name in servers.kafka_names:
            servers.send(name, signal.SIGCONT)
        for proxy in servers.kafka_proxies:
            proxy.accept()
        self._has_broker = True
        during = await meanwhile
        after = await self._prober.recovery(since)
        self.report.outages.append(
            {
                "way": outage.way,
                "seconds": round(outage.seconds, 1),
                "accepted_meanwhile_after_s": round(during.accepted, 2),
                "recovery_s": round(max(after.seconds, during.visible - outage.seconds), 2),
            }
        )

    async def _disturb(self) -> None:
        """Now and then the connections to one server are slow for some seconds, or all are cut at once."""
        while True:
            await asyncio.sleep(self._chooser.uniform(4, 12))
            proxy = self._chooser.choice(self._stage.proxies)
            if self._chooser.random() < 0.4:
                if self._has_broker:  # it would end an outage too early
                    self.report.disturbances["cut"] += 1
                    proxy.cut()
            else:
                self.report.disturbances["slow"] += 1
                proxy.latency = self._chooser.uniform(0.005, 0.04)
                await asyncio.sleep(self._chooser.uniform(2, 6))
                proxy.latency = 0.0
