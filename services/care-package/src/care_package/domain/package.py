"""A care package: its lines, the reasons that hold it, and the events that tell what happened to it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import NAMESPACE_URL, UUID, uuid5

from care_package.domain.errors import LineNotFound, OfferNotFound
from care_package.domain.facts import Hold
from care_package.domain.ids import LineId, OfferId, PackageId, PatientKey, ReferralId
from care_package.domain.line import LEAST_ADVANCED_FIRST, Line, LineState, Step
from care_package.domain.offer import Offer, OfferState

_PACKAGES = uuid5(NAMESPACE_URL, "urn:homeward:care-package")


class EventKind(StrEnum):
    """The facts a package announces."""

    PACKAGE_OPENED = "package.opened"
    PACKAGE_AGREED = "package.agreed"
    PACKAGE_UNFILLED = "package.unfilled"
    PACKAGE_REOPENED = "package.reopened"
    PACKAGE_HELD = "package.held"
    PACKAGE_RESUMED = "package.resumed"
    PACKAGE_STARTED = "package.started"
    PACKAGE_HANDED_BACK = "package.handed_back"
    PACKAGE_ENDED = "package.ended"
    PACKAGE_CANCELLED = "package.cancelled"
    OFFER_SENT = "offer.sent"
    OFFER_ACCEPTED = "offer.accepted"
    OFFER_DECLINED = "offer.declined"
    OFFER_EXPIRED = "offer.expired"
    OFFER_WITHDRAWN = "offer.withdrawn"


# Which event tells of each step of a line: more than one where the cause differs.
EVENTS_OF_STEP: dict[Step, frozenset[EventKind]] = {
    Step.AGREE: frozenset({EventKind.PACKAGE_AGREED}),
    Step.EXHAUST: frozenset({EventKind.PACKAGE_UNFILLED}),
    Step.RESUME: frozenset({EventKind.PACKAGE_REOPENED, EventKind.PACKAGE_RESUMED}),
    Step.FOLLOW: frozenset({EventKind.PACKAGE_REOPENED}),
    Step.START: frozenset({EventKind.PACKAGE_STARTED}),
    Step.FALL_THROUGH: frozenset({EventKind.PACKAGE_REOPENED}),
    Step.HAND_BACK: frozenset({EventKind.PACKAGE_HANDED_BACK}),
    Step.END: frozenset({EventKind.PACKAGE_ENDED}),
    Step.CANCEL: frozenset({EventKind.PACKAGE_CANCELLED}),
}
EVENT_OF_OFFER: dict[OfferState, EventKind] = {
    OfferState.SENT: EventKind.OFFER_SENT,
    OfferState.ACCEPTED: EventKind.OFFER_ACCEPTED,
    OfferState.DECLINED: EventKind.OFFER_DECLINED,
    OfferState.EXPIRED: EventKind.OFFER_EXPIRED,
    OfferState.WITHDRAWN: EventKind.OFFER_WITHDRAWN,
}


@dataclass(frozen=True, slots=True)
class Package:
    package_id: PackageId
    referral_id: ReferralId
    patient_key: PatientKey
    kind: str
    opened_decision: int
    decision: int  # the newest decision it follows
    pathway: int
    target_on: date | None
    outward_postcode: str | None
    age_band: str | None
    opened_at: datetime
    lines: tuple[Line, ...]
    holds: frozenset[Hold] = frozenset()
    in_hospital_since: datetime | None = None  # when that hold was set
    version: int = 0

    @property
    def is_live(self) -> bool:
        return any(line.is_open for line in self.lines)

    @property
    def is_held(self) -> bool:
        return bool(self.holds)

    @property
    def state(self) -> LineState:
        """The state of its least advanced open line; ended once one line was given, else cancelled."""
        states = {line.state for line in self.lines}
        for state in LEAST_ADVANCED_FIRST:
            if state in states:
                return state
        return LineState.ENDED if LineState.ENDED in states else LineState.CANCELLED

    def line(self, line_id: LineId) -> Line:
        """The line, or the refusal LineNotFound."""
        found = next((line for line in self.lines if line.line_id == line_id), None)
        if found is None:
            raise LineNotFound
        return found

    def offer(self, offer_id: OfferId) -> tuple[Line, Offer]:
        """The offer and its line, or the refusal OfferNotFound."""
        for line in self.lines:
            for offer in line.offers:
                if offer.offer_id == offer_id:
                    return line, offer
        raise OfferNotFound

    def with_line(self, line: Line) -> "Package":
        """The line put in its place; a package without open lines is held by nothing."""
        lines = tuple(line if known.line_id == line.line_id else known for known in self.lines)
        package = replace(self, lines=lines)
        return package if package.is_live else replace(package, holds=frozenset(), in_hospital_since=None)


@dataclass(frozen=True, slots=True)
class PackageEvent:
    """Something that happened, with the package as it stood after it."""

    kind: EventKind
    package: Package
    concerns: tuple[LineId, ...]
    offer: Offer | None = None
    reason: str | None = None
    at: datetime | None = None
    start_on: date | None = None


@dataclass
class Change:
    """Collects, inside one pure function, what becomes of a package and what is told of it."""

    package: Package
    events: list[PackageEvent] = field(default_factory=list)

    def put(self, *lines: Line) -> None:
        """Replace these lines."""
        for line in lines:
            self.package = self.package.with_line(line)

    def tell(self, kind: EventKind, lines: Iterable[LineId], reason: str | None = None) -> None:
        """Announce a fact about these lines; each event has a version of its own, so none hides another."""
        self._add(PackageEvent(kind, self.package, tuple(lines), reason=reason))

    def tell_of(self, line: Line, kind: EventKind, *, at: datetime | None = None, start_on: date | None = None) -> None:
        """Announce a fact about one line, with its reason."""
        self._add(PackageEvent(kind, self.package, (line.line_id,), reason=line.reason, at=at, start_on=start_on))

    def put_offer(self, line: Line, offer: Offer, *, start_on: date | None = None) -> Line:
        """Store an offer's new state in its line and announce it; returns the line as it is now."""
        changed = line.with_offer(offer)
        self.put(changed)
        self._add(
            PackageEvent(
                EVENT_OF_OFFER[offer.state],
                self.package,
                (line.line_id,),
                offer=offer,
                reason=offer.reason,
                start_on=start_on,
            )
        )
        return changed

    def withdraw_offers(self, line: Line, reason: str, now: datetime) -> Line:
        """Take back every open offer of the line; returns the line as it is now."""
        for offer in line.open_offers:
            line = self.put_offer(line, offer.becomes(OfferState.WITHDRAWN, now, reason))
        return line

    def _add(self, event: PackageEvent) -> None:
        self.package = replace(self.package, version=self.package.version + 1)
        self.events.append(replace(event, package=self.package))


def package_id(referral_id: ReferralId, decision: int) -> PackageId:
    """A decision opens one package at most, however often it is heard: its id follows from the decision."""
    return PackageId(uuid5(_PACKAGES, f"{referral_id}/{decision}"))


def offer_id(package: Package, line: Line, wave: int) -> OfferId:
    """The offer of a wave, the same however often it is worked out."""
    return OfferId(uuid5(UUID(str(package.package_id)), f"{line.line_id}/{wave}"))
