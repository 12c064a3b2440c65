"""What spa-intake tells the others: every payload on discharge-referrals and discharge-hospital-activity."""

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from homeward_kit.envelope import PublishedEvent

from .published_content import (
    ActivityAbility,
    Communication,
    CriterionSince,
    Equipment,
    ExistingCareDetail,
    Infection,
    Legal,
    RiskInputs,
)

REFERRALS = "discharge-referrals"
HOSPITAL_ACTIVITY = "discharge-hospital-activity"


class CodedFacts(BaseModel):
    """The coded facts of a referral: no identity, no free text (codes are those of spa_intake.domain.codes)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    referring_organisation: str  # ODS code
    hospital: str  # ODS code of the trust or site; where there is none, of the referring organisation
    ward: str  # ward code; empty where it is not known or the referral comes from no hospital
    outward_postcode: str | None  # "BR1"
    age_band: str | None  # "75-84"
    expected_discharge_on: date | None
    discharge_ready_on: date | None
    criteria_to_reside: list[str]  # empty: ready for discharge
    criteria_assessed_at: datetime | None
    needs: list[str]
    living_situation: str | None
    existing_care: str | None
    mobility: str | None
    cognition: str | None
    clinical_frailty_scale: int | None  # 1-9
    safeguarding_concern: bool
    referrer: str | None = None  # ward, gp_practice, nhs_111, ambulance, care_home
    response_within: str | None = None  # two_hours, two_days
    criteria_since: list[CriterionSince] = []
    abilities: list[ActivityAbility] = []
    existing_care_detail: ExistingCareDetail | None = None
    legal: Legal | None = None
    safeguarding: list[str] = []
    communication: Communication | None = None
    infection: Infection | None = None
    equipment: Equipment | None = None
    risk: RiskInputs | None = None


class StayFacts(BaseModel):
    """The whole hospital stay as now known; consumers keep the highest revision."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stay_id: UUID
    revision: int
    patient_key: UUID
    hospital: str
    ward: str | None
    admitted_at: datetime
    admission_method: str | None  # NHS data dictionary, e.g. "21"
    admission_source: str | None
    discharged_at: datetime | None
    discharge_destination: str | None
    discharge_method: str | None  # "4": died
    is_cancelled: bool


class ReferralEvent(PublishedEvent):
    topic: ClassVar[str] = REFERRALS

    referral_id: UUID
    patient_key: UUID
    kind: Literal["hospital_discharge", "proactive_care", "admission_avoidance", "care_home"]
    state: Literal["received", "queried", "accepted", "declined", "withdrawn", "closed"]  # after this event


class ReferralReceived(ReferralEvent):
    type: ClassVar[str] = "discharge.referral.received.v1"
    facts: CodedFacts
    received_at: datetime
    source: Literal["rest", "fhir", "staff"]


class ReferralAmended(ReferralEvent):
    type: ClassVar[str] = "discharge.referral.amended.v1"
    facts: CodedFacts


class ReferralQueried(ReferralEvent):
    type: ClassVar[str] = "discharge.referral.queried.v1"
    missing: list[str]  # codes of what the ward is asked for
    queried_from: Literal["received", "accepted"]


class ReferralAnswered(ReferralEvent):
    type: ClassVar[str] = "discharge.referral.answered.v1"
    facts: CodedFacts


class ReferralAccepted(ReferralEvent):
    type: ClassVar[str] = "discharge.referral.accepted.v1"
    facts: CodedFacts
    accepted_at: datetime
    stay_id: UUID | None
    received_at: datetime | None = None  # from when the time to respond counts


class ReferralDeclined(ReferralEvent):
    type: ClassVar[str] = "discharge.referral.declined.v1"
    reason: str
    redirected_to: str | None
    declined_at: datetime
    advice: list[str] = Field(default_factory=list)  # codes of what the ward is advised to do instead


class ReferralWithdrawn(ReferralEvent):
    type: ClassVar[str] = "discharge.referral.withdrawn.v1"
    reason: str
    withdrawn_at: datetime


