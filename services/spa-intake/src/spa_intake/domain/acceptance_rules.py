"""What speaks against accepting a referral as it is: rules as data, of which none accepts or declines by itself."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from homeward_kit.values import age_in_years

from .codes import DeclineReason, Kind, Missing
from .inputs import ReferralFacts


class Effect(StrEnum):
    """What a rule suggests to the coordinator when it applies, the gravest first."""

    DECLINE = "decline"
    QUERY = "query"
    WARN = "warn"


@dataclass(frozen=True)
class Candidate:
    """A referral as the rules look at it: its facts, and of its person only what they need."""

    kind: Kind
    facts: ReferralFacts
    born_on: date | None = None
    gp_practice: str | None = None
    can_be_reached: bool = False  # an address or a phone number is known
    has_next_of_kin: bool = False  # somebody to talk to about the person


@dataclass(frozen=True)
class OutsideArea:
    """Applies when neither the postcode district nor the GP practice is one of these; not while both are unknown."""

    outward_postcodes: frozenset[str] = frozenset()
    gp_practices: frozenset[str] = frozenset()

    def found(self, candidate: Candidate) -> tuple[Missing, ...] | None:
        known = {candidate.facts.outward_postcode} - {None} if self.outward_postcodes else set()
        known |= {candidate.gp_practice} - {None} if self.gp_practices else set()
        return None if not known or known & (self.outward_postcodes | self.gp_practices) else ()


@dataclass(frozen=True)
class OutsideAges:
    """Applies to people younger or older than this, in whole years; not while the birth date is unknown."""

    youngest: int | None = None
    oldest: int | None = None

    def found_on(self, candidate: Candidate, on: date) -> tuple[Missing, ...] | None:
        if candidate.born_on is None:
            return None
        age = age_in_years(candidate.born_on, on)
        is_too_young = self.youngest is not None and age < self.youngest
        is_too_old = self.oldest is not None and age > self.oldest
        return () if is_too_young or is_too_old else None


@dataclass(frozen=True)
class HospitalNotServed:
    hospitals: frozenset[str] = frozenset()

    def found(self, candidate: Candidate) -> tuple[Missing, ...] | None:
        return None if candidate.facts.hospital in self.hospitals else ()


@dataclass(frozen=True)
class MissingItems:
    """Applies when one of these is not there; it names those that are not."""

    fields: tuple[Missing, ...] = ()

    def found(self, candidate: Candidate) -> tuple[Missing, ...] | None:
        return tuple(one for one in dict.fromkeys(self.fields) if not is_given(one, candidate)) or None


Condition = OutsideArea | OutsideAges | HospitalNotServed | MissingItems


@dataclass(frozen=True)
class Rule:
    """`kinds` empty: of every kind. `reason` is what a decline would give. Both days count."""

    code: str
    sentence: str
    effect: Effect
    condition: Condition
    valid_from: date
    kinds: frozenset[Kind] = frozenset()
    reason: DeclineReason | None = None
    valid_to: date | None = None

    def is_valid(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True)
class Finding:
    """A rule that applies to a referral, for a person to act on."""

    code: str
    sentence: str
    effect: Effect
    reason: DeclineReason | None = None
    missing: tuple[Missing, ...] = ()


def evaluate(rules: Iterable[Rule], candidate: Candidate, on: date) -> tuple[Finding, ...]:
    """What the rules valid on this London day find, the gravest first; the order of the rules does not matter."""
    findings = {
        finding for rule in rules if rule.is_valid(on) and (finding := _finding(rule, candidate, on)) is not None
    }
    return tuple(sorted(findings, key=_place))


def to_ask(findings: Iterable[Finding]) -> tuple[Missing, ...]:
    """Everything that the ward is to be asked for, each once."""
    asked = {one for finding in findings if finding.effect is Effect.QUERY for one in finding.missing}
    return tuple(one for one in Missing if one in asked)


def _finding(rule: Rule, candidate: Candidate, on: date) -> Finding | None:
    if rule.kinds and candidate.kind not in rule.kinds:
        return None
    condition = rule.condition
    found = condition.found_on(candidate, on) if isinstance(condition, OutsideAges) else condition.found(candidate)
    return None if found is None else Finding(rule.code, rule.sentence, rule.effect, rule.reason, found)


def _place(finding: Finding) -> tuple[int, str, str, str, tuple[str, ...]]:
    gravity = list(Effect).index(finding.effect)
    return gravity, finding.code, finding.sentence, finding.reason or "", finding.missing


_IN_FACTS: Mapping[Missing, Callable[[ReferralFacts], bool]] = {
    Missing.CRITERIA_TO_RESIDE: lambda facts: facts.criteria_assessed_at is not None,
    Missing.EXPECTED_DISCHARGE_DATE: lambda facts: facts.expected_discharge_on is not None,
    Missing.DISCHARGE_READY_DATE: lambda facts: facts.discharge_ready_on is not None,
    Missing.NEEDS: lambda facts: bool(facts.needs),
    Missing.MOBILITY: lambda facts: facts.mobility is not None,
    Missing.COGNITION: lambda facts: facts.cognition is not None,
    Missing.LIVING_SITUATION: lambda facts: facts.living_situation is not None,
    Missing.EXISTING_CARE: lambda facts: facts.existing_care is not None,
    Missing.CLINICAL_FRAILTY: lambda facts: facts.clinical_frailty_scale is not None,
    Missing.ABILITIES: lambda facts: bool(facts.abilities),
    Missing.CONSENT: lambda facts: facts.legal is not None and facts.legal.consent_to_referral is not None,
    Missing.MENTAL_CAPACITY: lambda facts: facts.legal is not None and facts.legal.mental_capacity is not None,
    Missing.COMMUNICATION: lambda facts: facts.communication is not None,
    Missing.INFECTION: lambda facts: facts.infection is not None,
    Missing.EQUIPMENT: lambda facts: facts.equipment is not None,
    Missing.RESPONSE_TIME: lambda facts: facts.response_within is not None,
    Missing.WARD: lambda facts: bool(facts.ward),
}
_BESIDE: Mapping[Missing, Callable[[Candidate], bool]] = {
    Missing.CONTACT_DETAILS: lambda candidate: candidate.can_be_reached,
    Missing.GP_PRACTICE: lambda candidate: candidate.gp_practice is not None,
    Missing.NEXT_OF_KIN: lambda candidate: candidate.has_next_of_kin,
}
# what a rule can look for; the others come on paper or in words, and only a person sees that they are missing
DECIDABLE = frozenset(_IN_FACTS) | frozenset(_BESIDE)


def is_given(item: Missing, candidate: Candidate) -> bool:
    """True also for what cannot be looked for."""
    if item in _IN_FACTS:
        return _IN_FACTS[item](candidate.facts)
    return _BESIDE[item](candidate) if item in _BESIDE else True


def still_missing(asked: Iterable[str], facts: ReferralFacts) -> tuple[str, ...]:
    """Of what the ward was asked, what its facts still lack; an answer counts for all that facts cannot show."""
    unseen: dict[str, Callable[[ReferralFacts], bool]] = {str(item): test for item, test in _IN_FACTS.items()}
    return tuple(item for item in asked if item in unseen and not unseen[item](facts))
