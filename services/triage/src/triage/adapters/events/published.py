"""What triage tells the others: the payload of every event on discharge-triage."""

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from homeward_kit.envelope import PublishedEvent

TRIAGE = "discharge-triage"
CaseState = Literal["open", "assessing", "decided", "closed"]


class PackageLine(BaseModel):
    """One line of the package that a decision asks for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    line_id: UUID
    service: Literal["home_care", "reablement", "community_nursing", "therapy", "equipment", "voluntary_sector", "bed"]
    visits_per_day: int | None  # home care and reablement
    minutes_per_visit: int | None
    carers_per_visit: int | None
    days_per_week: int | None


class _Case(PublishedEvent):
    topic: ClassVar[str] = TRIAGE

    case_id: UUID
    referral_id: UUID
    patient_key: UUID
    state: CaseState  # after this event
    is_paused: bool
    is_returned: bool


class CaseOpened(_Case):
    type: ClassVar[str] = "discharge.case.opened.v1"
    kind: str
    target_on: date | None
    opened_at: datetime
    respond_by: datetime | None = None  # where the referral asks for a response within a time


class AssessmentRecorded(_Case):
    type: ClassVar[str] = "discharge.assessment.recorded.v1"
    assessment_id: UUID
    role: str
    findings: list[str]  # coded
    assessed_at: datetime


class PathwayDecided(_Case):
    type: ClassVar[str] = "discharge.pathway.decided.v1"
    kind: str
    decision: int  # 1 for the first decision of the case, then 2 …
    pathway: Literal[0, 1, 2, 3]
    suggested_pathway: Literal[0, 1, 2, 3]
    differs_reason: str | None
    rules_fired: list[str]
    participants: list[str]  # roles
    lines: list[PackageLine]
    outward_postcode: str | None
    age_band: str | None
    target_on: date | None
    decided_at: datetime


class CaseTargetSet(_Case):
    type: ClassVar[str] = "discharge.case.target_set.v1"
    target_on: date
    reason: str
    respond_by: datetime | None = None


class CasePaused(_Case):
    type: ClassVar[str] = "discharge.case.paused.v1"
    criteria_to_reside: list[str]


class CaseResumed(_Case):
    """A pause or a return is over."""

    type: ClassVar[str] = "discharge.case.resumed.v1"


class CaseReturned(_Case):
    type: ClassVar[str] = "discharge.case.returned.v1"
    missing: list[str]
    asked_by: Literal["mdt", "spa_intake"]  # spa_intake: a coordinator had asked already, nothing is to be done


class CaseReopened(_Case):
    type: ClassVar[str] = "discharge.case.reopened.v1"
    reason: str


class CaseOverdue(_Case):
    type: ClassVar[str] = "discharge.case.overdue.v1"
    target_on: date


class CaseClosed(_Case):
    type: ClassVar[str] = "discharge.case.closed.v1"
    reason: str  # not_suitable makes spa-intake close the referral; else what stopped it
    closed_at: datetime
