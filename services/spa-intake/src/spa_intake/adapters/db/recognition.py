"""Whose message it is: the person found by an identifier, or somebody new, under the person's lock."""

from datetime import datetime
from uuid import uuid4

from homeward_kit.database import Tx
from spa_intake.domain.ids import PatientKey
from spa_intake.domain.inputs import PersonIn
from spa_intake.domain.person import Identity, Person, described, match

from . import people


async def recognise(tx: Tx, details: PersonIn, identity: Identity, as_of: datetime) -> Person:
    """The person, with what the message says about them saved; everything about them is locked from here on.

    The identifiers are locked first, so that two first messages about one person make one person.
    """
    named = [(people.NHS, identity.verified_nhs_number), (identity.hospital, identity.hospital_number)]
    await tx.lock(*(f"identifier/{scheme}/{value}" for scheme, value in named if value is not None))
    by_nhs_number = await people.find(tx, people.NHS, identity.verified_nhs_number)
    by_hospital_key = await people.find(tx, identity.hospital, identity.hospital_number)
    by_hospital = await people.get(tx, by_hospital_key) if by_hospital_key else None
    matched = match(identity, by_nhs_number, by_hospital)
    patient_key = matched.patient_key or PatientKey(uuid4())
    await tx.lock(patient_key)
    known = await people.get(tx, patient_key) or Person(patient_key, as_of)
    person = described(known, details, identity, as_of, takes=matched.takes_nhs_number)
    await people.save(tx, person)
    await people.add_identifiers(tx, person, identity)
    if matched.possible_duplicate is not None:
        await people.raise_possible_duplicate(tx, patient_key, matched.possible_duplicate)
    return person
