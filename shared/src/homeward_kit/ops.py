"""The operations API of every service: what went by, what waits, what failed, and a demonstration's clock."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, Field

from homeward_kit import audit, ops_audit, ops_dead_letters, queues, republish, telemetry
from homeward_kit.auth import Caller, Role, require
from homeward_kit.commands import Answer, run_command
from homeward_kit.database import Tx
from homeward_kit.health import consumer_lag
from homeward_kit.outbox import SHARDS
from homeward_kit.problems import Problem
from homeward_kit.service import Runtime

_may_operate = require(Role.OPERATOR, Role.MANAGER)
Limit = Annotated[int, Query(ge=1, le=1000)]


class EventRow(BaseModel):
    id: UUID
    seq: int
    type: str
    topic: str
    key: str
    subject: str
    time: datetime
    actor: str
    causation_id: UUID | None
    trace_id: str | None
    referral_id: UUID | None
    version: int
    service: str


class TimerRow(BaseModel):
    kind: str
    aggregate_id: UUID
    key: str
    due_at: datetime
    is_due: bool
    service: str


class Lag(BaseModel):
    service: str
    role: str
    outbox_rows: int
    outbox_oldest_seconds: float
    dead_letters_open: int
    timers_due: int
    emptied_topics: list[str]  # nothing is sent to these until they are republished
    last_seq: int  # unchanged between two looks: nothing was published
    consumers: list[dict[str, Any]]  # Any: the runner's rows (group, topic, partition, lag)


class Events(BaseModel):
    events: list[EventRow]


class Timers(BaseModel):
    timers: list[TimerRow]


class RepublishRequest(BaseModel):
    topic: str = Field(pattern=r"^[a-z][a-z0-9-]{2,100}$")
    since: AwareDatetime | None = None  # all there is, unless given


class Republication(BaseModel):
    id: UUID
    sent: int
    shards_left: int  # 0: done


class ClockSetting(BaseModel):
    offset_seconds: float = Field(ge=0, le=10 * 366 * 86_400)


class ClockState(BaseModel):
    service: str
    offset_seconds: float
    now: datetime
    timers_due: int


def routes(runtime: Runtime) -> APIRouter:
    """Everything under `/ops`, for operators and managers."""
    router = APIRouter(prefix="/ops", tags=["operations"], dependencies=[Depends(_may_operate)])
    name = runtime.service.name
    _add_events(router, runtime)
    router.include_router(ops_dead_letters.routes(runtime))
    router.include_router(ops_audit.routes(runtime))
    _add_republish(router, runtime)

    @router.get("/timers")
    async def list_timers(limit: Limit = 200) -> Timers:
        async with runtime.database.transaction() as tx:
            rows = await queues.timers(tx, limit=limit)
        return Timers(timers=[TimerRow(**row._mapping, service=name) for row in rows])  # noqa: SLF001 — SQLAlchemy's public name

    @router.get("/lag")
    async def show_lag() -> Lag:
        async with runtime.database.transaction() as tx:
            waiting = await queues.waiting(tx)
        return Lag(
            service=name,
            role=runtime.role,
            outbox_rows=waiting.outbox_rows,
            outbox_oldest_seconds=waiting.outbox_oldest_seconds,
            dead_letters_open=waiting.dead_letters_open,
            timers_due=waiting.timers_due,
            emptied_topics=waiting.emptied_topics,
            last_seq=waiting.last_seq,
            consumers=await consumer_lag(runtime),
        )

    if runtime.settings.homeward_demo:
        _add_demo_clock(router, runtime)
    return router


def _add_events(router: APIRouter, runtime: Runtime) -> None:
    @router.get("/events")
    async def list_events(
        referral_id: UUID | None = None, key: str | None = None, after: int = 0, limit: Limit = 200
    ) -> Events:
        """Published events in the order they were recorded; `after` is the `seq` of the last one already seen."""
        async with runtime.database.transaction() as tx:
            rows = await queues.events(tx, referral_id=referral_id, key=key, after=after, limit=limit)
        return Events(
            events=[
                EventRow(
                    **row._mapping,  # noqa: SLF001 — SQLAlchemy's public name
                    trace_id=telemetry.trace_id_of(row.tracingspancontext),
                    service=runtime.service.name,
                )
                for row in rows
            ]
        )


def _add_republish(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/republish", response_model=Republication, status_code=202)
    async def start_republishing(
        asked: RepublishRequest, request: Request, caller: Annotated[Caller, Depends(require(Role.OPERATOR))]
    ) -> Response:
        """Send a topic's events again from the event log; consumers take each of them once."""

        async def work(tx: Tx) -> Answer:
            request_id = await republish.request(tx, asked.topic, asked.since)
            await audit.record(tx, "republish", f"topic/{asked.topic}")
            return Answer(Republication(id=request_id, sent=0, shards_left=SHARDS), status=202)

        return await run_command(request, caller, work)

    @router.get("/republish/{request_id}")
    async def show_republishing(request_id: UUID) -> Republication:
        async with runtime.database.transaction() as tx:
            sent, waiting = await republish.progress(tx, request_id)
        return Republication(id=request_id, sent=sent, shards_left=waiting)


def _add_demo_clock(router: APIRouter, runtime: Runtime) -> None:
    async def state() -> ClockState:
        async with runtime.database.transaction() as tx:
            waiting = await queues.waiting(tx)
            return ClockState(
                service=runtime.service.name,
                offset_seconds=runtime.clock.offset_seconds,
                now=tx.now,
                timers_due=waiting.timers_due,
            )

    @router.get("/demo-clock")
    async def read_demo_clock() -> ClockState:
        return await state()

    @router.post("/demo-clock")
    async def set_demo_clock(setting: ClockSetting, caller: Annotated[Caller, Depends(_may_operate)]) -> ClockState:
        """Set domain time's offset from the real clock; the same again changes nothing, a smaller one is refused."""
        async with runtime.database.transaction(actor=caller.subject) as tx:
            stored = await tx.execute(
                "INSERT INTO demo_clock (id, offset_seconds) VALUES (1, :offset) ON CONFLICT (id) DO UPDATE"
                " SET offset_seconds = greatest(demo_clock.offset_seconds, excluded.offset_seconds)"
                " RETURNING offset_seconds",
                {"offset": setting.offset_seconds},
            )
            offset = float(stored.scalar_one())
            await audit.record(tx, "set_demo_clock", "clock/demo")
        runtime.clock.set_offset(offset)
        if offset > setting.offset_seconds:
            raise Problem(
                409,
                "clock_moves_forward",
                "The clock only moves forward",
                "Domain time is already further on. Give an offset that is not smaller than the present one.",
                extra={"offset_seconds": offset},
            )
        return await state()
