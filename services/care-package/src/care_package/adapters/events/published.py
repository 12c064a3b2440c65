"""What care-package tells the others: the payload of every event on discharge-care-packages."""

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from homeward_kit.envelope import PublishedEvent

CARE_PACKAGES = "discharge-care-packages"
LineState = Literal["brokering", "agreed", "started", "ended", "unfilled", "cancelled"]
Hold = Literal["not_ready", "in_hospital"]


class LineSummary(BaseModel):
    """One line as it stands after the event."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    line_id: UUID
    service: str
    state: LineState
    offer_id: UUID | None  # the agreed offer, or the one now open
    provider_id: UUID | None


class _Package(PublishedEvent):
    topic: ClassVar[str] = CARE_PACKAGES

    package_id: UUID
    referral_id: UUID
    patient_key: UUID
    state: LineState  # of the package after this event: its least advanced open line
    holds: list[Hold]
    lines: list[LineSummary]  # the whole package after this event
    concerns: list[UUID]  # the lines this event is about


class PackageOpened(_Package):
    type: ClassVar[str] = "discharge.package.opened.v1"
    kind: str
    decision: int
    pathway: Literal[0, 1, 2, 3]
    target_on: date | None


class PackageAgreed(_Package):
    type: ClassVar[str] = "discharge.package.agreed.v1"
    start_on: date | None


class PackageUnfilled(_Package):
    type: ClassVar[str] = "discharge.package.unfilled.v1"


class PackageReopened(_Package):
    """Lines are brokered again: fallen through, resumed after unfilled, or changed by a newer decision."""

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


class _Offer(PublishedEvent):
    topic: ClassVar[str] = CARE_PACKAGES

    offer_id: UUID
    package_id: UUID
    line_id: UUID
    referral_id: UUID
    patient_key: UUID
    provider_id: UUID


class OfferSent(_Offer):
    type: ClassVar[str] = "discharge.offer.sent.v1"
    wave: int
    respond_by: datetime
    is_reconfirmation: bool  # the provider of an agreed line confirms again after a hold


class OfferAccepted(_Offer):
    type: ClassVar[str] = "discharge.offer.accepted.v1"
    start_on: date | None


class OfferDeclined(_Offer):
    type: ClassVar[str] = "discharge.offer.declined.v1"
    reason: str


class OfferExpired(_Offer):
    type: ClassVar[str] = "discharge.offer.expired.v1"


class OfferWithdrawn(_Offer):
    type: ClassVar[str] = "discharge.offer.withdrawn.v1"
    reason: str


class ProviderCapacityDeclared(PublishedEvent):
    """About no person: keyed by the provider."""

    type: ClassVar[str] = "discharge.provider.capacity_declared.v1"
    topic: ClassVar[str] = CARE_PACKAGES
    provider_id: UUID
    service: str
    places: int
    declared_at: datetime
