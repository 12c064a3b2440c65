"""What a later message of a referral corrects of the person, and the numbers that it adds, by REST and by FHIR."""

from collections.abc import AsyncIterator, Callable
from datetime import date
from typing import Any

import httpx
import pytest
from door_builders import NHS_NUMBER, Change, Json, bars, reason, resource, sent_on
from door_service import Door, coding, open_door, send
from intake_builders import movement_in, person_in
from intake_database import Intake

from homeward_kit.database import Database
from homeward_kit.testing.tokens import TokenIssuer
from spa_intake.api.examples import REFERRAL
from spa_intake.domain.codes import Trigger, VerificationStatus

LEAST: Json = REFERRAL["the least of a hospital discharge"]["value"]
VERIFIED = {"nhs_number": "999 000 0018", "nhs_number_verification_status": "01"}
LATER = sent_on("2026-11-20T12:00:00+00:00")


@pytest.fixture
def ward(token_issuer: TokenIssuer) -> dict[str, str]:
    return token_issuer.headers("ward_system", org="RJZ")


@pytest.fixture
async def door(make_database: Callable[[str], Database], token_issuer: TokenIssuer) -> AsyncIterator[Door]:
    async with open_door(make_database("spa_intake"), token_issuer) as opened:
        yield opened


@pytest.fixture
async def sent(api: httpx.AsyncClient, ward: dict[str, str]) -> Json:
    """A person who is known by the hospital's number only."""
    answer = await api.post("/api/v1/referrals", json=LEAST, headers=ward)
    assert answer.status_code == 201, answer.text
    found: Json = answer.json()
    return found


@pytest.fixture
def amend(api: httpx.AsyncClient, ward: dict[str, str], sent: Json) -> Callable[..., Any]:
    async def amend(**person: object) -> httpx.Response:
        place = sent["links"]["self"]
        tag = (await api.get(place, headers=ward)).headers["etag"]
        return await api.post(f"{place}/amend", json={"person": person}, headers=ward | {"If-Match": tag})

    return amend


# Any: columns of whatever is asked for
async def rows(intake: Intake, query: str) -> list[Any]:
    async with intake.database.transaction() as tx:
        return list(await tx.execute(query))


async def test_an_amendment_corrects_who_the_person_is(intake: Intake, amend: Callable[..., Any], sent: Json) -> None:
    answer = await amend(family_name="Sample", given_name="Benjamin", postcode="BR6 0AA", gender="male")
    assert answer.status_code == 200, answer.text
    assert (answer.json()["version"], answer.json()["outward_postcode"]) == (sent["version"] + 1, "BR6")
    (person,) = await rows(intake, "SELECT * FROM people")
    assert (person.family_name, person.given_name, person.gender) == ("Sample", "Benjamin", "male")
    assert person.born_on == date(1938, 2, 17)
    told = (await intake.told())[-1]
    assert told.name == "referral.amended"
    assert "Sample" not in str(told.payload)
    again = await amend(family_name="Sample")
    assert again.json()["version"] == answer.json()["version"]


async def test_a_birth_date_alone_is_a_correction_and_changes_the_age_band(
    intake: Intake, amend: Callable[..., Any]
) -> None:
    assert (await amend(born_on="1968-02-17")).status_code == 200
    assert (await intake.told())[-1].payload["facts"]["age_band"] == "18-64"


async def test_another_surname_and_another_birth_date_are_somebody_else(
    intake: Intake, amend: Callable[..., Any]
) -> None:
    answer = await amend(family_name="Sample", born_on="1968-02-17", postcode="BR6 0AA")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:homeward:problem:patient_differs")
    (person,) = await rows(intake, "SELECT * FROM people")
    assert (person.family_name, person.postcode) == ("Example", None)


async def test_null_clears_how_a_person_is_reached_but_not_who_they_are(
    intake: Intake, amend: Callable[..., Any]
) -> None:
    assert (await amend(phone="020 7946 0002", family_name=None)).status_code == 200
    assert (await amend(phone=None, given_name=None, born_on=None)).status_code == 200
    (person,) = await rows(intake, "SELECT * FROM people")
    assert (person.family_name, person.given_name, person.phone) == ("Example", "Ben", None)


async def test_a_verified_nhs_number_that_comes_later_is_added_and_found_by(
    intake: Intake, amend: Callable[..., Any]
) -> None:
    answer = await amend(**VERIFIED)
    assert answer.json()["nhs_number_status"] == "verified"
    verified = VerificationStatus.PRESENT_AND_VERIFIED
    elsewhere = person_in(hospital="RJ1", hospital_number="G1", nhs_number="9990000018", verification_status=verified)
    await intake.move(movement_in(Trigger.ADMIT, person=elsewhere, hospital="RJ1"))
    assert await intake.count("people") == 1
    other = await amend(nhs_number="999 000 0026", nhs_number_verification_status="01")
    assert other.json()["type"] == "urn:homeward:problem:patient_differs"


