"""Asking providers: the next one for a line that is brokered, its own again after a hold."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from care_package.domain.eligibility import Capacity, Provider, rank
from care_package.domain.ids import ProviderId
from care_package.domain.line import Line, LineState, Step
from care_package.domain.offer import Offer
from care_package.domain.package import Change, EventKind, Package, offer_id
from care_package.domain.policy import Policy
from homeward_kit.working_calendar import add_working_time


def services_to_offer(package: Package | None) -> frozenset[str]:
    """The services for which a provider must be found now; empty while the package is held."""
    if package is None or package.is_held:
        return frozenset()
    return frozenset(
        line.spec.service for line in package.lines if line.needs_offer and line.state is LineState.BROKERING
    )


def send_offers(package: Package, providers: Collection[Provider], now: datetime, policy: Policy) -> Change:
    """Give every line that waits for one its next offer; a line with nobody left to ask is unfilled."""
    change = Change(package)
    if package.is_held:
        return change
    market = list(providers)
    for line in package.lines:
        if not line.needs_offer:
            continue
        if line.needs_reconfirmation:
            _ask_again(change, line, now, policy)
        else:
            market = _ask_next(change, line, market, now, policy)
    return change


def _ask_again(change: Change, line: Line, now: datetime, policy: Policy) -> None:
    agreed = line.agreed_offer
    if agreed is None:
        raise ValueError("an agreed line names its offer")
    offer = _offer(change.package, line, agreed.provider_id, now, policy)
    change.put_offer(line, replace(offer, is_reconfirmation=True, because=("agreed_before_hold",)))


def _ask_next(change: Change, line: Line, market: Sequence[Provider], now: datetime, policy: Policy) -> list[Provider]:
    """Sends the offer; returns the market with the place it takes."""
    candidates = rank(market, line, change.package.outward_postcode, now)
    if not candidates:
        unfilled = line.takes(Step.EXHAUST, "nobody_left")
        change.put(unfilled)
        change.tell_of(unfilled, EventKind.PACKAGE_UNFILLED)
        return list(market)
    first = candidates[0]
    offer = _offer(change.package, line, first.provider.provider_id, now, policy)
    change.put_offer(line, replace(offer, because=first.because))
    return [_with_place_taken(known, line) if known == first.provider else known for known in market]


def _offer(package: Package, line: Line, provider: ProviderId, now: datetime, policy: Policy) -> Offer:
    wave = len(line.offers) + 1
    return Offer(
        offer_id=offer_id(package, line, wave),
        line_id=line.line_id,
        provider_id=provider,
        round=line.round,
        wave=wave,
        sent_at=now,
        respond_by=add_working_time(policy.answering, now, policy.offer_deadline),
    )


def _with_place_taken(provider: Provider, line: Line) -> Provider:
    known = provider.capacity[line.spec.service]
    taken = Capacity(known.places_left - 1, known.declared_at)
    return replace(provider, capacity={**provider.capacity, line.spec.service: taken})
