"""A person: who a message is about, what is known of them, and whether they have died."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from homeward_kit.values import age_band, is_valid_nhs_number, outward_postcode

from .codes import DIED, Gender, NhsNumberStatus, VerificationStatus
from .errors import PersonNotIdentified
from .ids import PatientKey
from .inputs import PersonIn, ReferralFacts
from .message_errors import NhsNumberInvalid, PatientDiffers
from .movement import Movement
from .policy import Policy
from .stay import StayContent

# what a message may say of a person beside the numbers
DETAILS = ("family_name", "given_name", "born_on", "gender", "address_lines", "postcode", "phone", "gp_practice")
NHS_NUMBER = "nhs_number"  # it is told with its status


@dataclass(frozen=True)
class Person:
    """Everything about a person; only spa-intake holds it.

    `details_as_of` is when the newest message was sent, and when each detail was told that `told_at` does not name.
    """

    patient_key: PatientKey
    details_as_of: datetime
    family_name: str | None = None
    given_name: str | None = None
    born_on: date | None = None
    gender: Gender | None = None
    address_lines: tuple[str, ...] = ()
    postcode: str | None = None
    phone: str | None = None
    gp_practice: str | None = None
    nhs_number: str | None = None
    nhs_number_status: NhsNumberStatus = NhsNumberStatus.ABSENT
    verification_status: VerificationStatus | None = None
    died_at: datetime | None = None
    death_revision: int = 0
    told_at: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def has_died(self) -> bool:
        return self.died_at is not None


@dataclass(frozen=True)
class Identity:
    """How a message names a person. Only a verified NHS number and a hospital's own number match people."""

    nhs_number: str | None
    nhs_number_status: NhsNumberStatus
    hospital: str
    hospital_number: str | None
    verification_status: VerificationStatus | None = None

    @property
    def verified_nhs_number(self) -> str | None:
        return self.nhs_number if self.nhs_number_status is NhsNumberStatus.VERIFIED else None


def identify(person: PersonIn, sender: str, policy: Policy) -> Identity:
    """Verified: the check digit is right, and the status is 01 or the sender is set as sending verified numbers."""
    digits = "".join((person.nhs_number or "").replace("-", "").split()) or None
    status = NhsNumberStatus.UNVERIFIED if digits else NhsNumberStatus.ABSENT
    is_vouched_for = person.verification_status is VerificationStatus.PRESENT_AND_VERIFIED or (
        person.verification_status is None and sender in policy.verified_number_senders
    )
    if digits and is_vouched_for and is_valid_nhs_number(digits):
        status = NhsNumberStatus.VERIFIED
    own_number = (person.hospital_number or "").strip() or None
    return Identity(digits, status, person.hospital, own_number, person.verification_status)


def check_nhs_number(identity: Identity, policy: Policy) -> None:
    """Where a site wants no number that cannot be one, raise NhsNumberInvalid."""
    number = identity.nhs_number
    if policy.refuses_invalid_nhs_numbers and number is not None and not is_valid_nhs_number(number):
        raise NhsNumberInvalid


def require_identity(identity: Identity) -> None:
    """A hospital's movements are worth nothing without knowing whose they are."""
    if identity.verified_nhs_number is None and identity.hospital_number is None:
        raise PersonNotIdentified


@dataclass(frozen=True)
class Match:
    """Whose message it is (None: somebody new) and what to keep of its identifiers."""

    patient_key: PatientKey | None
    takes_nhs_number: bool  # the message's NHS number may be written to the person
    possible_duplicate: PatientKey | None = None


def match(identity: Identity, by_nhs_number: PatientKey | None, by_hospital: Person | None) -> Match:
    """Where the two numbers name two people, the hospital number decides and a possible duplicate is raised."""
    if by_hospital is None:
        return Match(by_nhs_number, takes_nhs_number=True)
    key = by_hospital.patient_key
    if by_nhs_number is not None and by_nhs_number != key:
        return Match(key, takes_nhs_number=False, possible_duplicate=by_nhs_number)
    has_verified = by_hospital.nhs_number_status is NhsNumberStatus.VERIFIED
    return Match(key, takes_nhs_number=not has_verified or by_hospital.nhs_number == identity.nhs_number)


def described(person: Person, details: PersonIn, identity: Identity, as_of: datetime, *, takes: bool) -> Person:
    """The person with what a message says that was sent at `as_of`; a blank says nothing.

    A verified NHS number is never replaced by an unverified one.
    """
    last = _last(said_of(details), person, as_of)
    moments = dict.fromkeys(last, as_of)
    if takes and _has_better_number(person, identity, as_of):
        moments[NHS_NUMBER] = as_of
        last |= _number(identity)
    return _with(person, last, moments, as_of)


def numbered(person: Person, identity: Identity, as_of: datetime) -> Person:
    """The person with the NHS number that was told at `as_of`, where it is a better one."""
    if not _has_better_number(person, identity, as_of):
        return person
    return _with(person, _number(identity), {NHS_NUMBER: as_of}, as_of)


