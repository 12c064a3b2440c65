"""Who is one person: what is said about two records, and which two look alike enough that somebody should look.

Only a hospital (A40) or a coordinator says that two records are one person's; the machine only asks. Both records keep
their keys: a merge adds an alias, and taking it back removes it.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .codes import NhsNumberStatus
from .errors import PossibleDuplicateDecided
from .ids import PatientKey
from .person import Person


class SaidBy(StrEnum):
    HOSPITAL = "hospital"
    STAFF = "staff"


@dataclass(frozen=True)
class Said:
    """Somebody's word about two records: one person's (then one of them survives), or two people's."""

    survivor: PatientKey
    retired: PatientKey
    is_merged: bool
    said_at: datetime
    said_by: SaidBy

    @property
    def pair(self) -> tuple[PatientKey, PatientKey]:
        """The two records, whichever survives."""
        first, second = sorted((self.survivor, self.retired))
        return first, second

    @property
    def weight(self) -> tuple[datetime, bool]:
        """The later word counts; of two at one instant a coordinator's."""
        return self.said_at, self.said_by is SaidBy.STAFF


@dataclass(frozen=True)
class Merge:
    """What counts about two records; `revision` rises when they become one person's, and when they no longer are."""

    said: Said
    revision: int


def hear(known: Merge | None, said: Said) -> Merge | None:
    """What counts after this word; None: nothing changes.

    A repeat, an older word, and a record merged into itself change nothing. That two records never merged are two
    people's is kept (revision 0, nothing to tell), so that an older merge that comes late does not join them.
    """
    if said.survivor == said.retired or (known is not None and said.weight <= known.said.weight):
        return None
    if known is None:
        return Merge(said, revision=1 if said.is_merged else 0)
    return Merge(said, known.revision + (said.is_merged != known.said.is_merged))


def is_news(known: Merge | None, heard: Merge) -> bool:
    """Whether others must be told: not when the same is said again, or only the survivor is another."""
    return heard.revision != (known.revision if known else 0)


class Because(StrEnum):
    """Why two records are, or were, looked at together."""

    IDENTIFIERS = "identifiers"  # a message named both
    DETAILS = "details"  # the same name, birth date and postcode
    HOSPITAL = "hospital"  # a hospital merged them; nobody had asked


class Decision(StrEnum):
    SAME = "same"
    DIFFERENT = "different"


class DecisionReason(StrEnum):
    """Why a coordinator decided so."""

    NUMBERS_CHECKED = "numbers_checked"
    ASKED_WARD = "asked_ward"
    ASKED_PERSON_OR_FAMILY = "asked_person_or_family"
    RECORDS_COMPARED = "records_compared"
    DECIDED_WRONGLY = "decided_wrongly"


def require_change(decision: Decision | None, wanted: Decision) -> None:
    """Refuses with PossibleDuplicateDecided: the same cannot be decided twice."""
    if decision is wanted:
        raise PossibleDuplicateDecided(decision=wanted.value)


def word_of_staff(first: Person, second: Person, decision: Decision, now: datetime) -> Said:
    """A coordinator's decision as a word; of one person's records the best identified survives."""
    survivor, retired = sorted((first, second), key=_standing, reverse=True)
    return Said(survivor.patient_key, retired.patient_key, decision is Decision.SAME, now, SaidBy.STAFF)


def _standing(person: Person) -> tuple[bool, datetime, PatientKey]:
    return person.nhs_number_status is NhsNumberStatus.VERIFIED, person.details_as_of, person.patient_key


def shown(people: Iterable[Person], merges: Iterable[Said]) -> Person:
    """Of the records of one person the one that staff read: the best identified that no other replaces."""
    candidates = list(people)
    keys = {person.patient_key for person in candidates}
    replaced = {said.retired for said in merges if said.is_merged and said.survivor in keys}
    best = [person for person in candidates if person.patient_key not in replaced] or candidates
    return max(best, key=_standing)


def likeness_of(person: Person) -> str | None:
    """What two records of one person have in common though no number tells: family name, first given name, birth
    date and postcode, without regard to case, accents, hyphens and spaces. None where any of them is not known.

    The given name keeps twins apart. The rule is ours: it only raises a question, so it may ask too often.
    """
    family, given = _letters(person.family_name), _letters((person.given_name or "").strip().split(" ")[0])
    postcode = _letters_and_digits(person.postcode)
    if not (family and given and postcode and person.born_on):
        return None
    return f"{family}|{given}|{person.born_on.isoformat()}|{postcode}"


def _letters(name: str | None) -> str:
    plain = unicodedata.normalize("NFKD", name or "").casefold()
    return plain if plain.isalpha() else "".join(filter(str.isalpha, plain))


def compared(one: Person, other: Person) -> dict[str, bool]:
    """Which details agree and which differ; those that either record does not have are left out."""
    likes = {
        "family_name": (_letters(one.family_name), _letters(other.family_name)),
        "given_name": (_letters(one.given_name), _letters(other.given_name)),
        "born_on": (one.born_on, other.born_on),
        "gender": (one.gender, other.gender),
        "postcode": (_letters_and_digits(one.postcode), _letters_and_digits(other.postcode)),
        "nhs_number": (one.nhs_number, other.nhs_number),
        "phone": (_letters_and_digits(one.phone), _letters_and_digits(other.phone)),
        "gp_practice": (one.gp_practice, other.gp_practice),
    }
    return {name: first == second for name, (first, second) in likes.items() if first and second}


def _letters_and_digits(text: str | None) -> str:
    return "".join(filter(str.isalnum, (text or "").casefold()))
