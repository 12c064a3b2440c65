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
from homeward_kit.settings import CATCH_UP_PER_SECOND

LATE = timedelta(seconds=60)
POLL_SECONDS = 0.5
BATCH = 100
RETRY_SECONDS, LONGEST_RETRY_SECONDS = 5.0, 300.0  # doubled each time, so that many that fail leave room for others

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer that has fired; `is_late` when it fired over a minute after it was due (the service was down)."""

    kind: str
    aggregate_id: UUID
    key: str
    due_at: datetime
    is_late: bool


@dataclass(frozen=True, slots=True)
class _Rest:
    """A timer whose handler failed."""

    seconds: float
    until: float


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


_WANTED = (
    "SELECT id, key, due_at, due_at < :late AS is_late FROM timers WHERE kind = ANY(:kinds) AND id <> ALL(:resting)"
)
_DUE = f"""
({_WANTED} AND due_at >= :late AND due_at <= :now ORDER BY due_at LIMIT :batch) UNION ALL
({_WANTED} AND due_at < :late ORDER BY due_at LIMIT :allowed) ORDER BY due_at
"""


class TimerWorker:
    """Fires due timers, each in a transaction of its own under its key's lock; any number may run.

    After downtime the late ones are worked off at a limited rate, so that they flood neither the broker nor the staff
    who act on them; what falls due now is not kept waiting behind them.
    """

    def __init__(
        self, database: Database, handlers: TimerTable, *, catch_up_per_second: int = CATCH_UP_PER_SECOND
    ) -> None:
        self._database = database
        self._handlers = handlers
        self._stopping = asyncio.Event()
        self._rests: dict[UUID, _Rest] = {}
        self._rate = catch_up_per_second
        self._allowed = float(catch_up_per_second)  # late timers that may fire now
        self._counted_at = float("-inf")

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
        """Fire what is due now, late ones as far as the rate allows; returns how many were handled."""
        now = asyncio.get_running_loop().time()
        self._rests = {
            timer_id: rest for timer_id, rest in self._rests.items() if rest.until + LONGEST_RETRY_SECONDS > now
        }
        self._allowed = min(self._rate, self._allowed + (now - self._counted_at) * self._rate)
        self._counted_at = now
        async with self._database.transaction() as tx:
            found = await tx.execute(
                _DUE,
                {
                    "now": tx.now,
                    "late": tx.now - LATE,
                    "kinds": list(self._handlers),
                    "resting": [timer_id for timer_id, rest in self._rests.items() if rest.until > now],
                    "batch": BATCH,
                    "allowed": int(self._allowed),
                },
            )
            due = found.all()
        self._allowed -= sum(row.is_late for row in due)
        return sum([await self._fire(row.id, row.key) for row in due])

    async def _fire(self, timer_id: UUID, key: str) -> bool:
        try:
            async with self._database.transaction(place="timer") as tx:
                await tx.lock(key)
                done = await self._fire_in(tx, timer_id)
        except Exception as error:  # noqa: BLE001 — one timer's failure must not hold up the others
            _log.error("timer_failed", timer_id=str(timer_id), exc_info=error)
            rested = self._rests.get(timer_id)
            seconds = RETRY_SECONDS if rested is None else min(2 * rested.seconds, LONGEST_RETRY_SECONDS)
            self._rests[timer_id] = _Rest(seconds, asyncio.get_running_loop().time() + seconds)
            return False
        self._rests.pop(timer_id, None)
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