def _number(identity: Identity) -> dict[str, Any]:  # Any: details of any type
    return {
        NHS_NUMBER: identity.nhs_number,
        "nhs_number_status": identity.nhs_number_status,
        "verification_status": identity.verification_status,
    }


def require_same_person(person: Person, said: Mapping[str, Any]) -> None:  # Any: as above
    """A later message may correct a name or a birth date (docs/adr/0028). Refuses with PatientDiffers.

    Another surname and another birth date at once are somebody else's.
    """
    names = {name.casefold() for name in (person.family_name, said.get("family_name")) if name}
    days = {day for day in (person.born_on, said.get("born_on")) if day}
    if len(names) > 1 and len(days) > 1:
        raise PatientDiffers


def require_same_number(person: Person, nhs_number: str | None) -> None:
    """Nobody has two NHS numbers. Refuses with PatientDiffers; a number that cannot be one says nothing."""
    is_verified = person.nhs_number_status is NhsNumberStatus.VERIFIED
    if is_verified and nhs_number != person.nhs_number and nhs_number and is_valid_nhs_number(nhs_number):
        raise PatientDiffers


def said_of(details: PersonIn) -> dict[str, Any]:  # Any: as above
    """A blank says nothing."""
    return {name: value for name in DETAILS if (value := getattr(details, name))}


def told(person: Person, said: Mapping[str, Any], as_of: datetime) -> Person:  # Any: as above
    """The person with details that were told at `as_of`; a blank among them clears what was known.

    Of each detail what was told last counts, and of what was told at one instant the greater: messages may come in any
    order and end in the same.
    """
    last = _last(said, person, as_of)
    return _with(person, last, dict.fromkeys(last, as_of), as_of)


def _with(person: Person, last: Mapping[str, Any], moments: dict[str, datetime], as_of: datetime) -> Person:
    known = {name: moment for name in (*DETAILS, NHS_NUMBER) if (moment := _told_at(person, name))}
    newest = max(as_of, person.details_as_of)
    after = replace(person, details_as_of=newest, **last)
    kept = {name: at for name, at in (known | moments).items() if at != newest or not getattr(after, name)}
    return replace(after, told_at=kept) if kept != after.told_at else after


def _last(said: Mapping[str, Any], person: Person, as_of: datetime) -> dict[str, Any]:
    """What was said that nothing told since speaks against."""
    return {name: value for name, value in said.items() if _is_last(person, name, value, as_of)}


def _told_at(person: Person, name: str) -> datetime | None:
    """When a detail was last told, or cleared; None: it never was."""
    return person.told_at.get(name) or (person.details_as_of if getattr(person, name) else None)


def _is_last(person: Person, name: str, value: object, as_of: datetime) -> bool:
    moment = _told_at(person, name)
    if moment is None or moment != as_of:
        return moment is None or as_of > moment
    return str(value or "") > str(getattr(person, name) or "")


def _has_better_number(person: Person, identity: Identity, as_of: datetime) -> bool:
    """Whether the message's NHS number counts: a verified one before all others, then the one told last."""
    if person.nhs_number is None or identity.nhs_number is None:
        return identity.nhs_number is not None
    known = (
        person.nhs_number_status is NhsNumberStatus.VERIFIED,
        _told_at(person, NHS_NUMBER) or as_of,
        person.nhs_number,
        person.verification_status or "",
    )
    is_verified = identity.nhs_number_status is NhsNumberStatus.VERIFIED
    return (is_verified, as_of, identity.nhs_number, identity.verification_status or "") > known


def with_person(facts: ReferralFacts, person: Person, on: date) -> ReferralFacts:
    """The coded facts with what they may say about the person: the outward postcode and the age band."""
    return replace(
        facts,
        outward_postcode=outward_postcode(person.postcode),
        age_band=age_band(person.born_on, on) if person.born_on and person.born_on <= on else None,
    )


def death_of(movements: Iterable[Movement], stays: Sequence[StayContent]) -> datetime | None:
    """When a person died, by all that was reported; None: alive as far as is known.

    A hospital's later word replaces its own earlier one, never another hospital's. A stay that ended in death
    counts until that discharge is cancelled or corrected: a routine "not dead" on a message does not undo it.
    """
    words: dict[str, list[Movement]] = defaultdict(list)
    for movement in movements:
        if movement.is_dead is not None:
            words[movement.hospital].append(movement)
    last_words = [max(said, key=lambda one: one.order) for said in words.values()]
    deaths = [word.died_at or word.occurred_at for word in last_words if word.is_dead]
    deaths += [
        stay.discharged_at
        for stay in stays
        if stay.discharged_at and stay.discharge_method == DIED and not stay.is_cancelled
    ]
    return min(deaths, default=None)


def settled(person: Person, died_at: datetime | None) -> Person:
    """The person with the death as now known; the revision rises only when that changes."""
    if person.died_at == died_at:
        return person
    return replace(person, died_at=died_at, death_revision=person.death_revision + 1)
