"""The five status words of a journey, each with a colour, a text and a shape."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from spa_intake.read_model.states import WaitingFor
from spa_intake.read_model.worklist import JourneyRow

from . import dates

PAUSES = frozenset({WaitingFor.WARD_ANSWER, WaitingFor.RETURN_HOME})


class Status(StrEnum):
    ON_TRACK = "on-track"
    DUE_TODAY = "due-today"
    OVERDUE = "overdue"
    PAUSED = "paused"
    NOT_READY = "not-ready"


@dataclass(frozen=True)
class StatusWord:
    """`code` names the colour (a class) and the shape (a symbol in templates/components/shapes.jinja)."""

    code: Status
    text: str


WORDS = {
    Status.ON_TRACK: "On track",
    Status.DUE_TODAY: "Due today",
    Status.OVERDUE: "Overdue",
    Status.PAUSED: "Paused",
    Status.NOT_READY: "Not ready now",
}


def status_of(row: JourneyRow, now: datetime) -> StatusWord | None:
    """What stops a journey comes before its date; without a date there is nothing to be on track for."""
    code = _code(row, now)
    return StatusWord(code, WORDS[code]) if code else None


def _code(row: JourneyRow, now: datetime) -> Status | None:
    if row.waiting_for is WaitingFor.READINESS:
        return Status.NOT_READY
    if row.waiting_for in PAUSES:
        return Status.PAUSED
    if row.due_on is None:
        return None
    today = dates.london_day(now)
    if row.due_on > today:
        return Status.ON_TRACK
    if row.due_at is not None and row.due_at <= now:
        return Status.OVERDUE
    return Status.DUE_TODAY if row.due_on == today else Status.OVERDUE
