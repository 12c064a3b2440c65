"""What callers send to triage; unknown fields and numbers written as text are refused."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictInt

from triage.domain.codes import (
    FINDINGS,
    CloseReason,
    DiffersReason,
    Missing,
    ReopenReason,
    Role,
    Service,
    TargetReason,
)
from triage.domain.events import LineSpec


def _known_finding(code: str) -> str:
    if code not in FINDINGS:
        raise ValueError("unknown finding")
    return code


Finding = Annotated[
    str, AfterValidator(_known_finding), Field(json_schema_extra={"enum": sorted(FINDINGS)}, max_length=40)
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AssessmentIn(_Body):
    role: Role | None = None  # the caller's own unless given
    findings: list[Finding] = Field(min_length=1, max_length=40)
    note_id: UUID | None = None


class LineIn(_Body):
    service: Service
    visits_per_day: Annotated[StrictInt, Field(ge=1, le=12)] | None = None
    minutes_per_visit: Annotated[StrictInt, Field(ge=15, le=240)] | None = None
    carers_per_visit: Annotated[StrictInt, Field(ge=1, le=3)] | None = None
    days_per_week: Annotated[StrictInt, Field(ge=1, le=7)] | None = None

    def spec(self) -> LineSpec:
        return LineSpec(**self.model_dump())


class DecisionIn(_Body):
    pathway: Annotated[StrictInt, Field(ge=0, le=3)]
    lines: list[LineIn] | None = Field(default=None, max_length=20)  # null: the suggested lines
    participants: list[Role] = Field(min_length=1, max_length=len(Role))
    differs_reason: DiffersReason | None = None
    note_id: UUID | None = None
    target_on: date | None = None


class TargetIn(_Body):
    target_on: date
    reason: TargetReason


class ReturnIn(_Body):
    missing: list[Missing] = Field(min_length=1, max_length=len(Missing))


class ReopenIn(_Body):
    reason: ReopenReason


class CloseIn(_Body):
    reason: CloseReason


class RuleView(BaseModel):
    rule: str
    pathway: int
    because: list[str]  # "needs.meals": the coded facts that fired it


class LineView(BaseModel):
    service: Service
    visits_per_day: int | None
    minutes_per_visit: int | None
    carers_per_visit: int | None
    days_per_week: int | None


class DecidedLineView(LineView):
    line_id: UUID


class SuggestionView(BaseModel):
    pathway: int
    rules: list[RuleView]
    lines: list[LineView]


class AssessmentView(BaseModel):
    assessment_id: UUID
    role: Role
    findings: list[str]
    note_id: UUID | None
    by: str
    assessed_at: datetime


class DecisionView(BaseModel):
    number: int
    pathway: int
    suggested_pathway: int
    differs_reason: str | None
    note_id: UUID | None
    rules_fired: list[str]
    participants: list[Role]
    lines: list[DecidedLineView]
    by: str
    decided_at: datetime


class QuorumView(BaseModel):
    """Who must take part: groups of roles, each met by one of its roles."""

    needed: list[list[Role]]  # for the suggested pathway
    have: list[Role]  # who has assessed
    by_pathway: dict[int, list[list[Role]]]


class FactsView(BaseModel):
    """What the case is computed from."""

    referral_state: str
    is_ready: bool
    criteria_to_reside: list[str]
    needs: list[str]
    expected_discharge_on: date | None
    outward_postcode: str | None
    age_band: str | None
    living_situation: str | None
    existing_care: str | None
    mobility: str | None
    cognition: str | None
    clinical_frailty_scale: int | None
    safeguarding_concern: bool
    stay_id: UUID | None
    has_left_hospital: bool


class CaseSummary(BaseModel):
    case_id: UUID
    referral_id: UUID
    patient_key: UUID
    kind: str
    state: Literal["open", "assessing", "decided", "closed"]
    version: int
    is_paused: bool
    is_returned: bool
    target_on: date | None
    closed_reason: str | None
    pathway: int | None  # last decided


class CaseView(CaseSummary):
    flags: list[str]  # what the package tells the MDT: it may reopen the case
    missing: list[str]  # what the ward was asked for, while the case is returned
    respond_by: datetime | None  # where the referral asks for a response and nobody has set another date
    suggestion: SuggestionView
    assessments: list[AssessmentView]
    decisions: list[DecisionView]
    quorum: QuorumView
    facts: FactsView


class CaseList(BaseModel):
    items: list[CaseSummary]
    next: UUID | None  # give it as `after` for the next page
