"""The read model's own view of what triage, care-package and readmission-monitor publish."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from homeward_kit.envelope import ConsumedPart

from .projected import Coded, Fact, FactKind, ProjectedEvent

TRIAGE = "discharge-triage"
CARE_PACKAGES = "discharge-care-packages"
OUTCOMES = "discharge-outcomes"


class _Case(ProjectedEvent):
    topic: ClassVar[str] = TRIAGE
    kind_of_fact: ClassVar[FactKind] = FactKind.CASE
    id_field: ClassVar[str] = "case_id"
    case_id: UUID
    state: str
    is_paused: bool
    is_returned: bool


class CaseOpened(_Case):
    type: ClassVar[str] = "discharge.case.opened.v1"
    target_on: date | None
    respond_by: datetime | None = None


class AssessmentRecorded(_Case):
    type: ClassVar[str] = "discharge.assessment.recorded.v1"
    role: str


class DecidedLine(ConsumedPart):
    service: str


class PathwayDecided(_Case):
    type: ClassVar[str] = "discharge.pathway.decided.v1"
    pathway: int
    suggested_pathway: int
    differs_reason: str | None
    participants: list[str]
    lines: list[DecidedLine]
    target_on: date | None


class CaseTargetSet(_Case):
    type: ClassVar[str] = "discharge.case.target_set.v1"
    target_on: date
    reason: str
    respond_by: datetime | None = None


class CasePaused(_Case):
    type: ClassVar[str] = "discharge.case.paused.v1"


class CaseResumed(_Case):
    type: ClassVar[str] = "discharge.case.resumed.v1"


class CaseReturned(_Case):
    type: ClassVar[str] = "discharge.case.returned.v1"
    missing: list[str]


class CaseReopened(_Case):
    type: ClassVar[str] = "discharge.case.reopened.v1"
    reason: str


class CaseOverdue(_Case):
    type: ClassVar[str] = "discharge.case.overdue.v1"


class CaseClosed(_Case):
    type: ClassVar[str] = "discharge.case.closed.v1"
    reason: str


class _Package(ProjectedEvent):
    topic: ClassVar[str] = CARE_PACKAGES
    kind_of_fact: ClassVar[FactKind] = FactKind.PACKAGE
    id_field: ClassVar[str] = "package_id"
    package_id: UUID
    state: str
    holds: list[str]


class PackageOpened(_Package):
    type: ClassVar[str] = "discharge.package.opened.v1"
    decision: int


class PackageAgreed(_Package):
    type: ClassVar[str] = "discharge.package.agreed.v1"
    start_on: date | None


class PackageUnfilled(_Package):
    type: ClassVar[str] = "discharge.package.unfilled.v1"


class PackageReopened(_Package):
    type: ClassVar[str] = "discharge.package.reopened.v1"
    reason: str


class PackageHeld(_Package):
    type: ClassVar[str] = "discharge.package.held.v1"


class PackageResumed(_Package):
    type: ClassVar[str] = "discharge.package.resumed.v1"


class PackageStarted(_Package):
    type: ClassVar[str] = "discharge.package.started.v1"
    started_at: datetime


class PackageHandedBack(_Package):
    type: ClassVar[str] = "discharge.package.handed_back.v1"
    reason: str


class PackageEnded(_Package):
    type: ClassVar[str] = "discharge.package.ended.v1"
    reason: str


class PackageCancelled(_Package):
    type: ClassVar[str] = "discharge.package.cancelled.v1"
    reason: str


class _Offer(ProjectedEvent):
    """Of an offer only its state and deadline are kept: until when the journey waits for a provider."""

    topic: ClassVar[str] = CARE_PACKAGES
    state_after: ClassVar[str]
    offer_id: UUID
    provider_id: UUID

    def to_keep(self) -> Sequence[Fact]:
        return [Fact(FactKind.OFFER, self.offer_id, {"state": self.state_after})]


class OfferSent(_Offer):
    type: ClassVar[str] = "discharge.offer.sent.v1"
    state_after: ClassVar[str] = "sent"
    respond_by: datetime
    is_reconfirmation: bool

    def to_keep(self) -> Sequence[Fact]:
        data: Coded = {"state": self.state_after, "respond_by": self.respond_by.isoformat()}
        return [Fact(FactKind.OFFER, self.offer_id, data)]


class OfferAccepted(_Offer):
    type: ClassVar[str] = "discharge.offer.accepted.v1"
    state_after: ClassVar[str] = "accepted"


class OfferDeclined(_Offer):
    type: ClassVar[str] = "discharge.offer.declined.v1"
    state_after: ClassVar[str] = "declined"
    reason: str


class OfferExpired(_Offer):
    type: ClassVar[str] = "discharge.offer.expired.v1"
    state_after: ClassVar[str] = "expired"


class OfferWithdrawn(_Offer):
    type: ClassVar[str] = "discharge.offer.withdrawn.v1"
    state_after: ClassVar[str] = "withdrawn"
    reason: str


class _Watch(ProjectedEvent):
    topic: ClassVar[str] = OUTCOMES
    kind_of_fact: ClassVar[FactKind] = FactKind.WATCH
    id_field: ClassVar[str] = "watch_id"
    watch_id: UUID
    state: str


class WatchStarted(_Watch):
    type: ClassVar[str] = "discharge.watch.started.v1"
    discharged_at: datetime
    window_ends_at: datetime


class ReadmissionDetected(_Watch):
    type: ClassVar[str] = "discharge.readmission.detected.v1"
    admitted_at: datetime
    days_since_discharge: int


class ReadmissionRetracted(_Watch):
    type: ClassVar[str] = "discharge.readmission.retracted.v1"
    reason: str


class WatchCompleted(_Watch):
    type: ClassVar[str] = "discharge.watch.completed.v1"


class WatchEnded(_Watch):
    type: ClassVar[str] = "discharge.watch.ended.v1"


class WatchVoided(_Watch):
    type: ClassVar[str] = "discharge.watch.voided.v1"
    reason: str


EVENTS: tuple[type[ProjectedEvent], ...] = (
    CaseOpened,
    AssessmentRecorded,
    PathwayDecided,
    CaseTargetSet,
    CasePaused,
    CaseResumed,
    CaseReturned,
    CaseReopened,
    CaseOverdue,
    CaseClosed,
    PackageOpened,
    PackageAgreed,
    PackageUnfilled,
    PackageReopened,
    PackageHeld,
    PackageResumed,
    PackageStarted,
    PackageHandedBack,
    PackageEnded,
    PackageCancelled,
    OfferSent,
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    OfferWithdrawn,
    WatchStarted,
    ReadmissionDetected,
    ReadmissionRetracted,
    WatchCompleted,
    WatchEnded,
    WatchVoided,
)