async def test_an_unverified_nhs_number_is_kept_and_matches_nobody(intake: Intake, amend: Callable[..., Any]) -> None:
    assert (await amend(nhs_number="9990000018")).json()["nhs_number_status"] == "unverified"
    assert {row.scheme for row in await rows(intake, "SELECT scheme FROM person_identifiers")} == {"RJZ"}


async def test_a_hospital_number_that_comes_later_is_found_by_the_hospitals_messages(
    intake: Intake, amend: Callable[..., Any], sent: Json
) -> None:
    answer = await amend(hospital_number="H999")
    assert answer.json()["version"] == sent["version"] + 1
    moved = await intake.move(movement_in(Trigger.ADMIT, person=person_in(hospital_number="H999")))
    (person,) = await rows(intake, "SELECT patient_key FROM people")
    assert moved.patient_key == person.patient_key


@pytest.mark.parametrize("number", [VERIFIED, {"hospital_number": "H777"}], ids=["nhs", "hospital"])
async def test_a_number_of_somebody_else_is_a_question_and_is_not_taken(
    intake: Intake, amend: Callable[..., Any], number: dict[str, str]
) -> None:
    other = person_in(
        hospital_number="H777",
        family_name="Other",
        nhs_number="9990000018",
        verification_status=VerificationStatus.PRESENT_AND_VERIFIED,
    )
    theirs = (await intake.move(movement_in(Trigger.ADMIT, person=other))).patient_key
    answer = await amend(**number)
    assert (answer.status_code, answer.json()["nhs_number_status"]) == (200, "absent")
    (asked,) = await rows(intake, "SELECT * FROM possible_duplicates")
    (ours,) = await rows(intake, "SELECT patient_key FROM referrals")
    assert {asked.first, asked.second} == {theirs, ours.patient_key}
    assert (asked.because, asked.decision) == ("identifiers", None)
    assert await intake.count("alias_groups") == 0
    assert (await amend(**number)).status_code == 200
    assert await intake.count("possible_duplicates") == 1


async def test_a_correction_that_makes_two_records_alike_is_asked_about(
    intake: Intake, amend: Callable[..., Any]
) -> None:
    alike = person_in(hospital_number="H1", given_name="Ben", born_on=date(1938, 2, 17), postcode="BR1 1AA")
    await intake.move(movement_in(Trigger.ADD_PERSON, person=alike))
    assert (await amend(family_name=alike.family_name, postcode="br1 1aa")).status_code == 200
    (asked,) = await rows(intake, "SELECT because FROM possible_duplicates")
    assert asked.because == "details"


def patient(**said: object) -> Change:
    def change(bundle: Json) -> None:
        resource(bundle, "Patient").update(said)

    return change


def without_nhs_number(bundle: Json) -> None:
    found = resource(bundle, "Patient")
    found["identifier"] = [one for one in found["identifier"] if one["value"] != NHS_NUMBER]


def without_hospital_number(bundle: Json) -> None:
    found = resource(bundle, "Patient")
    found["identifier"] = [one for one in found["identifier"] if one["value"] == NHS_NUMBER]


@pytest.mark.parametrize("left_out", [without_nhs_number, without_hospital_number])
async def test_a_fhir_update_adds_the_number_that_the_first_message_left_out(door: Door, left_out: Change) -> None:
    assert (await send(door, bars(left_out)))["status"] == 200
    assert len(await door.rows("SELECT * FROM person_identifiers")) == 1
    assert (await send(door, bars(reason("update"), LATER)))["status"] == 200
    assert len(await door.rows("SELECT * FROM person_identifiers")) == 2
    (person,) = await door.rows("SELECT nhs_number, nhs_number_status FROM people")
    assert (person.nhs_number, person.nhs_number_status) == (NHS_NUMBER, "verified")


async def test_a_fhir_update_corrects_the_birth_date(door: Door) -> None:
    assert (await send(door, bars()))["status"] == 200
    assert (await send(door, bars(reason("update"), LATER, patient(birthDate="1951-02-03"))))["status"] == 200
    (person,) = await door.rows("SELECT born_on FROM people")
    assert person.born_on == date(1951, 2, 3)


async def test_a_fhir_update_with_the_number_of_somebody_else_is_a_question(door: Door) -> None:
    assert (await send(door, bars(without_nhs_number)))["status"] == 200
    another = [{"use": "official", "family": "Other", "given": ["Una"]}]
    first = bars(without_hospital_number, patient(name=another, birthDate="1951-02-03"))
    first["id"] = "6b0cf7cd-6b52-4d17-8d3f-4f5be0b5a001"
    assert (await send(door, first))["status"] == 200
    assert (await send(door, bars(reason("update"), LATER)))["status"] == 200
    (asked,) = await door.rows("SELECT because FROM possible_duplicates")
    assert asked.because == "identifiers"
    statuses = {row.nhs_number_status for row in await door.rows("SELECT nhs_number_status FROM people")}
    assert statuses == {"absent", "verified"}
    assert coding(await send(door, bars(reason("update"), LATER, patient(name=another, birthDate="1950-01-01")))) == (
        409,
        "REC_CONFLICT",
        "conflict",
    )
