"""Whether a process lives, and whether it is ready for work; and its numbers for Prometheus."""

import asyncio
from typing import Any, Literal

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from homeward_kit import audit_chain, migrations, queues
from homeward_kit.logging import get_logger
from homeward_kit.service import Runtime

CHECK_SECONDS = 3.0
_log = get_logger(__name__)


class Health(BaseModel):
    service: str
    status: Literal["ready", "degraded", "unavailable"]
    role: str
    database: Literal["ok", "down", "not_migrated"]
    broker: Literal["ok", "down"]
    parts: dict[str, str]  # what else this process runs, and how it is
    outbox_oldest_seconds: float | None  # how long the oldest event has waited to be sent; none while nothing is known


DatabaseState = Literal["ok", "down", "not_migrated"]
_STATE = """
SELECT (SELECT version_num FROM alembic_version) AS version,
       coalesce((SELECT extract(epoch FROM now() - created_at) FROM outbox ORDER BY seq LIMIT 1), 0) AS oldest
"""


def routes(runtime: Runtime, registry: CollectorRegistry) -> APIRouter:
    """`/health/live`, `/health/ready` and `/metrics`: open to all, for they say nothing about anyone."""
    router = APIRouter(tags=["operations"])
    revision = migrations.head(runtime.service.package)
    gauges = _Gauges(registry)

    @router.get("/health/live")
    async def live() -> dict[str, str]:
        return {"status": "live"}

    @router.get("/health/ready", responses={503: {"model": Health}})
    async def ready(response: Response) -> Health:
        (database, oldest), broker = await asyncio.gather(_database_state(runtime, revision), _broker_state(runtime))
        # without the broker an API still accepts (the outbox keeps what is to be sent); a worker can do nothing
        is_stopped = database != "ok" or (broker != "ok" and runtime.role == "worker")
        status: Literal["ready", "degraded", "unavailable"] = "ready" if broker == "ok" else "degraded"
        if is_stopped:
            status = "unavailable"
            response.status_code = 503
        return Health(
            service=runtime.service.name,
            status=status,
            role=runtime.role,
            database=database,
            broker=broker,
            parts={name: state() for name, state in runtime.parts.items()},
            outbox_oldest_seconds=oldest,
        )

    @router.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        await gauges.refresh(runtime)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router


class _Gauges:
    """What is waiting, as it was when Prometheus asked."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._outbox = Gauge("outbox_rows", "Events not yet sent", registry=registry)
        self._oldest = Gauge("outbox_oldest_seconds", "Age of the oldest event not yet sent", registry=registry)
        self._dead = Gauge("dead_letters_open", "Dead letters nobody has dealt with", registry=registry)
        self._timers = Gauge("timers_due", "Timers due and not yet fired", registry=registry)
        self._unsealed = Gauge("audit_unsealed_seconds", "Age of the oldest audit row without seal", registry=registry)
        self._lag = Gauge("consumer_lag", "Records not yet handled", ["group", "topic"], registry=registry)
        self._emptied = Gauge("topics_emptied", "Topics that wait to be republished", registry=registry)
        self._is_up = Gauge("dependency_up", "1 when it answers", ["dependency"], registry=registry)

    async def refresh(self, runtime: Runtime) -> None:
        """An outage leaves the last numbers and must not stop the others from being read."""
        try:
            async with runtime.database.transaction() as tx:
                waiting = await queues.waiting(tx)
                unsealed_seconds = await audit_chain.oldest_unsealed_seconds(tx)
        except (OSError, SQLAlchemyError) as error:
            _log.warning("metrics_without_database", error=type(error).__name__)
            self._is_up.labels("database").set(0)
        else:
            self._is_up.labels("database").set(1)
            self._outbox.set(waiting.outbox_rows)
            self._oldest.set(waiting.outbox_oldest_seconds)
            self._dead.set(waiting.dead_letters_open)
            self._timers.set(waiting.timers_due)
            self._unsealed.set(unsealed_seconds)
            self._emptied.set(len(waiting.emptied_topics))
        self._lag.clear()
        for row in await consumer_lag(runtime):
            self._lag.labels(row["group"], row["topic"]).inc(row["lag"] or 0)
        self._is_up.labels("broker").set(await _broker_state(runtime) == "ok")


async def consumer_lag(runtime: Runtime) -> list[dict[str, Any]]:  # Any: the runner's own rows
    """The runners' lag, or nothing while the broker does not answer."""
    try:
        return await asyncio.wait_for(runtime.lag(), CHECK_SECONDS)
    except Exception as error:  # noqa: BLE001 — the broker's client has many ways to fail
        _log.warning("lag_unknown", error=type(error).__name__)
        return []


async def _database_state(runtime: Runtime, revision: str | None) -> tuple[DatabaseState, float | None]:
    try:
        async with asyncio.timeout(CHECK_SECONDS), runtime.database.transaction() as tx:
            found = (await tx.execute(_STATE)).one()
            return ("ok" if found.version == revision else "not_migrated"), round(float(found.oldest), 3)
    except (OSError, TimeoutError) as error:
        _log.warning("database_unreachable", error=type(error).__name__)
        return "down", None
    except SQLAlchemyError as error:
        _log.warning("database_not_ready", error=type(error).__name__)
        # class 42: a table is not there, so nothing was ever migrated
        state = str(getattr(getattr(error, "orig", None), "sqlstate", ""))
        return ("not_migrated" if state.startswith("42") else "down"), None


async def _broker_state(runtime: Runtime) -> Literal["ok", "down"]:
    try:
        return "ok" if await asyncio.wait_for(runtime.broker_health(), 2 * CHECK_SECONDS) else "down"
    except TimeoutError:
        return "down"
