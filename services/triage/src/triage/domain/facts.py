"""What triage has learnt from others: facts by referral, stay, person and package, whichever came first.

Each source keeps its own version: what is older than the newest known is ignored, a repeat changes nothing.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from . import codes


class ReferralState(StrEnum):
    RECEIVED = "received"
    QUERIED = "queried"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


STOPPED = frozenset({ReferralState.DECLINED, ReferralState.WITHDRAWN, ReferralState.CLOSED})


@dataclass(frozen=True)
class CodedFacts:
    """The coded facts of a referral that triage acts on."""

    needs: tuple[str, ...] = ()
    criteria_to_reside: tuple[str, ...] = ()
    expected_discharge_on: date | None = None
    discharge_ready_on: date | None = None
    response_within: str | None = None  # two_hours, two_days
    outward_postcode: str | None = None
    age_band: str | None = None
    living_situation: str | None = None
    existing_care: str | None = None
    mobility: str | None = None
    cognition: str | None = None
    clinical_frailty_scale: int | None = None
    safeguarding_concern: bool = False


@dataclass(frozen=True)
class ReferralNews:
    """What one event says about a referral; None means that it says nothing about it."""

    referral_id: UUID
    patient_key: UUID
    kind: str
    version: int
    state: ReferralState
    accepted_at: datetime | None = None
    received_at: datetime | None = None
    coded: CodedFacts | None = None
    criteria_to_reside: tuple[str, ...] | None = None
    missing: tuple[str, ...] | None = None
    is_query_after_acceptance: bool = False
    is_answer: bool = False
    linked_stay_id: UUID | None = None
    unlinked_stay_id: UUID | None = None
    stop_reason: str | None = None


@dataclass(frozen=True)
class ReferralFacts:
    """A referral as triage knows it."""

    referral_id: UUID
    patient_key: UUID
    kind: str
    version: int
    state: ReferralState
    was_accepted: bool = False
    accepted_at: datetime | None = None
    received_at: datetime | None = None
    is_queried_after_acceptance: bool = False
    missing: tuple[str, ...] = ()
    answered_version: int = 0
    coded: CodedFacts | None = None
    criteria_to_reside: tuple[str, ...] = ()
    expected_discharge_on: date | None = None
    stay_id: UUID | None = None
    stop_reason: str | None = None

    @property
    def is_ready(self) -> bool:
        """No criterion to reside is met (Annex A of the DHSC discharge guidance)."""
        return not self.criteria_to_reside


def learn_referral(known: ReferralFacts | None, news: ReferralNews) -> ReferralFacts:
    """The referral after this news; older news is ignored and a stop is never taken back."""
    if known is None:
        known = ReferralFacts(
            referral_id=news.referral_id,
            patient_key=news.patient_key,
            kind=news.kind,
            version=news.version,
            state=news.state,
        )
    elif news.version < known.version or known.stop_reason is not None:
        return known
    is_queried = news.state is ReferralState.QUERIED
    learnt = replace(
        known,
        version=news.version,
        state=news.state,
        was_accepted=known.was_accepted or news.state is ReferralState.ACCEPTED or news.is_query_after_acceptance,
        accepted_at=known.accepted_at or news.accepted_at,
        received_at=known.received_at or news.received_at,
        is_queried_after_acceptance=is_queried
        and (known.is_queried_after_acceptance or news.is_query_after_acceptance),
        missing=known.missing if news.missing is None else news.missing,
        answered_version=news.version if news.is_answer else known.answered_version,
        stop_reason=(news.stop_reason or news.state.value) if news.state in STOPPED else None,
        stay_id=_stay_id(known, news),
    )
    return _with_coded(learnt, news)


def _stay_id(known: ReferralFacts, news: ReferralNews) -> UUID | None:
    if news.linked_stay_id is not None:
        return news.linked_stay_id
    return None if known.stay_id == news.unlinked_stay_id else known.stay_id


def _with_coded(facts: ReferralFacts, news: ReferralNews) -> ReferralFacts:
    if news.coded is not None:
        facts = replace(
            facts,
            coded=news.coded,
            criteria_to_reside=news.coded.criteria_to_reside,
            # A later message without a date does not take back the date the ward has given.
            expected_discharge_on=news.coded.expected_discharge_on or facts.expected_discharge_on,
        )
    if news.criteria_to_reside is not None:
        facts = replace(facts, criteria_to_reside=news.criteria_to_reside)
    return facts


@dataclass(frozen=True)
class StayFacts:
    """A hospital stay as spa-intake last told it."""

    stay_id: UUID
    patient_key: UUID
    revision: int
    admitted_at: datetime
    discharged_at: datetime | None
    is_cancelled: bool

    @property
    def has_left_hospital(self) -> bool:
        return self.discharged_at is not None and not self.is_cancelled


@dataclass(frozen=True)
class PersonFacts:
    """That a person was said to have died, and when the newest such word was recorded; a correction takes none back.

    Intake tells it under each key of the person: a stop, which lasts, is never derived from who is said to be one.
    """

    patient_key: UUID
    death_recorded_at: datetime


class PackageFlag(StrEnum):
    """What a package tells the MDT: it may reopen the case."""

    UNFILLED = "package_unfilled"
    HANDED_BACK = "package_handed_back"
    BACK_IN_HOSPITAL = "back_in_hospital"


@dataclass(frozen=True)
class PackageNews:
    """What one event says about a package; lines maps each line to its state after the event."""

    package_id: UUID
    referral_id: UUID
    patient_key: UUID
    version: int
    lines: dict[UUID, str]
    handed_back: frozenset[UUID] = frozenset()
    ended_reason: str | None = None


@dataclass(frozen=True)
class PackageFacts:
    """A package as triage knows it."""

    package_id: UUID
    referral_id: UUID
    patient_key: UUID
    version: int
    lines: dict[UUID, str] = field(default_factory=dict)
    handed_back: frozenset[UUID] = frozenset()  # and not yet agreed with another provider
    ended_reason: str | None = None


News = ReferralNews | StayFacts | PersonFacts | PackageNews

ENDED_IN_HOSPITAL = "in_hospital"
_PLACED_AGAIN = frozenset({"agreed", "started", "ended", "cancelled"})


def learn_stay(known: StayFacts | None, news: StayFacts) -> StayFacts:
    """The highest revision counts."""
    return news if known is None or news.revision > known.revision else known


def learn_person(known: PersonFacts | None, news: PersonFacts) -> PersonFacts:
    """The newest word counts."""
    return news if known is None or news.death_recorded_at > known.death_recorded_at else known


def learn_package(known: PackageFacts | None, news: PackageNews) -> PackageFacts:
    """The package after this news; older news is ignored."""
    if known is not None and news.version < known.version:
        return known
    before = frozenset[UUID]() if known is None else known.handed_back
    return PackageFacts(
        package_id=news.package_id,
        referral_id=news.referral_id,
        patient_key=news.patient_key,
        version=news.version,
        lines=news.lines,
        handed_back=frozenset(
            line_id
            for line_id in before | news.handed_back
            if news.lines.get(line_id, "cancelled") not in _PLACED_AGAIN
        ),
        ended_reason=news.ended_reason or _still_ended(known, news),
    )


def _still_ended(known: PackageFacts | None, news: PackageNews) -> str | None:
    """Lines that are placed anew mean that the MDT has looked at it."""
    is_placed_anew = bool({"brokering", "agreed"} & set(news.lines.values()))
    return None if known is None or is_placed_anew else known.ended_reason


@dataclass(frozen=True)
class JourneyFacts:
    """All that is known about one referral: what should be is computed from this alone."""

    referral: ReferralFacts
    stay: StayFacts | None = None
    person: PersonFacts | None = None
    packages: tuple[PackageFacts, ...] = ()

    @property
    def stop_reason(self) -> str | None:
        """Why there must be no live case: what ended the referral, or the person's death."""
        return self.referral.stop_reason or (codes.DIED if self._ended_by_death else None)

    @property
    def _ended_by_death(self) -> bool:
        """A death ends for good what was accepted before it was recorded, corrected or not: intake closes it too.

        What was accepted afterwards was accepted of a living person: a death already corrected that is heard late
        must not stop it. While the acceptance is not heard yet, the referral's own closing says it.
        """
        accepted_at = self.referral.accepted_at
        return self.person is not None and accepted_at is not None and self.person.death_recorded_at >= accepted_at

    @property
    def has_left_hospital(self) -> bool:
        return self.stay is not None and self.stay.has_left_hospital

    @property
    def flags(self) -> frozenset[PackageFlag]:
        """What the MDT should look at, as the packages now stand."""
        found: set[PackageFlag] = set()
        if any("unfilled" in package.lines.values() for package in self.packages):
            found.add(PackageFlag.UNFILLED)
        if any(package.handed_back for package in self.packages):
            found.add(PackageFlag.HANDED_BACK)
        # A package opened after the ended one means that the MDT has decided anew.
        if self.packages and all(package.ended_reason == ENDED_IN_HOSPITAL for package in self.packages):
            found.add(PackageFlag.BACK_IN_HOSPITAL)
        return frozenset(found)
