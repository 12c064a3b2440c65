"""What the monitor reads of others' events: only what it uses; the rest is ignored."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from homeward_kit.envelope import ConsumedEvent, ConsumedPart

REFERRALS = "discharge-referrals"
HOSPITAL_ACTIVITY = "discharge-hospital-activity"
TRIAGE = "discharge-triage"
CARE_PACKAGES = "discharge-care-packages"


class StayIn(ConsumedPart):
    """The whole stay as spa-intake knew it at this revision."""

    stay_id: UUID
    patient_key: UUID
    revision: int
    admitted_at: datetime
    admission_method: str | None
    admission_source: str | None
    discharged_at: datetime | None
    discharge_destination: str | None
    discharge_method: str | None
    is_cancelled: bool


class StayEventIn(ConsumedEvent):
    """Any event about a stay: nothing is inferred from its type, the stay says it all."""

    topic: ClassVar[str] = HOSPITAL_ACTIVITY
    stay: StayIn


class PatientAdmittedIn(StayEventIn):
    type: ClassVar[str] = "discharge.patient.admitted.v1"


class PatientTransferredIn(StayEventIn):
    type: ClassVar[str] = "discharge.patient.transferred.v1"


class PatientDischargedIn(StayEventIn):
    type: ClassVar[str] = "discharge.patient.discharged.v1"


class AdmissionCancelledIn(StayEventIn):
    type: ClassVar[str] = "discharge.admission.cancelled.v1"


class TransferCancelledIn(StayEventIn):
    type: ClassVar[str] = "discharge.transfer.cancelled.v1"


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
    revision: int
    died_at: datetime


class PatientDeathCorrectedIn(ConsumedEvent):
    type: ClassVar[str] = "discharge.patient.death_corrected.v1"
    topic: ClassVar[str] = HOSPITAL_ACTIVITY
    patient_key: UUID
    revision: int


class ReferralAcceptedIn(ConsumedEvent):
    type: ClassVar[str] = "discharge.referral.accepted.v1"
    topic: ClassVar[str] = REFERRALS
    referral_id: UUID
    kind: str
    accepted_at: datetime
    stay_id: UUID | None


class ReferralWithdrawnIn(ConsumedEvent):
    type: ClassVar[str] = "discharge.referral.withdrawn.v1"
    topic: ClassVar[str] = REFERRALS
    referral_id: UUID
    withdrawn_at: datetime


class ReferralStayLinkedIn(ConsumedEvent):
    type: ClassVar[str] = "discharge.referral.stay_linked.v1"
    topic: ClassVar[str] = REFERRALS
    referral_id: UUID
    stay: StayIn


class ReferralStayUnlinkedIn(ConsumedEvent):
    type: ClassVar[str] = "discharge.referral.stay_unlinked.v1"
    topic: ClassVar[str] = REFERRALS
    referral_id: UUID


class PathwayDecidedIn(ConsumedEvent):
    type: ClassVar[str] = "discharge.pathway.decided.v1"
    topic: ClassVar[str] = TRIAGE
    referral_id: UUID
    decision: int
    pathway: int
    decided_at: datetime


class PackageStartedIn(ConsumedEvent):
    type: ClassVar[str] = "discharge.package.started.v1"
    topic: ClassVar[str] = CARE_PACKAGES
    referral_id: UUID
    started_at: datetime
