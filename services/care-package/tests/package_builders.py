"""Facts, providers and packages with sensible defaults."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from care_package.domain.eligibility import Capacity, Provider
from care_package.domain.facts import (
    DecidedLine,
    Decision,
    Facts,
    LineSpec,
    PersonFacts,
    ReferralFacts,
    StayFacts,
)
from care_package.domain.ids import LineId, OfferId, PatientKey, ProviderId, ReferralId, StayId
from care_package.domain.line import Line
from care_package.domain.offer import Answer, Offer
from care_package.domain.offering import send_offers
from care_package.domain.package import Change, Package, PackageEvent
from care_package.domain.policy import Policy
from care_package.domain.reconcile import reconcile
from care_package.domain.steps import accept_offer, start_line

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
POLICY = Policy()
_NAMES = UUID(int=7)


def named(name: str) -> UUID:
    return uuid5(_NAMES, name)


PERSON = PatientKey(named("person"))
REFERRAL = ReferralId(named("referral"))
STAY = StayId(named("stay"))
LATER_STAY = StayId(named("later stay"))


def a_line(service: str = "home_care", *, line_id: str | None = None, visits: int | None = 2) -> DecidedLine:
    return DecidedLine(LineId(named(line_id or service)), LineSpec(service, visits, 30, 1, 7))


def a_decision(number: int = 1, *lines: DecidedLine, pathway: int = 1, postcode: str | None = "BR1") -> Decision:
    return Decision(number, "hospital_discharge", pathway, lines or (a_line(),), postcode, "75-84")


def no_lines(number: int) -> Decision:
    return replace(a_decision(number, pathway=0), lines=())


def a_referral(decision: Decision | None = None) -> ReferralFacts:
    return ReferralFacts(REFERRAL, PERSON, version=1, state="accepted", accepted_at=NOW, decision=decision)


def a_stay(
    stay_id: StayId = STAY, *, revision: int = 1, admitted_at: datetime = NOW, discharged_at: datetime | None = None
) -> StayFacts:
    return StayFacts(stay_id, PERSON, revision, admitted_at, discharged_at, is_cancelled=False).merged(None)


def facts(referral: ReferralFacts | None = None, *stays: StayFacts, has_died: bool = False) -> Facts:
    return Facts(
        referral or a_referral(a_decision()),
        PersonFacts(PERSON, death_recorded_at=NOW if has_died else None),
        {stay.stay_id: stay for stay in stays},
    )


def a_provider(
    name: str = "Abbey Care",
    *services: str,
    places: int = 3,
    areas: Collection[str] = ("BR1", "BR2"),
    days_old: int = 0,
) -> Provider:
    declared_at = NOW - timedelta(days=days_old)
    return Provider(
        ProviderId(named(name)),
        name,
        frozenset(areas),
        {service: Capacity(places, declared_at) for service in services or ("home_care",)},
    )


ABBEY = a_provider("Abbey Care", "home_care", "equipment", "reablement")
BECKENHAM = a_provider("Beckenham Support", "home_care", "equipment", "reablement")
MARKET = (ABBEY, BECKENHAM)


def settled(
    known: Facts,
    package: Package | None = None,
    *,
    now: datetime = NOW,
    market: Collection[Provider] = MARKET,
) -> tuple[Package | None, list[PackageEvent]]:
    """What a handler does: reconcile, then send offers."""
    outcome = reconcile(known, package, now, POLICY)
    if outcome.package is None:
        return None, []
    sent = send_offers(outcome.package, market, now, POLICY)
    return sent.package, [*outcome.events, *sent.events]


def after(change: Change, known: Facts, *, now: datetime = NOW) -> tuple[Package, list[PackageEvent]]:
    """What a command does: the change, then as a handler does."""
    package, events = settled(known, change.package, now=now)
    assert package is not None
    return package, [*change.events, *events]


def opened(known: Facts | None = None, *, market: Collection[Provider] = MARKET) -> Package:
    package, _ = settled(known or facts(), market=market)
    assert package is not None
    return package


def line_of(package: Package | None, service: str = "home_care") -> Line:
    assert package is not None
    return next(line for line in reversed(package.lines) if line.spec.service == service)


def open_offer(package: Package, service: str = "home_care") -> Offer:
    (offer,) = line_of(package, service).open_offers
    return offer


def agreed(known: Facts | None = None, *services: str) -> Package:
    known = known or facts()
    package = opened(known)
    for service in services or tuple(line.spec.service for line in package.lines):
        offer_id: OfferId = open_offer(package, service).offer_id
        package, _ = after(accept_offer(package, offer_id, Answer(NOW)), known)
    return package


def started(known: Facts | None = None, *services: str) -> Package:
    known = known or facts()
    package = agreed(known)
    for service in services or tuple(line.spec.service for line in package.lines):
        line = line_of(package, service)
        package, _ = after(start_line(package, line.line_id, NOW, NOW), known)
    return package
