"""Time-outs as facts: rows set, moved and cancelled in the aggregate's own transaction, fired by a worker."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from homeward_kit import message_spans, telemetry
from homeward_kit.database import Database, Tx
from homeward_kit.logging import get_logger

LATE = timedelta(seconds=60)
POLL_SECONDS = 0.5
BATCH = 100
RETRY_SECONDS = 5.0

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer that has fired; `is_late` when it fired over a minute after it was due (the service was down)."""

    kind: str
    aggregate_id: UUID
    key: str
    due_at: datetime
    is_late: bool


TimerHandler = Callable[[Tx, Timer], Awaitable[None]]
TimerTable = Mapping[str, TimerHandler]


async def set_timer(tx: Tx, kind: str, aggregate_id: UUID, *, key: UUID | str, due_at: datetime) -> None:
    """Set the aggregate's timer of this kind, or move it; `key` is whose lock is held when it fires."""
    await tx.execute(
        """
        INSERT INTO timers (id, kind, aggregate_id, key, due_at, tracingspancontext)
        VALUES (:id, :kind, :aggregate_id, :key, :due_at, :context)
        ON CONFLICT (kind, aggregate_id)
        DO UPDATE SET due_at = excluded.due_at, key = excluded.key,
                      tracingspancontext = excluded.tracingspancontext, set_at = now()
        """,
        {
            "id": uuid4(),
            "kind": kind,
            "aggregate_id": aggregate_id,
            "key": str(key),
            "due_at": due_at,
            "context": telemetry.current_traceparent(),
        },
    )


async def cancel_timer(tx: Tx, kind: str, aggregate_id: UUID) -> None:
    """Cancel the aggregate's timer of this kind, if it is set."""
    await tx.execute(
        "DELETE FROM timers WHERE kind = :kind AND aggregate_id = :aggregate_id",
        {"kind": kind, "aggregate_id": aggregate_id},
    )


class TimerWorker:
    """Fires due timers, each in a transaction of its own under its key's lock; any number may run."""

    def __init__(self, database: Database, handlers: TimerTable) -> None:
        self._database = database
        self._handlers = handlers
        self._stopping = asyncio.Event()
        self._not_before: dict[UUID, float] = {}  # timers whose handler failed wait a little

    async def run(self) -> None:
        """Until stopped. An outage of the database is waited out."""
        while not self._stopping.is_set():
            fired = 0
            try:
                fired = await self.fire_due()
            except Exception as error:  # noqa: BLE001 — whatever it is, timers must go on when it is over
                _log.warning("timers_unavailable", error=type(error).__name__)
            if not fired:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), POLL_SECONDS)

    def stop(self) -> None:
        self._stopping.set()

    async def fire_due(self) -> int:
        """Fire what is due now; returns how many were handled."""
        async with self._database.transaction() as tx:
            rows = await tx.execute(
                "SELECT id, key FROM timers WHERE due_at <= :now AND kind = ANY(:kinds) ORDER BY due_at LIMIT :batch",
                {"now": tx.now, "kinds": list(self._handlers), "batch": BATCH},
            )
            due = [(row.id, row.key) for row in rows]
        now = asyncio.get_running_loop().time()
        return sum(
            [await self._fire(timer_id, key) for timer_id, key in due if self._not_before.get(timer_id, 0) <= now]
        )

    async def _fire(self, timer_id: UUID, key: str) -> bool:
        try:
            async with self._database.transaction(place="timer") as tx:
                await tx.lock(key)
                done = await self._fire_in(tx, timer_id)
        except Exception as error:  # noqa: BLE001 — one timer's failure must not hold up the others
            _log.error("timer_failed", timer_id=str(timer_id), exc_info=error)
            self._not_before[timer_id] = asyncio.get_running_loop().time() + RETRY_SECONDS
            return False
        self._not_before.pop(timer_id, None)
        return done

    async def _fire_in(self, tx: Tx, timer_id: UUID) -> bool:
        row = (
            await tx.execute(
                "DELETE FROM timers WHERE id = :id AND due_at <= :now"
                " RETURNING kind, aggregate_id, key, due_at, tracingspancontext",
                {"id": timer_id, "now": tx.now},
            )
        ).one_or_none()
        if row is None:  # moved, cancelled, or fired by another worker
            return False
        timer = Timer(row.kind, row.aggregate_id, row.key, row.due_at, tx.now - row.due_at > LATE)
        with message_spans.timer(timer.kind, row.tracingspancontext):
            await self._handlers[timer.kind](tx, timer)
        return True
