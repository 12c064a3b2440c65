"""What can happen to a case: one class per event that triage publishes."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from .codes import Role, Service


@dataclass(frozen=True)
class LineSpec:
    """One service that a decision asks for; visits are for home care and reablement."""

    service: Service
    visits_per_day: int | None = None
    minutes_per_visit: int | None = None
    carers_per_visit: int | None = None
    days_per_week: int | None = None


@dataclass(frozen=True)
class PackageLine:
    """A line of a decision, with the identity it keeps in the package."""

    line_id: UUID
    spec: LineSpec


@dataclass(frozen=True)
class Assessment:
    """What one member of the MDT found."""

    assessment_id: UUID
    role: Role
    findings: tuple[str, ...]
    note_id: UUID | None
    by: str
    assessed_at: datetime


@dataclass(frozen=True)
class Decision:
    """A pathway decided by the MDT, numbered from 1 within its case."""

    number: int
    pathway: int
    suggested_pathway: int
    rules_fired: tuple[str, ...]
    participants: tuple[Role, ...]
    lines: tuple[PackageLine, ...]
    differs_reason: str | None
    note_id: UUID | None
    outward_postcode: str | None
    age_band: str | None
    by: str
    decided_at: datetime


@dataclass(frozen=True)
class Opened:
    opened_at: datetime
    respond_by: datetime | None = None


@dataclass(frozen=True)
class AssessmentRecorded:
    assessment: Assessment


@dataclass(frozen=True)
class PathwayDecided:
    decision: Decision


@dataclass(frozen=True)
class TargetSet:
    target_on: date
    reason: str
    respond_by: datetime | None = None  # where the date is that of a response


@dataclass(frozen=True)
class Paused:
    criteria_to_reside: tuple[str, ...]


@dataclass(frozen=True)
class Resumed:
    """A pause or a return is over."""


class AskedBy(StrEnum):
    """Who asked the ward: the MDT here, or a coordinator in spa-intake."""

    MDT = "mdt"
    SPA_INTAKE = "spa_intake"


@dataclass(frozen=True)
class Returned:
    missing: tuple[str, ...]
    asked_by: AskedBy


@dataclass(frozen=True)
class Reopened:
    """The MDT looks at a decided case again."""

    reason: str


@dataclass(frozen=True)
class Overdue:
    target_on: date


@dataclass(frozen=True)
class Closed:
    reason: str
    closed_at: datetime


Detail = (
    Opened | AssessmentRecorded | PathwayDecided | TargetSet | Paused | Resumed | Returned | Reopened | Overdue | Closed
)
