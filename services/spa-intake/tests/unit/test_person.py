from datetime import date
from uuid import uuid4

import pytest
from intake_builders import MONDAY, PATIENT, facts, hours, movement, person_in, stay

from spa_intake.domain.codes import NhsNumberStatus, Trigger, VerificationStatus
from spa_intake.domain.errors import PersonNotIdentified
from spa_intake.domain.ids import PatientKey
from spa_intake.domain.person import (
    Person,
    death_of,
    described,
    identify,
    match,
    require_identity,
    settled,
    with_person,
)
from spa_intake.domain.policy import Policy

GOOD = "999 000 0018"
BAD = "3478526985"  # of the published BaRS example: fails the check digit
VERIFIED = VerificationStatus.PRESENT_AND_VERIFIED
S = NhsNumberStatus


@pytest.mark.parametrize(
    ("number", "code", "senders", "expected"),
    [
        (None, None, (), S.ABSENT),
        (GOOD, VERIFIED, (), S.VERIFIED),
        (GOOD, None, (), S.UNVERIFIED),
        (GOOD, None, ("RJZ",), S.VERIFIED),
        (GOOD, VerificationStatus.TRACE_REQUIRED, ("RJZ",), S.UNVERIFIED),
        (BAD, VERIFIED, ("RJZ",), S.UNVERIFIED),
        ("0000000000", VERIFIED, (), S.UNVERIFIED),
        ("not a number", VERIFIED, (), S.UNVERIFIED),
    ],
)
def test_what_is_a_verified_nhs_number(
    number: str | None, code: VerificationStatus | None, senders: tuple[str, ...], expected: NhsNumberStatus
) -> None:
    said = person_in(nhs_number=number, verification_status=code)
    assert identify(said, "RJZ", Policy(verified_number_senders=frozenset(senders))).nhs_number_status is expected


def test_a_movement_needs_somebody() -> None:
    with pytest.raises(PersonNotIdentified):
        require_identity(identify(person_in(hospital_number=" ", nhs_number=GOOD), "RJZ", Policy()))


def known(**fields: object) -> Person:
    return Person(PATIENT, MONDAY, **fields)  # type: ignore[arg-type]  # a builder takes any field


def test_matching() -> None:
    other = PatientKey(uuid4())
    said = identify(person_in(nhs_number=GOOD, verification_status=VERIFIED), "RJZ", Policy())
    assert match(said, None, None).patient_key is None
    assert match(said, other, None).patient_key == other
    assert match(said, None, known()).takes_nhs_number
    same = known(nhs_number="9990000018", nhs_number_status=S.VERIFIED)
    assert match(said, PATIENT, same).takes_nhs_number
    conflict = match(said, other, known())
    assert (conflict.patient_key, conflict.takes_nhs_number, conflict.possible_duplicate) == (
        PATIENT,
        False,
        other,
    )
    has_another = known(nhs_number="9990000026", nhs_number_status=S.VERIFIED)
    assert not match(said, None, has_another).takes_nhs_number


def test_newer_details_replace_older_ones_and_blanks_replace_nothing() -> None:
    before = known(family_name="Old", phone="0")
    said = identify(person_in(), "RJZ", Policy())
    newer = described(before, person_in(family_name="New", phone=None), said, MONDAY + hours(1), takes=True)
    assert (newer.family_name, newer.phone) == ("New", "0")
    late = described(newer, person_in(family_name="Late", gp_practice="G1"), said, MONDAY, takes=True)
    assert (late.family_name, late.gp_practice, late.details_as_of) == ("New", "G1", MONDAY + hours(1))


def test_an_unverified_number_never_replaces_a_verified_one() -> None:
    before = known(nhs_number="9990000018", nhs_number_status=S.VERIFIED)
    said = identify(person_in(nhs_number=BAD), "RJZ", Policy())
    after = described(before, person_in(nhs_number=BAD), said, MONDAY, takes=True)
    assert after.nhs_number == "9990000018"
    unverified = described(known(), person_in(nhs_number=BAD), said, MONDAY, takes=True)
    assert (unverified.nhs_number, unverified.nhs_number_status) == (BAD, S.UNVERIFIED)


def test_only_coarse_facts_of_the_person_go_into_the_referral() -> None:
    person = known(postcode="br1 1aa", born_on=date(1941, 5, 6))
    coded = with_person(facts(), person, date(2026, 11, 2))
    assert (coded.outward_postcode, coded.age_band) == ("BR1", "85-94")
    assert with_person(facts(), known(), date(2026, 11, 2)).age_band is None


DEAD = movement(Trigger.UPDATE_PERSON, 5, is_dead=True)


def test_a_reported_death_counts() -> None:
    assert death_of([DEAD], []) == MONDAY + hours(5)
    told = movement(Trigger.UPDATE_PERSON, 5, is_dead=True, died_at=MONDAY)
    assert death_of([told], []) == MONDAY


def test_a_hospitals_later_word_corrects_its_own_report_only() -> None:
    assert death_of([DEAD, movement(Trigger.UPDATE, 6, is_dead=False)], []) is None
    assert death_of([DEAD, movement(Trigger.UPDATE, 4, is_dead=False)], []) is not None
    assert death_of([DEAD, movement(Trigger.UPDATE, 6, is_dead=False, hospital="RJ1")], []) is not None


def test_a_stay_that_ended_in_death_counts_until_its_discharge_is_taken_back() -> None:
    died = stay(0, 3, discharge_method="4").content
    routine = movement(Trigger.UPDATE, 6, is_dead=False)
    assert death_of([routine], [died]) == MONDAY + hours(3)
    assert death_of([], [stay(0).content]) is None
    assert death_of([], [stay(0, 3, discharge_method="4", is_cancelled=True).content]) is None


def test_the_revision_of_a_death_rises_only_when_it_changes() -> None:
    dead = settled(known(), MONDAY)
    assert (dead.has_died, dead.death_revision) == (True, 1)
    assert settled(dead, MONDAY) == dead
    assert settled(dead, None).death_revision == 2
