from datetime import timedelta

import pytest
from intake_builders import referral, stay

from spa_intake.domain.codes import Kind
from spa_intake.domain.linking import stay_of

WEEK = timedelta(days=7)
OPEN = stay(-48)
ENDED = stay(-48, -24)


def test_the_visit_number_decides_first() -> None:
    named = stay(-900, -800, visit_number="V1")
    assert stay_of(referral(visit_number="V1"), [OPEN, named], WEEK) == named.stay_id


def test_an_unknown_visit_number_falls_back_to_the_open_stay() -> None:
    assert stay_of(referral(visit_number="V9"), [ENDED, OPEN], WEEK) == OPEN.stay_id


def test_the_stay_open_when_the_referral_came_counts_even_when_it_has_ended_since() -> None:
    left_later = stay(-48, 20)
    readmitted = stay(90)
    assert stay_of(referral(), [ENDED, left_later, readmitted], WEEK) == left_later.stay_id


def test_else_the_last_that_ended_within_the_window() -> None:
    older = stay(-150, -140)
    assert stay_of(referral(), [older, ENDED], WEEK) == ENDED.stay_id
    assert stay_of(referral(), [stay(-400, -200)], WEEK) is None


def test_a_readmission_does_not_take_the_referral_from_the_stay_it_was_about() -> None:
    assert stay_of(referral(), [ENDED, stay(30)], WEEK) == ENDED.stay_id


def test_else_the_first_that_began_soon_after() -> None:
    assert stay_of(referral(), [stay(2), stay(50)], WEEK) is not None
    assert stay_of(referral(), [stay(24 * 8)], WEEK) is None


@pytest.mark.parametrize("other", [stay(-48, is_cancelled=True), stay(-48, hospital="RJ1")])
def test_a_cancelled_stay_or_another_hospital_is_not_linked(other: object) -> None:
    assert stay_of(referral(), [other], WEEK) is None  # type: ignore[list-item]  # a Stay


def test_the_other_kinds_are_about_no_stay() -> None:
    assert stay_of(referral(kind=Kind.PROACTIVE_CARE), [OPEN], WEEK) is None
