"""What happened to a package, as the event the others read."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from care_package.adapters.events import published
from care_package.adapters.events.published import LineSummary
from care_package.domain.line import Line
from care_package.domain.package import EventKind, Package, PackageEvent
from homeward_kit.envelope import PublishedEvent

Payload = dict[str, Any]  # Any: the fields of payloads differ


def to_published(event: PackageEvent) -> PublishedEvent:
    """The payload of the event, the whole package after it included."""
    return _MAKERS[event.kind](event)


def _package(event: PackageEvent) -> Payload:
    package = event.package
    return {
        "package_id": package.package_id,
        "referral_id": package.referral_id,
        "patient_key": package.patient_key,
        "state": package.state.value,
        "holds": sorted(hold.value for hold in package.holds),
        "lines": [_line(line) for line in package.lines],
        "concerns": list(event.concerns),
    }


def _line(line: Line) -> LineSummary:
    offer = line.agreed_offer or next(iter(line.open_offers), None)
    return LineSummary(
        line_id=line.line_id,
        service=line.spec.service,
        state=line.state.value,
        offer_id=offer.offer_id if offer else None,
        provider_id=offer.provider_id if offer else None,
    )


def _offer(event: PackageEvent) -> Payload:
    if event.offer is None:
        raise ValueError("an event of an offer names it")
    return {
        "offer_id": event.offer.offer_id,
        "package_id": event.package.package_id,
        "line_id": event.offer.line_id,
        "referral_id": event.package.referral_id,
        "patient_key": event.package.patient_key,
        "provider_id": event.offer.provider_id,
    }


def _opened(event: PackageEvent) -> PublishedEvent:
    package: Package = event.package
    return published.PackageOpened(
        **_package(event),
        kind=package.kind,
        decision=package.decision,
        pathway=package.pathway,
        target_on=package.target_on,
    )


def _started(event: PackageEvent) -> PublishedEvent:
    if event.at is None:
        raise ValueError("a start has a time")
    started_at: datetime = event.at
    return published.PackageStarted(**_package(event), started_at=started_at)


def _sent(event: PackageEvent) -> PublishedEvent:
    payload = _offer(event)
    offer = event.offer
    if offer is None:
        raise ValueError("an event of an offer names it")
    return published.OfferSent(
        **payload, wave=offer.wave, respond_by=offer.respond_by, is_reconfirmation=offer.is_reconfirmation
    )


_MAKERS: Mapping[EventKind, Callable[[PackageEvent], PublishedEvent]] = {
    EventKind.PACKAGE_OPENED: _opened,
    EventKind.PACKAGE_AGREED: lambda e: published.PackageAgreed(**_package(e), start_on=e.start_on),
    EventKind.PACKAGE_UNFILLED: lambda e: published.PackageUnfilled(**_package(e)),
    EventKind.PACKAGE_REOPENED: lambda e: published.PackageReopened(**_package(e), reason=e.reason or ""),
    EventKind.PACKAGE_HELD: lambda e: published.PackageHeld(**_package(e)),
    EventKind.PACKAGE_RESUMED: lambda e: published.PackageResumed(**_package(e)),
    EventKind.PACKAGE_STARTED: _started,
    EventKind.PACKAGE_HANDED_BACK: lambda e: published.PackageHandedBack(**_package(e), reason=e.reason or ""),
    EventKind.PACKAGE_ENDED: lambda e: published.PackageEnded(**_package(e), reason=e.reason or ""),
    EventKind.PACKAGE_CANCELLED: lambda e: published.PackageCancelled(**_package(e), reason=e.reason or ""),
    EventKind.OFFER_SENT: _sent,
    EventKind.OFFER_ACCEPTED: lambda e: published.OfferAccepted(**_offer(e), start_on=e.start_on),
    EventKind.OFFER_DECLINED: lambda e: published.OfferDeclined(**_offer(e), reason=e.reason or ""),
    EventKind.OFFER_EXPIRED: lambda e: published.OfferExpired(**_offer(e)),
    EventKind.OFFER_WITHDRAWN: lambda e: published.OfferWithdrawn(**_offer(e), reason=e.reason or ""),
}
