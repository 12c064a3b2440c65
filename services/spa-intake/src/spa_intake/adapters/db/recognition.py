"""Whose message it is: the person found by an identifier, or somebody new, under the person's lock."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from homeward_kit.database import Tx
from spa_intake.domain.codes import NhsNumberStatus
from spa_intake.domain.ids import PatientKey
from spa_intake.domain.inputs import PersonIn
from spa_intake.domain.person import Identity, Person, described, match

from . import merges, people
from .people import Identifier


@dataclass(frozen=True)
class Recognised:
    """A person as they are after a message, and what else the message told."""

    person: Person
    identity: Identity
    possible_duplicate: PatientKey | None


@dataclass
class Roll:
    """Everybody whom some messages may be about, as they were and as the messages that are kept change them."""

    people: dict[PatientKey, Person]
    identifiers: dict[Identifier, PatientKey]
    groups: Mapping[PatientKey, Collection[UUID]]  # all keys of those who were known
    _stored: frozenset[PatientKey] = frozenset()
    _changed: set[PatientKey] = field(default_factory=set)
    _new_identifiers: dict[Identifier, PatientKey] = field(default_factory=dict)
    _duplicates: list[tuple[PatientKey, PatientKey]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stored = frozenset(self.people)

    def keys_of(self, patient_key: PatientKey) -> Collection[PatientKey]:
        """All keys of the person that this one is of, in a fixed order."""
        return [PatientKey(key) for key in sorted(self.groups.get(patient_key, (patient_key,)))]

    def recognise(self, details: PersonIn, identity: Identity, as_of: datetime) -> Recognised:
        """Whom a message is about; nothing of it is kept yet."""
        by_nhs_number = self._find(people.NHS, identity.verified_nhs_number)
        by_hospital_key = self._find(identity.hospital, identity.hospital_number)
        matched = match(identity, by_nhs_number, self.people[by_hospital_key] if by_hospital_key else None)
        patient_key = matched.patient_key or PatientKey(uuid4())
        known = self.people.get(patient_key) or Person(patient_key, as_of)
        person = described(known, details, identity, as_of, takes=matched.takes_nhs_number)
        return Recognised(person, identity, matched.possible_duplicate)

    def keep(self, recognised: Recognised) -> None:
        """What the message says is saved, and the next message finds it."""
        person, identity = recognised.person, recognised.identity
        self.people[person.patient_key] = person
        self._changed.add(person.patient_key)
        wanted = [(identity.hospital, identity.hospital_number)]
        if person.nhs_number_status is NhsNumberStatus.VERIFIED:
            wanted.append((people.NHS, person.nhs_number))
        for scheme, value in wanted:
            if value is not None and (scheme, value) not in self.identifiers:
                self.identifiers[scheme, value] = self._new_identifiers[scheme, value] = person.patient_key
        other = recognised.possible_duplicate
        if other is not None and other not in self.keys_of(person.patient_key):
            self._duplicates.append((person.patient_key, other))

    async def save(self, tx: Tx) -> None:
        """Save everybody who changed; those known before have been locked since the roll was called."""
        tx.own(*(self._changed - self._stored))
        people.add(tx, [self.people[key] for key in self._changed - self._stored])
        await people.save(tx, *(self.people[key] for key in self._changed & self._stored))
        await people.add_identifiers(tx, self._new_identifiers, self._stored)
        await merges.raise_duplicates(tx, self._duplicates, [self.people[key] for key in self._changed])

    def _find(self, scheme: str, value: str | None) -> PatientKey | None:
        return self.identifiers.get((scheme, value)) if value is not None else None


def locks_of(identity: Identity) -> list[str]:
    """What is locked before anybody is looked for."""
    return [f"identifier/{scheme}/{value}" for scheme, value in named(identity)]


def named(identity: Identity) -> list[Identifier]:
    """The numbers by which people may be found."""
    numbers = ((people.NHS, identity.verified_nhs_number), (identity.hospital, identity.hospital_number))
    return [(scheme, value) for scheme, value in numbers if value is not None]


async def call_roll(tx: Tx, identities: Sequence[Identity]) -> Roll:
    """Everybody whom messages that name people so may be about; all about them is locked from here on.

    The identifiers are locked first, so that two first messages about one person make one person.
    """
    wanted = {identifier for identity in identities for identifier in named(identity)}
    await tx.lock(*(lock for identity in identities for lock in locks_of(identity)))
    identifiers = await people.find(tx, wanted)
    if not identifiers:
        return Roll({}, {}, {})
    keys = set(identifiers.values())
    await tx.lock(*keys)
    groups = {key: tx.groups[key] for key in keys}
    known = await people.of_keys(tx, frozenset(keys).union(*groups.values()))
    return Roll({person.patient_key: person for person in known}, identifiers, groups)


async def recognise(tx: Tx, details: PersonIn, identity: Identity, as_of: datetime) -> Person:
    """The person, with what the message says about them saved; everything about them is locked from here on."""
    (person,) = await recognise_all(tx, [(details, identity)], as_of)
    return person


async def recognise_all(tx: Tx, named: Sequence[tuple[PersonIn, Identity]], as_of: datetime) -> list[Person]:
    """As `recognise`, for all whom one message is about."""
    roll = await call_roll(tx, [identity for _, identity in named])
    found = []
    for details, identity in named:
        recognised = roll.recognise(details, identity, as_of)
        roll.keep(recognised)
        found.append(recognised.person)
    await roll.save(tx)
    await tx.flush()
    return found
