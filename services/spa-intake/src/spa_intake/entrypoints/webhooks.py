"""The messages to ward systems as a part of the process: the guard for the API, the courier for the worker."""

import asyncio
import contextlib

from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Gauge

from homeward_kit.logging import get_logger
from homeward_kit.outages import DATABASE_FAILURES
from homeward_kit.service import Runtime
from spa_intake.adapters.db import deliveries
from spa_intake.adapters.webhooks.posting import Post, trust
from spa_intake.adapters.webhooks.resolving import Guard
from spa_intake.domain.target import TargetRules
from spa_intake.settings import IntakeSettings

from .courier import Courier

COUNT_SECONDS = 10.0
_log = get_logger(__name__)


def guard_of(settings: IntakeSettings) -> Guard:
    """What a site's settings let be called."""
    return Guard(TargetRules(settings.webhook_allow_http, settings.webhook_allowed_networks))


class Webhooks:
    """One process's part in sending."""

    def __init__(self, settings: IntakeSettings) -> None:
        self._settings = settings
        self._gauges: _Gauges | None = None

    def configure(self, app: FastAPI) -> None:
        self._gauges = _Gauges(app.state.metrics)

    async def keep(self, runtime: Runtime) -> None:
        """Send until the process stops; an API process leaves it to the workers."""
        if runtime.role == "api":
            await runtime.stopping.wait()
            return
        post = Post(guard_of(self._settings), trust(self._settings.webhook_ca_file))
        counting = asyncio.create_task(self._count(runtime))
        try:
            await Courier(runtime.database, post).run(runtime.stopping)
        finally:
            counting.cancel()

    async def _count(self, runtime: Runtime) -> None:
        while self._gauges is not None:
            try:
                async with runtime.database.transaction() as tx:
                    self._gauges.set(await deliveries.numbers(tx))
            except DATABASE_FAILURES as error:
                _log.warning("webhooks_not_counted", error=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(runtime.stopping.wait(), COUNT_SECONDS)
                return


class _Gauges:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._waiting = Gauge("webhook_messages_waiting", "Messages not yet taken", registry=registry)
        self._oldest = Gauge("webhook_oldest_seconds", "Age of the oldest message not yet taken", registry=registry)
        self._dead = Gauge("webhook_messages_dead", "Messages given up after a day", registry=registry)
        self._failing = Gauge("webhook_targets_failing", "Targets whose last try failed", registry=registry)

    def set(self, numbers: deliveries.Numbers) -> None:
        self._waiting.set(numbers.waiting)
        self._oldest.set(numbers.oldest_seconds)
        self._dead.set(numbers.dead)
        self._failing.set(numbers.failing)
