"""The worklist's rows and tabs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from spa_intake.read_model.states import Stage, WaitingFor
from spa_intake.read_model.worklist import OPEN_STAGES, JourneyRow

from . import dates, words
from .person import PersonView
from .status import StatusWord, status_of

ALL_OPEN = "open"
WARNING_FLAGS = frozenset({"died", "back_in_hospital", "unfilled", "safeguarding"})


@dataclass(frozen=True)
class Flag:
    text: str
    is_warning: bool


@dataclass(frozen=True)
class RowView:
    """One row; every text is ready to print."""

    referral_id: UUID
    person: PersonView
    flags: Sequence[Flag]
    ward: str
    hospital: str
    pathway: str
    ready: str
    stage: str
    waiting_for: str
    waiting_since: str
    assignee: str | None
    is_mine: bool
    due: str
    due_in_words: str
    status: StatusWord | None
    updated: str


@dataclass(frozen=True)
class Tab:
    code: str
    text: str
    count: int
    is_current: bool


@dataclass(frozen=True)
class Viewer:
    """Who looks, and when."""

    staff_id: UUID
    now: datetime


def row_view(row: JourneyRow, person: PersonView, names: Mapping[UUID, str], viewer: Viewer) -> RowView:
    """A journey in words."""
    today = dates.london_day(viewer.now)
    return RowView(
        referral_id=row.referral_id,
        person=person,
        flags=flags_of(row),
        ward=row.ward or ("Ward not known" if row.kind == words.ABOUT_A_STAY else words.say(words.KINDS, row.kind)),
        hospital=row.hospital,
        pathway=str(row.pathway) if row.pathway is not None else "Not decided",
        ready=ready_of(row, viewer.now),
        stage=words.of_kind(words.STAGES[row.stage], row.kind),
        waiting_for=waiting_for(row, viewer.now),
        waiting_since=dates.short(row.waiting_since, viewer.now),
        assignee=names.get(row.assignee, "A colleague") if row.assignee else None,
        is_mine=row.assignee == viewer.staff_id,
        due=dates.day(row.due_on, today) if row.due_on else "No date",
        due_in_words=due_in_words(row, viewer.now),
        status=status_of(row, viewer.now),
        updated=dates.short(row.updated_at, viewer.now),
    )


def flags_of(row: JourneyRow) -> Sequence[Flag]:
    """Flags in their fixed order."""
    return [Flag(text, code in WARNING_FLAGS) for code, text in words.FLAGS.items() if code in row.flags]


def ready_of(row: JourneyRow, now: datetime) -> str:
    """When the person left hospital; before that the criteria to reside, with the age of the answer."""
    if row.left_at:
        return f"Left hospital {dates.short(row.left_at, now)}"
    if row.kind != words.ABOUT_A_STAY:
        return ""
    answer = "Ready to leave" if row.is_ready else "Not ready to leave"
    if row.criteria_assessed_at is None:
        return answer
    return f"{answer}, {dates.short(row.criteria_assessed_at, now)}"


def due_in_words(row: JourneyRow, now: datetime) -> str:
    """Days to the date; a response that is awaited to the hour has its time."""
    if row.due_on is None:
        return ""
    days = dates.countdown(row.due_on, dates.london_day(now))
    if row.due_at is None:
        return days
    return f"by {dates.clock(row.due_at)}{', ' if 'days' in days else ' '}{days}"


def waiting_for(row: JourneyRow, now: datetime) -> str:
    """What the journey waits for, and until when where that is known."""
    text = words.of_kind(words.WAITING_FOR[row.waiting_for], row.kind)
    if row.waiting_for is WaitingFor.PROVIDER_ANSWER and row.answer_by:
        return f"{text} by {dates.short(row.answer_by, now)}"
    if row.waiting_for is WaitingFor.THIRTY_DAYS and row.left_at:
        days = (dates.london_day(now) - dates.london_day(row.left_at)).days
        return f"{text}: day {days}"
    return text


def tabs(counts: Mapping[Stage, int], current: str) -> Sequence[Tab]:
    """All open journeys first, then the stages in the order of the journey."""
    total = sum(counts.get(stage, 0) for stage in OPEN_STAGES)
    return [
        Tab(ALL_OPEN, "All open", total, current == ALL_OPEN),
        *(Tab(stage, words.STAGES[stage], counts.get(stage, 0), current == stage) for stage in Stage),
    ]


def stages_of(tab: str) -> Sequence[Stage]:
    """The stages a tab shows; an unknown tab shows everything open."""
    return [Stage(tab)] if tab in set(Stage) else OPEN_STAGES
