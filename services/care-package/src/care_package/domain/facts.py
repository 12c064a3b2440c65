"""What is known about a referral, its person and their stays, kept so that the order of arrival never matters."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from care_package.domain.ids import LineId, PatientKey, ReferralId, StayId


class Hold(StrEnum):
    """Why work on a package waits."""

    NOT_READY = "not_ready"
    IN_HOSPITAL = "in_hospital"


class Stop(StrEnum):
    """Why a referral needs no more work; the value is the coded reason that events carry."""

    DIED = "died"
    WITHDRAWN = "referral_withdrawn"
    DECLINED = "referral_declined"
    CLOSED = "referral_closed"

    @property
    def ends_started_care(self) -> bool:
        """A referral closed otherwise lets care that has started run on (architecture §7)."""
        return self is not Stop.CLOSED


@dataclass(frozen=True, slots=True)
class LineSpec:
    """What a provider is asked to give."""

    service: str
    visits_per_day: int | None = None
    minutes_per_visit: int | None = None
    carers_per_visit: int | None = None
    days_per_week: int | None = None


@dataclass(frozen=True, slots=True)
class DecidedLine:
    """A line of a pathway decision."""

    line_id: LineId
    spec: LineSpec


@dataclass(frozen=True, slots=True)
class Decision:
    """A pathway decision; the highest number of a case counts."""

    number: int
    kind: str
    pathway: int
    lines: tuple[DecidedLine, ...]
    outward_postcode: str | None
    age_band: str | None


@dataclass(frozen=True, slots=True)
class ReferralNews:
    """What one event says about a referral; None: it says nothing about that."""

    version: int
    state: str
    accepted_at: datetime | None = None
    is_ready: bool | None = None
    closed_reason: str | None = None
    linked_stay_id: StayId | None = None
    unlinked_stay_id: StayId | None = None


@dataclass(frozen=True, slots=True)
class ReferralFacts:
    """A referral as spa-intake and its case as triage last told it: two sources, two versions."""

    referral_id: ReferralId
    patient_key: PatientKey
    version: int = 0
    state: str | None = None  # None: nothing heard from spa-intake yet
    accepted_at: datetime | None = None
    closed_reason: str | None = None
    is_ready: bool = True
    linked_stay_id: StayId | None = None
    decision: Decision | None = None
    target_on: date | None = None
    target_version: int = 0  # the version of the case that set it

    def with_news(self, news: ReferralNews) -> "ReferralFacts":
        """The facts after an event of the referral; one older than what is known changes nothing."""
        if news.version < self.version:
            return self
        linked = news.linked_stay_id or self.linked_stay_id
        return replace(
            self,
            version=news.version,
            state=news.state,
            accepted_at=news.accepted_at or self.accepted_at,
            closed_reason=news.closed_reason or self.closed_reason,
            is_ready=self.is_ready if news.is_ready is None else news.is_ready,
            linked_stay_id=None if linked == news.unlinked_stay_id else linked,
        )

    def with_decision(self, decision: Decision) -> "ReferralFacts":
        """The newest decision of the case counts."""
        if self.decision is not None and decision.number <= self.decision.number:
            return self
        return replace(self, decision=decision)

    def with_target(self, target_on: date | None, case_version: int) -> "ReferralFacts":
        """The target date as the case last set it."""
        if case_version < self.target_version:
            return self
        return replace(self, target_on=target_on, target_version=case_version)


@dataclass(frozen=True, slots=True)
class StayFacts:
    """A hospital stay as now known; the highest revision counts."""

    stay_id: StayId
    patient_key: PatientKey
    revision: int
    admitted_at: datetime
    discharged_at: datetime | None
    is_cancelled: bool
    was_discharged: bool = False  # some revision named a discharge, however late that revision came

    @property
    def is_open(self) -> bool:
        return self.discharged_at is None and not self.is_cancelled

    def merged(self, known: "StayFacts | None") -> "StayFacts":
        """The stay by this report and what was known of it."""
        was_discharged = self.was_discharged or self.discharged_at is not None
        if known is None:
            return replace(self, was_discharged=was_discharged)
        newest = self if self.revision >= known.revision else known
        return replace(newest, was_discharged=was_discharged or known.was_discharged)


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """Whether the person has died; a death may be corrected, the highest revision counts.

    Intake tells it under each key of the person: a stop, which lasts, is never derived from who is said to be one.
    """

    patient_key: PatientKey
    revision: int = 0
    death_recorded_at: datetime | None = None  # None: not dead

    def with_death(self, revision: int, recorded_at: datetime | None) -> "PersonFacts":
        """The facts after a death, or its correction (None)."""
        if revision < self.revision:
            return self
        return replace(self, revision=revision, death_recorded_at=recorded_at)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a referral's package depends on."""

    referral: ReferralFacts
    person: PersonFacts
    stays: Mapping[StayId, StayFacts] = field(default_factory=dict)  # all stays of the person

    @property
    def stop(self) -> Stop | None:
        """Why there is to be no more work, the strongest reason first; a stop of the referral is for ever."""
        referral = self.referral
        if self._has_died or (referral.state == "closed" and referral.closed_reason == Stop.DIED):
            return Stop.DIED
        return {"withdrawn": Stop.WITHDRAWN, "declined": Stop.DECLINED, "closed": Stop.CLOSED}.get(referral.state or "")

    @property
    def _has_died(self) -> bool:
        """A death recorded after the referral was accepted; one accepted later was accepted of a living person.

        Without this, a death already corrected that comes late would stop a referral made since. While the
        acceptance is not heard yet, the referral's own closing says it.
        """
        died_at, accepted_at = self.person.death_recorded_at, self.referral.accepted_at
        return died_at is not None and accepted_at is not None and died_at >= accepted_at

    @property
    def is_back_in_hospital(self) -> bool:
        """The linked stay is open again, or a later one is open after its discharge (architecture §7)."""
        linked = self.stays.get(self.referral.linked_stay_id) if self.referral.linked_stay_id else None
        if linked is None or linked.is_cancelled:
            return False
        if linked.discharged_at is None:
            return linked.was_discharged
        return any(
            stay.is_open and stay.stay_id != linked.stay_id and stay.admitted_at >= linked.discharged_at
            for stay in self.stays.values()
        )
