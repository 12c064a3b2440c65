"""The read model's own view of what spa-intake publishes: referrals, hospital stays and deaths."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from homeward_kit.envelope import ConsumedPart

from .projected import Coded, Fact, FactKind, ProjectedEvent

REFERRALS = "discharge-referrals"
HOSPITAL_ACTIVITY = "discharge-hospital-activity"


class ReferralFacts(ConsumedPart):
    hospital: str
    ward: str | None
    criteria_to_reside: list[str]
    criteria_assessed_at: datetime | None
    discharge_ready_on: date | None
    expected_discharge_on: date | None
    safeguarding_concern: bool


class StayPart(ConsumedPart):
    stay_id: UUID
    revision: int
    hospital: str
    ward: str | None
    admitted_at: datetime
    admission_method: str | None
    discharged_at: datetime | None
    is_cancelled: bool

    def coded(self) -> Coded:
        return self.model_dump(mode="json", exclude={"stay_id", "revision"})

    def as_fact(self) -> Fact:
        return Fact(FactKind.STAY, self.stay_id, self.coded(), self.revision)


class _Referral(ProjectedEvent):
    topic: ClassVar[str] = REFERRALS
    kind_of_fact: ClassVar[FactKind] = FactKind.REFERRAL
    id_field: ClassVar[str] = "referral_id"
    referral_id: UUID
    kind: str
    state: str


class _Described(_Referral):
    """Carries the full coded facts of the referral."""

    facts: ReferralFacts

    def details(self) -> Coded:
        return {key: value for key, value in super().details().items() if key != "facts"}

    def to_keep(self) -> Sequence[Fact]:
        described = {**self.facts.model_dump(mode="json"), "is_ready": not self.facts.criteria_to_reside}
        return [Fact(FactKind.REFERRAL, self.referral_id, {**self.details(), **described})]


class ReferralReceived(_Described):
    type: ClassVar[str] = "discharge.referral.received.v1"
    received_at: datetime
    source: str


class ReferralAmended(_Described):
    type: ClassVar[str] = "discharge.referral.amended.v1"


class ReferralQueried(_Referral):
    type: ClassVar[str] = "discharge.referral.queried.v1"
    missing: list[str]


class ReferralAnswered(_Described):
    type: ClassVar[str] = "discharge.referral.answered.v1"


class ReferralAccepted(_Described):
    type: ClassVar[str] = "discharge.referral.accepted.v1"
    accepted_at: datetime


class ReferralDeclined(_Referral):
    type: ClassVar[str] = "discharge.referral.declined.v1"
    reason: str
    redirected_to: str | None
    advice: list[str] = Field(default_factory=list)


class ReferralWithdrawn(_Referral):
    type: ClassVar[str] = "discharge.referral.withdrawn.v1"
    reason: str


class ReferralReadinessChanged(_Referral):
    type: ClassVar[str] = "discharge.referral.readiness_changed.v1"
    criteria_to_reside: list[str]
    is_ready: bool
    assessed_at: datetime
    reason: str | None = None

    def to_keep(self) -> Sequence[Fact]:
        details = {name: value for name, value in self.details().items() if name != "reason"}
        data = {**details, "criteria_assessed_at": details["assessed_at"]}
        return [Fact(FactKind.REFERRAL, self.referral_id, data)]


class ReferralStayLinked(_Referral):
    type: ClassVar[str] = "discharge.referral.stay_linked.v1"
    stay: StayPart

    def details(self) -> Coded:
        return {"state": self.state, "kind": self.kind, "stay_id": str(self.stay.stay_id), **self.stay.coded()}

    def to_keep(self) -> Sequence[Fact]:
        link = {"state": self.state, "kind": self.kind, "stay_id": str(self.stay.stay_id)}
        return [Fact(FactKind.REFERRAL, self.referral_id, link), self.stay.as_fact()]


class ReferralStayUnlinked(_Referral):
    type: ClassVar[str] = "discharge.referral.stay_unlinked.v1"

    def to_keep(self) -> Sequence[Fact]:
        return [Fact(FactKind.REFERRAL, self.referral_id, {**self.details(), "stay_id": None})]


class ReferralAssigned(_Referral):
    type: ClassVar[str] = "discharge.referral.assigned.v1"
    assignee: UUID | None


class ReferralNoted(_Referral):
    type: ClassVar[str] = "discharge.referral.noted.v1"


class ReferralClosed(_Referral):
    type: ClassVar[str] = "discharge.referral.closed.v1"
    reason: str


class _Stay(ProjectedEvent):
    """A hospital event is about a person and a stay; which referrals it touches is computed."""

    topic: ClassVar[str] = HOSPITAL_ACTIVITY
    stay: StayPart
    occurred_at: datetime

    def details(self) -> Coded:
        occurred_at = self.model_dump(mode="json", include={"occurred_at"})
        return {**self.stay.coded(), **occurred_at, "stay_id": str(self.stay.stay_id)}

    def to_keep(self) -> Sequence[Fact]:
        return [self.stay.as_fact()]


class PatientAdmitted(_Stay):
    type: ClassVar[str] = "discharge.patient.admitted.v1"


class PatientTransferred(_Stay):
    type: ClassVar[str] = "discharge.patient.transferred.v1"


class PatientDischarged(_Stay):
    type: ClassVar[str] = "discharge.patient.discharged.v1"


class AdmissionCancelled(_Stay):
    type: ClassVar[str] = "discharge.admission.cancelled.v1"


class TransferCancelled(_Stay):
    type: ClassVar[str] = "discharge.transfer.cancelled.v1"


class DischargeCancelled(_Stay):
    type: ClassVar[str] = "discharge.discharge.cancelled.v1"


class StayCorrected(_Stay):
    type: ClassVar[str] = "discharge.stay.corrected.v1"


class PatientDied(ProjectedEvent):
    type: ClassVar[str] = "discharge.patient.died.v1"
    topic: ClassVar[str] = HOSPITAL_ACTIVITY
    patient_key: UUID
    revision: int
    died_at: datetime

    def to_keep(self) -> Sequence[Fact]:
        return [Fact(FactKind.PERSON, self.patient_key, self.details(), self.revision)]


class PatientDeathCorrected(ProjectedEvent):
    type: ClassVar[str] = "discharge.patient.death_corrected.v1"
    topic: ClassVar[str] = HOSPITAL_ACTIVITY
    patient_key: UUID
    revision: int

    def to_keep(self) -> Sequence[Fact]:
        return [Fact(FactKind.PERSON, self.patient_key, {"died_at": None}, self.revision)]


class _Alias(ProjectedEvent):
    """Two keys are one person's, or no longer: who belongs together, intake itself keeps in the same database."""

    topic: ClassVar[str] = HOSPITAL_ACTIVITY
    retired_key: UUID

    def details(self) -> Coded:
        return {}

    def other_keys(self) -> Sequence[UUID]:
        return (self.retired_key,)

    def to_keep(self) -> Sequence[Fact]:
        return ()


class PatientMerged(_Alias):
    type: ClassVar[str] = "discharge.patient.merged.v1"


class PatientUnmerged(_Alias):
    type: ClassVar[str] = "discharge.patient.unmerged.v1"


EVENTS: tuple[type[ProjectedEvent], ...] = (
    ReferralReceived,
    ReferralAmended,
    ReferralQueried,
    ReferralAnswered,
    ReferralAccepted,
    ReferralDeclined,
    ReferralWithdrawn,
    ReferralReadinessChanged,
    ReferralStayLinked,
    ReferralStayUnlinked,
    ReferralAssigned,
    ReferralNoted,
    ReferralClosed,
    PatientAdmitted,
    PatientTransferred,
    PatientDischarged,
    AdmissionCancelled,
    TransferCancelled,
    DischargeCancelled,
    StayCorrected,
    PatientDied,
    PatientDeathCorrected,
    PatientMerged,
    PatientUnmerged,
)
