"""What the monitor knows of one person under all their keys, whichever topic it came from and in whatever order."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from readmission_monitor.domain.stay import PatientKey, ReferralId, Stay, StayId


@dataclass(frozen=True)
class Accepted:
    """A referral was accepted; the stay it was linked to then, where it was."""

    referral_id: ReferralId
    kind: str
    accepted_at: datetime
    stay_id: StayId | None
    version: int


@dataclass(frozen=True)
class Withdrawn:
    referral_id: ReferralId
    withdrawn_at: datetime


@dataclass(frozen=True)
class Linked:
    referral_id: ReferralId
    stay: Stay
    version: int


@dataclass(frozen=True)
class Unlinked:
    referral_id: ReferralId
    version: int


@dataclass(frozen=True)
class DeathKnown:
    """The person died, or (None) did not die after all; of each key the highest revision counts."""

    patient_key: PatientKey
    revision: int
    died_at: datetime | None


@dataclass(frozen=True)
class PathwayChosen:
    referral_id: ReferralId
    decision: int
    pathway: int
    decided_at: datetime


@dataclass(frozen=True)
class CareStarted:
    referral_id: ReferralId
    started_at: datetime


ReferralFact = Accepted | Withdrawn | Linked | Unlinked | CareStarted
Fact = Stay | DeathKnown | PathwayChosen | ReferralFact


@dataclass(frozen=True)
class Referral:
    """What is known of one referral; the row is made by whichever of its facts comes first."""

    referral_id: ReferralId
    kind: str | None = None
    accepted_at: datetime | None = None
    withdrawn_at: datetime | None = None
    stay_id: StayId | None = None
    link_version: int = 0  # of the referral, when the link was last set or taken away
    care_started_at: datetime | None = None


@dataclass(frozen=True)
class PersonFacts:
    """`patient_key` is the one in hand, under which new rows are filed; `keys` are all that the person has."""

    patient_key: PatientKey
    keys: frozenset[PatientKey]
    stays: Mapping[StayId, Stay] = field(default_factory=dict)
    referrals: Mapping[ReferralId, Referral] = field(default_factory=dict)
    decisions: Mapping[tuple[ReferralId, int], PathwayChosen] = field(default_factory=dict)
    deaths: Mapping[PatientKey, DeathKnown] = field(default_factory=dict)

    @property
    def own_stays(self) -> list[Stay]:
        """A link may come with a stay of a key that is not known yet to be this person's."""
        return [stay for stay in self.stays.values() if stay.patient_key in self.keys]

    @property
    def died_at(self) -> datetime | None:
        """The first that was told, under whichever key."""
        told = (death.died_at for death in self.deaths.values())
        return min((died_at for died_at in told if died_at), default=None)


def learn(facts: PersonFacts, fact: Fact) -> PersonFacts:
    """The facts with one more; a repeat or an older revision changes nothing."""
    match fact:
        case Stay():
            return _learn_stay(facts, fact)
        case DeathKnown():
            known_death = facts.deaths.get(fact.patient_key)
            if known_death and known_death.revision >= fact.revision:
                return facts
            return replace(facts, deaths={**facts.deaths, fact.patient_key: fact})
        case PathwayChosen():
            return replace(facts, decisions={(fact.referral_id, fact.decision): fact, **facts.decisions})
        case _:
            known = facts.referrals.get(fact.referral_id) or Referral(fact.referral_id)
            referrals = {**facts.referrals, fact.referral_id: _learn_referral(known, fact)}
            facts = replace(facts, referrals=referrals)
            return _learn_stay(facts, fact.stay) if isinstance(fact, Linked) else facts


def _learn_stay(facts: PersonFacts, stay: Stay) -> PersonFacts:
    known = facts.stays.get(stay.stay_id)
    if known and known.revision >= stay.revision:
        return facts
    return replace(facts, stays={**facts.stays, stay.stay_id: stay})


def _learn_referral(known: Referral, fact: ReferralFact) -> Referral:
    match fact:
        case Accepted():
            accepted = replace(known, kind=fact.kind, accepted_at=known.accepted_at or fact.accepted_at)
            # Without a stay it says nothing: the link may have been set by an event still on its way.
            return _link(accepted, fact.stay_id, fact.version) if fact.stay_id else accepted
        case Withdrawn():
            return replace(known, withdrawn_at=known.withdrawn_at or fact.withdrawn_at)
        case Linked():
            return _link(known, fact.stay.stay_id, fact.version)
        case Unlinked():
            return _link(known, None, fact.version)
        case CareStarted():
            return replace(known, care_started_at=min(known.care_started_at or fact.started_at, fact.started_at))


def _link(known: Referral, stay_id: StayId | None, version: int) -> Referral:
    if known.link_version >= version:
        return known
    return replace(known, stay_id=stay_id, link_version=version)
