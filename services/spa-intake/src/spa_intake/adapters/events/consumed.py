"""What intake reads of the others' events: its own narrow view of each."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from homeward_kit.envelope import ConsumedEvent

TRIAGE = "discharge-triage"
CARE_PACKAGES = "discharge-care-packages"
OUTCOMES = "discharge-outcomes"


class CaseEvent(ConsumedEvent):
    topic: ClassVar[str] = TRIAGE

    referral_id: UUID
    patient_key: UUID
    state: str
    is_paused: bool
    is_returned: bool


class PlannedCaseEvent(CaseEvent):
    """An event of a case that says for when."""

    target_on: date | None


class CaseOpened(PlannedCaseEvent):
    type: ClassVar[str] = "discharge.case.opened.v1"


class AssessmentRecorded(CaseEvent):
    type: ClassVar[str] = "discharge.assessment.recorded.v1"


class PathwayDecided(PlannedCaseEvent):
    type: ClassVar[str] = "discharge.pathway.decided.v1"
    pathway: int


class CaseTargetSet(PlannedCaseEvent):
    type: ClassVar[str] = "discharge.case.target_set.v1"


class CasePaused(CaseEvent):
    type: ClassVar[str] = "discharge.case.paused.v1"


class CaseResumed(CaseEvent):
    type: ClassVar[str] = "discharge.case.resumed.v1"


class CaseReturned(CaseEvent):
    type: ClassVar[str] = "discharge.case.returned.v1"
    missing: list[str]
    asked_by: str  # "mdt", or "spa_intake" where triage only echoes our own query


class CaseReopened(CaseEvent):
    type: ClassVar[str] = "discharge.case.reopened.v1"


class CaseClosed(CaseEvent):
    type: ClassVar[str] = "discharge.case.closed.v1"
    reason: str


class PackageEvent(ConsumedEvent):
    topic: ClassVar[str] = CARE_PACKAGES

    package_id: UUID
    referral_id: UUID
    state: str
    holds: list[str]


class PackageOpened(PackageEvent):
    type: ClassVar[str] = "discharge.package.opened.v1"


class PackageAgreed(PackageEvent):
    type: ClassVar[str] = "discharge.package.agreed.v1"


class PackageUnfilled(PackageEvent):
    type: ClassVar[str] = "discharge.package.unfilled.v1"


class PackageReopened(PackageEvent):
    type: ClassVar[str] = "discharge.package.reopened.v1"


class PackageHeld(PackageEvent):
    type: ClassVar[str] = "discharge.package.held.v1"


class PackageResumed(PackageEvent):
    type: ClassVar[str] = "discharge.package.resumed.v1"


class PackageStarted(PackageEvent):
    type: ClassVar[str] = "discharge.package.started.v1"


class PackageHandedBack(PackageEvent):
    type: ClassVar[str] = "discharge.package.handed_back.v1"


class PackageEnded(PackageEvent):
    type: ClassVar[str] = "discharge.package.ended.v1"


class PackageCancelled(PackageEvent):
    type: ClassVar[str] = "discharge.package.cancelled.v1"


class WatchEvent(ConsumedEvent):
    topic: ClassVar[str] = OUTCOMES

    watch_id: UUID
    stay_id: UUID
    patient_key: UUID
    referral_id: UUID
    state: str


class WatchStarted(WatchEvent):
    type: ClassVar[str] = "discharge.watch.started.v1"


class ReadmissionDetected(WatchEvent):
    type: ClassVar[str] = "discharge.readmission.detected.v1"


class ReadmissionRetracted(WatchEvent):
    type: ClassVar[str] = "discharge.readmission.retracted.v1"


class WatchCompleted(WatchEvent):
    type: ClassVar[str] = "discharge.watch.completed.v1"


class WatchEnded(WatchEvent):
    type: ClassVar[str] = "discharge.watch.ended.v1"


class WatchVoided(WatchEvent):
    type: ClassVar[str] = "discharge.watch.voided.v1"
