"""What a worker does about ADT messages beside taking them: forgets the old, counts those that wait for somebody."""

import asyncio
import contextlib
from datetime import timedelta

from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Gauge

from homeward_kit.database import Database
from homeward_kit.logging import get_logger
from homeward_kit.outages import DATABASE_FAILURES
from homeward_kit.service import Runtime
from spa_intake.adapters.db import adt_messages

COUNT_SECONDS = 10.0
FORGET_SECONDS = 600.0
AT_ONCE = 500  # rows in one transaction, so that nobody waits for it

_log = get_logger(__name__)


class AdtKeeping:
    """One process's part; any number may run."""

    def __init__(self, days: float) -> None:
        self._kept = timedelta(days=days)
        self._gauges: _Gauges | None = None
        self._waiting: adt_messages.Waiting | None = None

    def configure(self, app: FastAPI) -> None:
        self._gauges = _Gauges(app.state.metrics)

    def state(self) -> str:
        """For the health of the process."""
        if self._waiting is None:
            return "not counted yet"
        return f"{self._waiting.count} refused and not dealt with"

    async def keep(self, runtime: Runtime) -> None:
        """Until the process stops; an API process leaves it to the workers."""
        if runtime.role == "api":
            await runtime.stopping.wait()
            return
        runtime.parts["adt_messages"] = self.state
        loop = asyncio.get_running_loop()
        forgets_at = loop.time()
        while not runtime.stopping.is_set():
            try:
                await self.count(runtime.database)
                if loop.time() >= forgets_at:
                    forgets_at = loop.time() + FORGET_SECONDS
                    await self.forget(runtime.database, runtime.stopping)
            except DATABASE_FAILURES as error:
                _log.warning("adt_messages_not_kept", error=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(runtime.stopping.wait(), COUNT_SECONDS)

    async def count(self, database: Database) -> None:
        async with database.transaction() as tx:
            self._waiting = await adt_messages.waiting(tx)
        if self._gauges is not None:
            self._gauges.set(self._waiting)

    async def forget(self, database: Database, stopping: asyncio.Event) -> int:
        """Delete what is past its time, a few at once; how many."""
        gone = 0
        while not stopping.is_set():
            async with database.transaction() as tx:
                found = await adt_messages.forget(tx, tx.now - self._kept, AT_ONCE)
            gone += found
            if found < AT_ONCE:
                break
        if gone:
            _log.info("adt_messages_forgotten", count=gone)
        return gone


class _Gauges:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._count = Gauge("adt_messages_waiting", "Refused and not dealt with", registry=registry)
        self._oldest = Gauge("adt_messages_oldest_seconds", "Age of the oldest of them", registry=registry)

    def set(self, waiting: adt_messages.Waiting) -> None:
        self._count.set(waiting.count)
        self._oldest.set(waiting.oldest_seconds)