class ReferralReadinessChanged(ReferralEvent):
    type: ClassVar[str] = "discharge.referral.readiness_changed.v1"
    criteria_to_reside: list[str]
    is_ready: bool
    assessed_at: datetime
    reason: Literal["assessed", "lapsed"] = "assessed"  # lapsed: the time after an operation is over


class ReferralStayLinked(ReferralEvent):
    type: ClassVar[str] = "discharge.referral.stay_linked.v1"
    stay: StayFacts


class ReferralStayUnlinked(ReferralEvent):
    type: ClassVar[str] = "discharge.referral.stay_unlinked.v1"
    stay_id: UUID


class ReferralAssigned(ReferralEvent):
    type: ClassVar[str] = "discharge.referral.assigned.v1"
    assignee: UUID | None  # staff id; names only in spa-intake


class ReferralNoted(ReferralEvent):
    type: ClassVar[str] = "discharge.referral.noted.v1"
    note_id: UUID


class ReferralClosed(ReferralEvent):
    type: ClassVar[str] = "discharge.referral.closed.v1"
    reason: str  # died, watch_completed, not_suitable, readmitted, superseded, coordinator reasons
    closed_at: datetime


class StayEvent(PublishedEvent):
    topic: ClassVar[str] = HOSPITAL_ACTIVITY

    stay: StayFacts
    occurred_at: datetime


class PatientAdmitted(StayEvent):
    type: ClassVar[str] = "discharge.patient.admitted.v1"


class PatientTransferred(StayEvent):
    type: ClassVar[str] = "discharge.patient.transferred.v1"


class PatientDischarged(StayEvent):
    type: ClassVar[str] = "discharge.patient.discharged.v1"


class AdmissionCancelled(StayEvent):
    type: ClassVar[str] = "discharge.admission.cancelled.v1"


class TransferCancelled(StayEvent):
    type: ClassVar[str] = "discharge.transfer.cancelled.v1"


class DischargeCancelled(StayEvent):
    type: ClassVar[str] = "discharge.discharge.cancelled.v1"


class StayCorrected(StayEvent):
    type: ClassVar[str] = "discharge.stay.corrected.v1"


class AttendanceFacts(BaseModel):
    """The whole attendance at an emergency department as now known; consumers keep the highest revision."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    attendance_id: UUID
    revision: int
    patient_key: UUID
    hospital: str
    attended_at: datetime
    is_cancelled: bool


class AttendanceEvent(PublishedEvent):
    topic: ClassVar[str] = HOSPITAL_ACTIVITY

    attendance: AttendanceFacts
    occurred_at: datetime


class PatientAttended(AttendanceEvent):
    """A new attendance, or one of which something else is now known, its time for instance."""

    type: ClassVar[str] = "discharge.patient.attended.v1"


class AttendanceCancelled(AttendanceEvent):
    type: ClassVar[str] = "discharge.attendance.cancelled.v1"


class PatientDied(PublishedEvent):
    type: ClassVar[str] = "discharge.patient.died.v1"
    topic: ClassVar[str] = HOSPITAL_ACTIVITY
    patient_key: UUID
    revision: int  # of the person's death facts: the highest counts
    died_at: datetime


class PatientDeathCorrected(PublishedEvent):
    type: ClassVar[str] = "discharge.patient.death_corrected.v1"
    topic: ClassVar[str] = HOSPITAL_ACTIVITY
    patient_key: UUID
    revision: int


class PatientMerged(PublishedEvent):
    """Two keys are one person's: an alias, used when matching and reading; nothing changes its key."""

    type: ClassVar[str] = "discharge.patient.merged.v1"
    topic: ClassVar[str] = HOSPITAL_ACTIVITY
    patient_key: UUID  # the survivor
    retired_key: UUID
    revision: int  # of what is said about these two, whichever survives: the highest counts
    merged_at: datetime  # when it was said
    said_by: Literal["hospital", "staff"]


class PatientUnmerged(PublishedEvent):
    """They were two people after all; what other merges say of either of them stands."""

    type: ClassVar[str] = "discharge.patient.unmerged.v1"
    topic: ClassVar[str] = HOSPITAL_ACTIVITY
    patient_key: UUID
    retired_key: UUID
    revision: int
    unmerged_at: datetime
