"""What triage hears of the other services: of each event only what it acts on."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from homeward_kit.envelope import ConsumedEvent, ConsumedPart
from triage.domain.facts import ReferralState

REFERRALS = "discharge-referrals"
HOSPITAL_ACTIVITY = "discharge-hospital-activity"
CARE_PACKAGES = "discharge-care-packages"


class CodedFactsIn(ConsumedPart):
    needs: tuple[str, ...]
    criteria_to_reside: tuple[str, ...]
    expected_discharge_on: date | None
    outward_postcode: str | None
    age_band: str | None
    living_situation: str | None
    existing_care: str | None
    mobility: str | None
    cognition: str | None
    clinical_frailty_scale: int | None
    safeguarding_concern: bool
    discharge_ready_on: date | None = None
    response_within: str | None = None


class StayIn(ConsumedPart):
    stay_id: UUID
    patient_key: UUID
    revision: int
    admitted_at: datetime
    discharged_at: datetime | None
    is_cancelled: bool


class ReferralEventIn(ConsumedEvent):
    topic: ClassVar[str] = REFERRALS

    referral_id: UUID
    patient_key: UUID
    kind: str
    state: ReferralState


class ReferralAmendedIn(ReferralEventIn):
    type: ClassVar[str] = "discharge.referral.amended.v1"
    facts: CodedFactsIn


class ReferralQueriedIn(ReferralEventIn):
    type: ClassVar[str] = "discharge.referral.queried.v1"
    missing: tuple[str, ...]
    queried_from: str


class ReferralAnsweredIn(ReferralEventIn):
    type: ClassVar[str] = "discharge.referral.answered.v1"
    facts: CodedFactsIn


class ReferralAcceptedIn(ReferralEventIn):
    type: ClassVar[str] = "discharge.referral.accepted.v1"
    facts: CodedFactsIn
    accepted_at: AwareDatetime
    received_at: AwareDatetime | None = None
    stay_id: UUID | None


class ReferralDeclinedIn(ReferralEventIn):
    type: ClassVar[str] = "discharge.referral.declined.v1"


class ReferralWithdrawnIn(ReferralEventIn):
    type: ClassVar[str] = "discharge.referral.withdrawn.v1"


class ReferralReadinessChangedIn(ReferralEventIn):
    type: ClassVar[str] = "discharge.referral.readiness_changed.v1"
    criteria_to_reside: tuple[str, ...]


class ReferralStayLinkedIn(ReferralEventIn):
    type: ClassVar[str] = "discharge.referral.stay_linked.v1"
    stay: StayIn


class ReferralStayUnlinkedIn(ReferralEventIn):
    type: ClassVar[str] = "discharge.referral.stay_unlinked.v1"
    stay_id: UUID


class ReferralClosedIn(ReferralEventIn):
    type: ClassVar[str] = "discharge.referral.closed.v1"
    reason: str


class StayEventIn(ConsumedEvent):
    topic: ClassVar[str] = HOSPITAL_ACTIVITY

    stay: StayIn


class PatientAdmittedIn(StayEventIn):
    type: ClassVar[str] = "discharge.patient.admitted.v1"


class PatientDischargedIn(StayEventIn):
    type: ClassVar[str] = "discharge.patient.discharged.v1"


class AdmissionCancelledIn(StayEventIn):
    type: ClassVar[str] = "discharge.admission.cancelled.v1"


class DischargeCancelledIn(StayEventIn):
    type: ClassVar[str] = "discharge.discharge.cancelled.v1"


class StayCorrectedIn(StayEventIn):
    type: ClassVar[str] = "discharge.stay.corrected.v1"


class AliasIn(ConsumedEvent):
    """Two keys are one person's, or no longer."""

    topic: ClassVar[str] = HOSPITAL_ACTIVITY

    patient_key: UUID
    retired_key: UUID
    revision: int


class PatientMergedIn(AliasIn):
    type: ClassVar[str] = "discharge.patient.merged.v1"


class PatientUnmergedIn(AliasIn):
    type: ClassVar[str] = "discharge.patient.unmerged.v1"


class PatientDiedIn(ConsumedEvent):
    type: ClassVar[str] = "discharge.patient.died.v1"
    topic: ClassVar[str] = HOSPITAL_ACTIVITY

    patient_key: UUID


class LineIn(ConsumedPart):
    line_id: UUID
    state: str


class PackageEventIn(ConsumedEvent):
    topic: ClassVar[str] = CARE_PACKAGES

    package_id: UUID
    referral_id: UUID
    patient_key: UUID
    lines: tuple[LineIn, ...]
    concerns: tuple[UUID, ...]


class PackageOpenedIn(PackageEventIn):
    type: ClassVar[str] = "discharge.package.opened.v1"


class PackageAgreedIn(PackageEventIn):
    type: ClassVar[str] = "discharge.package.agreed.v1"


class PackageUnfilledIn(PackageEventIn):
    type: ClassVar[str] = "discharge.package.unfilled.v1"


class PackageReopenedIn(PackageEventIn):
    type: ClassVar[str] = "discharge.package.reopened.v1"


class PackageStartedIn(PackageEventIn):
    type: ClassVar[str] = "discharge.package.started.v1"


class PackageHandedBackIn(PackageEventIn):
    type: ClassVar[str] = "discharge.package.handed_back.v1"


class PackageResumedIn(PackageEventIn):
    type: ClassVar[str] = "discharge.package.resumed.v1"


class PackageCancelledIn(PackageEventIn):
    type: ClassVar[str] = "discharge.package.cancelled.v1"


class PackageEndedIn(PackageEventIn):
    type: ClassVar[str] = "discharge.package.ended.v1"
    reason: str
