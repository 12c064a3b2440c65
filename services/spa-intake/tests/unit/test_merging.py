from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from intake_builders import MONDAY

from spa_intake.domain.codes import NhsNumberStatus
from spa_intake.domain.errors import PossibleDuplicateDecided
from spa_intake.domain.ids import PatientKey
from spa_intake.domain.merging import (
    Decision,
    Merge,
    Said,
    SaidBy,
    compared,
    hear,
    is_news,
    likeness_of,
    require_change,
    shown,
    word_of_staff,
)
from spa_intake.domain.person import Person

A, B, C = (PatientKey(UUID(int=number)) for number in (1, 2, 3))
HOUR = timedelta(hours=1)


def said(survivor: PatientKey = A, retired: PatientKey = B, *, at: float = 0, is_merged: bool = True) -> Said:
    """A hospital merges, a coordinator takes it back."""
    return Said(survivor, retired, is_merged, MONDAY + at * HOUR, SaidBy.HOSPITAL if is_merged else SaidBy.STAFF)


def apart(at: float) -> Said:
    return said(at=at, is_merged=False)


@pytest.mark.parametrize(
    ("words", "is_merged", "revision", "told"),
    [
        pytest.param([said()], True, 1, 1, id="merged"),
        pytest.param([said(), said()], True, 1, 1, id="told twice"),
        pytest.param([said(), said(at=2)], True, 1, 1, id="told again later"),
        pytest.param([said(A, B), said(B, A, at=1)], True, 1, 1, id="circle: the other survives"),
        pytest.param([said(), apart(1)], False, 2, 2, id="taken back"),
        pytest.param([apart(1)], False, 0, 0, id="never merged, so nothing is taken back"),
        pytest.param([apart(1), said(at=0)], False, 0, 0, id="an older merge that comes late"),
        pytest.param([said(), apart(1), said()], False, 2, 2, id="the merge told again after it was taken back"),
        pytest.param([said(), apart(1), said(at=2)], True, 3, 3, id="merged anew by a later word"),
        pytest.param([said(at=1), apart(1)], False, 2, 2, id="at one instant the coordinator's word counts"),
        pytest.param([apart(1), said(at=1)], False, 0, 0, id="at one instant, the other way round"),
    ],
)
def test_what_counts_about_two_records(words: list[Said], is_merged: bool, revision: int, told: int) -> None:  # noqa: FBT001 — parametrised
    known: Merge | None = None
    news = 0
    for word in words:
        heard = hear(known, word)
        if heard is not None:
            news += is_news(known, heard)
            known = heard
    assert known is not None
    assert (known.said.is_merged, known.revision, news) == (is_merged, revision, told)


def test_a_record_merged_into_itself_changes_nothing() -> None:
    assert hear(None, said(A, A)) is None


def person(key: PatientKey = A, **fields: object) -> Person:
    known = Person(key, MONDAY, "O'Brien-Smith", "Zoë Anne", date(1941, 5, 6), postcode="br1 1aa")
    return replace(known, **fields)  # type: ignore[arg-type]  # any field of a person


@pytest.mark.parametrize(
    ("other", "is_like"),
    [
        (person(), True),
        (person(family_name="OBRIEN SMITH", given_name="ZOE", postcode="BR11AA"), True),
        (person(given_name="Zac"), False),
        (person(born_on=date(1941, 6, 5)), False),
        (person(postcode="BR1 1AB"), False),
        (person(family_name=None), False),
        (person(given_name=" "), False),
        (person(postcode=None), False),
    ],
    ids=[
        "the same",
        "spelt otherwise",
        "a twin",
        "born another day",
        "next door",
        "no name",
        "no given name",
        "nowhere",
    ],
)
def test_who_looks_alike(other: Person, is_like: bool) -> None:  # noqa: FBT001 — parametrised
    assert (likeness_of(other) == likeness_of(person())) is is_like


def test_nobody_is_like_somebody_of_whom_nothing_is_known() -> None:
    assert likeness_of(Person(A, MONDAY)) is None


def test_a_comparison_leaves_out_what_either_does_not_have() -> None:
    one = person(phone="07700 900001", nhs_number="9990000018")
    other = person(B, phone="07700900001", family_name="Jones", gp_practice="G1")
    assert compared(one, other) == {
        "family_name": False,
        "given_name": True,
        "born_on": True,
        "postcode": True,
        "phone": True,
    }


def test_the_record_with_a_verified_number_survives_a_coordinator_s_decision() -> None:
    verified = person(B, nhs_number_status=NhsNumberStatus.VERIFIED)
    newer = person(A, details_as_of=MONDAY + HOUR)
    word = word_of_staff(newer, verified, Decision.SAME, MONDAY)
    assert (word.survivor, word.retired, word.is_merged) == (B, A, True)
    assert not word_of_staff(newer, verified, Decision.DIFFERENT, MONDAY).is_merged


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], A),
        ([said(A, B)], C),
        ([said(A, B), said(B, C)], A),
        ([said(B, A), said(C, B)], C),
        ([said(A, B), said(C, A)], C),
        ([said(A, B), said(B, C), said(C, A)], A),
        ([said(A, B), apart(1)], A),
    ],
    ids=["none", "of two left the last", "a chain", "a chain told backwards", "merged on", "a circle", "taken back"],
)
def test_which_record_is_read(words: list[Said], expected: PatientKey) -> None:
    """Of equals the last key; here A is known best."""
    people = [person(A, details_as_of=MONDAY + HOUR), person(B), person(C)]
    if expected is C and len(words) == 1:
        people = [person(A), person(B), person(C, details_as_of=MONDAY + 2 * HOUR)]
    assert shown(people, words).patient_key == expected


def test_the_same_is_not_decided_twice() -> None:
    require_change(None, Decision.SAME)
    require_change(Decision.SAME, Decision.DIFFERENT)
    with pytest.raises(PossibleDuplicateDecided):
        require_change(Decision.SAME, Decision.SAME)
