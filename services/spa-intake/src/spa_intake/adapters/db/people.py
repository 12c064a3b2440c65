"""People and the identifiers that match them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from homeward_kit.database import Tx
from spa_intake.domain.codes import Gender, NhsNumberStatus, VerificationStatus
from spa_intake.domain.ids import PatientKey
from spa_intake.domain.person import Identity, Person

NHS = "nhs"  # the scheme of verified NHS numbers; a hospital's own numbers have its ODS code


async def get(tx: Tx, patient_key: UUID) -> Person | None:
    row = (await tx.execute("SELECT * FROM people WHERE patient_key = :key", {"key": patient_key})).one_or_none()
    return _person(row) if row else None


async def find(tx: Tx, scheme: str, value: str | None) -> PatientKey | None:
    """Whose identifier this is."""
    if value is None:
        return None
    found = await tx.execute(
        "SELECT patient_key FROM person_identifiers WHERE scheme = :scheme AND value = :value",
        {"scheme": scheme, "value": value},
    )
    key = found.scalar_one_or_none()
    return PatientKey(key) if key else None


async def save(tx: Tx, person: Person) -> None:
    await tx.execute(
        """
        INSERT INTO people (patient_key, details_as_of, family_name, given_name, born_on, gender, address_lines,
            postcode, phone, gp_practice, nhs_number, nhs_number_status, verification_status, died_at, death_revision)
        VALUES (:patient_key, :details_as_of, :family_name, :given_name, :born_on, :gender, :address_lines,
            :postcode, :phone, :gp_practice, :nhs_number, :nhs_number_status, :verification_status, :died_at,
            :death_revision)
        ON CONFLICT (patient_key) DO UPDATE SET details_as_of = excluded.details_as_of,
            family_name = excluded.family_name, given_name = excluded.given_name, born_on = excluded.born_on,
            gender = excluded.gender, address_lines = excluded.address_lines, postcode = excluded.postcode,
            phone = excluded.phone, gp_practice = excluded.gp_practice, nhs_number = excluded.nhs_number,
            nhs_number_status = excluded.nhs_number_status, verification_status = excluded.verification_status,
            died_at = excluded.died_at, death_revision = excluded.death_revision
        """,
        {
            "patient_key": person.patient_key,
            "details_as_of": person.details_as_of,
            "family_name": person.family_name,
            "given_name": person.given_name,
            "born_on": person.born_on,
            "gender": person.gender,
            "address_lines": list(person.address_lines),
            "postcode": person.postcode,
            "phone": person.phone,
            "gp_practice": person.gp_practice,
            "nhs_number": person.nhs_number,
            "nhs_number_status": person.nhs_number_status,
            "verification_status": person.verification_status,
            "died_at": person.died_at,
            "death_revision": person.death_revision,
        },
    )


async def add_identifiers(tx: Tx, person: Person, identity: Identity) -> None:
    """Keep the message's identifiers that this person may be found by from now on."""
    wanted = [(identity.hospital, identity.hospital_number)]
    if person.nhs_number_status is NhsNumberStatus.VERIFIED:
        wanted.append((NHS, person.nhs_number))
    for scheme, value in wanted:
        if value is not None:
            await tx.execute(
                "INSERT INTO person_identifiers (scheme, value, patient_key) VALUES (:scheme, :value, :key)"
                " ON CONFLICT DO NOTHING",
                {"scheme": scheme, "value": value, "key": person.patient_key},
            )


async def raise_possible_duplicate(tx: Tx, patient_key: PatientKey, other: PatientKey) -> None:
    """Two people of whom a message says that they are one; a coordinator decides."""
    await tx.execute(
        "INSERT INTO possible_duplicates (patient_key, other_key, raised_at) VALUES (:key, :other, :now)"
        " ON CONFLICT DO NOTHING",
        {"key": patient_key, "other": other, "now": tx.now},
    )


@dataclass(frozen=True)
class PersonRecord:
    """A person as staff read the record."""

    person: Person
    hospital_number: str | None
    has_possible_duplicate: bool


async def records(tx: Tx, patient_keys: Sequence[UUID]) -> list[PersonRecord]:
    """The records of these people; keys that name nobody are left out."""
    rows = await tx.execute(
        """
        SELECT people.*,
            (SELECT min(value) FROM person_identifiers i
              WHERE i.patient_key = people.patient_key AND scheme <> 'nhs') AS hospital_number,
            EXISTS (SELECT FROM possible_duplicates d
              WHERE people.patient_key IN (d.patient_key, d.other_key)) AS has_possible_duplicate
        FROM people WHERE patient_key = ANY(:keys)
        """,
        {"keys": list(patient_keys)},
    )
    return [PersonRecord(_person(row), row.hospital_number, row.has_possible_duplicate) for row in rows]


def _person(row: Row[Any]) -> Person:  # Any: the row's columns
    return Person(
        patient_key=PatientKey(row.patient_key),
        details_as_of=row.details_as_of,
        family_name=row.family_name,
        given_name=row.given_name,
        born_on=row.born_on,
        gender=Gender(row.gender) if row.gender else None,
        address_lines=tuple(row.address_lines),
        postcode=row.postcode,
        phone=row.phone,
        gp_practice=row.gp_practice,
        nhs_number=row.nhs_number,
        nhs_number_status=NhsNumberStatus(row.nhs_number_status),
        verification_status=VerificationStatus(row.verification_status) if row.verification_status else None,
        died_at=row.died_at,
        death_revision=row.death_revision,
    )
