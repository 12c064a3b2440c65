"""People and the identifiers that match them."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Row

from homeward_kit.database import Group, Tx
from spa_intake.domain.codes import Gender, NhsNumberStatus, VerificationStatus
from spa_intake.domain.ids import PatientKey
from spa_intake.domain.merging import Said, likeness_of, shown
from spa_intake.domain.person import Person

from . import merges

Identifier = tuple[str, str]  # scheme and value
_moments = TypeAdapter(dict[str, datetime])
NHS = "nhs"  # the scheme of verified NHS numbers; a hospital's own numbers have its ODS code


async def get(tx: Tx, patient_key: UUID) -> Person | None:
    return next(iter(await of_keys(tx, [patient_key])), None)


async def of_keys(tx: Tx, patient_keys: Iterable[UUID]) -> list[Person]:
    rows = await tx.execute("SELECT * FROM people WHERE patient_key = ANY(:keys)", {"keys": list(patient_keys)})
    return [_person(row) for row in rows]


async def find(tx: Tx, named: Iterable[Identifier]) -> dict[Identifier, PatientKey]:
    """Whose identifiers these are; those of nobody are left out."""
    wanted = list(named)
    found = await tx.execute(
        """
        SELECT scheme, value, patient_key FROM person_identifiers
        JOIN unnest(CAST(:schemes AS text[]), CAST(:values AS text[])) AS wanted (scheme, value) USING (scheme, value)
        """,
        {"schemes": [scheme for scheme, _ in wanted], "values": [value for _, value in wanted]},
    )
    return {(row.scheme, row.value): PatientKey(row.patient_key) for row in found}


def add(tx: Tx, new: Iterable[Person]) -> None:
    """People whom nobody knew before."""
    for person in new:
        tx.add_row("people", _values(person))


async def save(tx: Tx, *changed: Person) -> None:
    if not changed:
        return
    await tx.execute(
        """
        INSERT INTO people (patient_key, details_as_of, family_name, given_name, born_on, gender, address_lines,
            postcode, phone, gp_practice, nhs_number, nhs_number_status, verification_status, died_at, death_revision,
            told_at, likeness)
        VALUES (:patient_key, :details_as_of, :family_name, :given_name, :born_on, :gender, :address_lines,
            :postcode, :phone, :gp_practice, :nhs_number, :nhs_number_status, :verification_status, :died_at,
            :death_revision, CAST(:told_at AS jsonb), :likeness)
        ON CONFLICT (patient_key) DO UPDATE SET details_as_of = excluded.details_as_of,
            family_name = excluded.family_name, given_name = excluded.given_name, born_on = excluded.born_on,
            gender = excluded.gender, address_lines = excluded.address_lines, postcode = excluded.postcode,
            phone = excluded.phone, gp_practice = excluded.gp_practice, nhs_number = excluded.nhs_number,
            nhs_number_status = excluded.nhs_number_status, verification_status = excluded.verification_status,
            died_at = excluded.died_at, death_revision = excluded.death_revision, told_at = excluded.told_at,
            likeness = excluded.likeness
        """,
        [_values(person) for person in changed],
    )


async def add_identifiers(tx: Tx, new: Mapping[Identifier, PatientKey], stored: Container[PatientKey]) -> None:
    """Keep identifiers that people may be found by from now on; those of people `stored` before may be kept already."""
    rows = [
        {"scheme": scheme, "value": value, "patient_key": key} for (scheme, value), key in new.items() if key in stored
    ]
    if rows:
        await tx.execute(
            "INSERT INTO person_identifiers (scheme, value, patient_key) VALUES (:scheme, :value, :patient_key)"
            " ON CONFLICT DO NOTHING",
            rows,
        )
    for (scheme, value), key in new.items():
        if key not in stored:
            tx.add_row("person_identifiers", {"scheme": scheme, "value": value, "patient_key": key})


@dataclass(frozen=True)
class PersonRecord:
    """A person as staff read the record."""

    person: Person
    hospital_number: str | None
    has_possible_duplicate: bool
    other_keys: tuple[PatientKey, ...] = ()  # of the same person, after a merge


async def records(tx: Tx, patient_keys: Sequence[UUID]) -> list[PersonRecord]:
    """The records of these people; keys that name nobody are left out.

    Whichever key of a merged person is asked for, what is read is the record that survives.
    """
    groups = await tx.look_up_groups(patient_keys)
    found = {record.person.patient_key: record for record in await own_records(tx, sorted(_all(groups)))}
    said = await merges.among(tx, sorted(_all(groups)))
    return [_shown(PatientKey(key), groups[key], found, said) for key in patient_keys if key in found]


async def own_records(tx: Tx, patient_keys: Sequence[UUID]) -> list[PersonRecord]:
    """What is filed under each of these keys."""
    rows = await tx.execute(
        """
        SELECT people.*,
            (SELECT min(value) FROM person_identifiers i
              WHERE i.patient_key = people.patient_key AND scheme <> 'nhs') AS hospital_number,
            EXISTS (SELECT FROM possible_duplicates d
              WHERE people.patient_key IN (d.first, d.second) AND d.decision IS NULL) AS has_possible_duplicate
        FROM people WHERE patient_key = ANY(:keys)
        """,
        {"keys": list(patient_keys)},
    )
    return [PersonRecord(_person(row), row.hospital_number, row.has_possible_duplicate) for row in rows]


def _all(groups: Mapping[UUID, Group]) -> Group:
    return frozenset[UUID]().union(*groups.values())


def _shown(
    key: PatientKey, group: Group, found: Mapping[PatientKey, PersonRecord], said: Sequence[Said]
) -> PersonRecord:
    if len(group) == 1:
        return found[key]
    best = found[shown([found[PatientKey(one)].person for one in group], said).patient_key]
    return replace(
        best,
        person=replace(best.person, patient_key=key),
        has_possible_duplicate=any(found[PatientKey(one)].has_possible_duplicate for one in group),
        other_keys=tuple(PatientKey(one) for one in sorted(group - {key})),
    )


def _values(person: Person) -> dict[str, Any]:  # Any: values of columns
    told_at = _moments.dump_json(dict(person.told_at)).decode() if person.told_at else None
    return vars(person) | {
        "address_lines": list(person.address_lines),
        "told_at": told_at,
        "likeness": likeness_of(person),
    }


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
        told_at=_moments.validate_python(row.told_at) if row.told_at else {},
    )
