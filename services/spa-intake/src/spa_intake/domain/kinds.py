"""The kinds of referral as data: who refers each, and what must be there for it to be received, by whichever door.

Sources: architecture.md, section 3; the content that a coordinator needs to accept is in the acceptance rules.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from .codes import Kind
from .content_codes import Referrer
from .inputs import ReferralIn

CLOCK_TOLERANCE = timedelta(minutes=5)  # the sender's clock may be a little fast
Present = Callable[[ReferralIn], object]

# what can be asked for, by the JSON pointer at which a caller gives it
CONTENT: Mapping[str, Present] = {
    "/hospital": lambda asked: asked.facts.hospital,
    "/ward": lambda asked: asked.facts.ward,
    "/response_within": lambda asked: asked.facts.response_within,
    # somebody without either number is nobody that a second message could be about
    "/person/hospital_number": lambda asked: asked.person.hospital_number or asked.person.nhs_number,
    "/person/nhs_number": lambda asked: asked.person.nhs_number,
    "/person/gp_practice": lambda asked: asked.person.gp_practice,
    "/person/address_lines": lambda asked: asked.person.address_lines,
    "/person/postcode": lambda asked: asked.person.postcode,
}


@dataclass(frozen=True)
class KindPolicy:
    """What intake asks of a kind."""

    referrers: tuple[Referrer, ...]  # where there is one only, it goes without saying
    needed: tuple[str, ...]  # pointers of CONTENT
    is_from_hospital: bool = False  # about a stay in hospital, and stopped by the criteria to reside


POLICIES: Mapping[Kind, KindPolicy] = {
    Kind.HOSPITAL_DISCHARGE: KindPolicy(
        referrers=(Referrer.WARD,),
        needed=("/hospital", "/person/hospital_number"),
        is_from_hospital=True,
    ),
    Kind.PROACTIVE_CARE: KindPolicy(
        referrers=(Referrer.GP_PRACTICE,),
        needed=("/person/nhs_number", "/person/gp_practice", "/person/postcode"),
    ),
    # somebody goes there within hours: the address must be right
    Kind.ADMISSION_AVOIDANCE: KindPolicy(
        referrers=(Referrer.GP_PRACTICE, Referrer.NHS_111, Referrer.AMBULANCE, Referrer.CARE_HOME),
        needed=("/response_within", "/person/nhs_number", "/person/address_lines", "/person/postcode"),
    ),
    Kind.CARE_HOME: KindPolicy(
        referrers=(Referrer.CARE_HOME,),
        needed=("/person/nhs_number", "/person/postcode"),
    ),
}


@dataclass(frozen=True)
class Fault:
    """What is wrong: missing, not_for_this_kind, criterion_not_met, in_future, later_than_assessment."""

    pointer: str
    code: str


def is_about_a_stay(kind: str) -> bool:
    """Whether a referral of this kind is about leaving hospital."""
    return POLICIES[Kind(kind)].is_from_hospital


def referrer_of(kind: Kind, said: Referrer | None) -> Referrer | None:
    """Who refers: as said, or the only one who refers this kind."""
    referrers = POLICIES[kind].referrers
    return said or (referrers[0] if len(referrers) == 1 else None)


def faults_of(asked: ReferralIn, now: datetime) -> list[Fault]:
    """What is missing, does not fit the kind, or has not happened yet, in the order of the policy."""
    policy, facts = POLICIES[asked.kind], asked.facts
    faults = [Fault(pointer, "missing") for pointer in policy.needed if not CONTENT[pointer](asked)]
    if facts.referrer is None:
        faults.append(Fault("/referrer", "missing"))
    elif facts.referrer not in policy.referrers:
        faults.append(Fault("/referrer", "not_for_this_kind"))
    if not policy.is_from_hospital:
        faults += [Fault(pointer, "not_for_this_kind") for pointer in _of_a_stay(asked)]
    if facts.criteria_since.keys() - set(facts.criteria_to_reside):
        faults.append(Fault("/criteria_since", "criterion_not_met"))
    latest = facts.criteria_assessed_at or now
    if latest > now + CLOCK_TOLERANCE:
        faults.append(Fault("/criteria_assessed_at", "in_future"))
    elif any(began_at > latest for began_at in facts.criteria_since.values()):
        faults.append(Fault("/criteria_since", "later_than_assessment"))
    return faults


def _of_a_stay(asked: ReferralIn) -> list[str]:
    facts = asked.facts
    said = {
        "/hospital": facts.hospital != facts.referring_organisation,
        "/ward": facts.ward,
        "/visit_number": asked.visit_number,
        "/criteria_to_reside": facts.criteria_to_reside,
    }
    return [pointer for pointer, value in said.items() if value]
