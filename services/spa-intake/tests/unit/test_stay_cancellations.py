"""What a cancellation takes back is decided by when things were told, not by when they happened."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intake_builders import MONDAY, hours, movement

from spa_intake.domain.codes import Trigger
from spa_intake.domain.movement import Movement
from spa_intake.domain.stay import StayContent, rebuild

T = Trigger


def told(trigger: Trigger, at: float, told_at: float, sequence: int | None = None, **fields: object) -> Movement:
    """`at`: the hour it happened; `told_at`: the hour it was sent."""
    return movement(trigger, at, sent_at=MONDAY + hours(told_at), sequence=sequence, **fields)


def only(*movements: Movement) -> StayContent:
    """The one stay, the same in every order of arrival."""
    found = [[stay.content for stay in rebuild(order)] for order in permutations(movements)]
    assert all(each == found[0] for each in found)
    (content,) = found[0]
    return content


ADMIT = told(T.ADMIT, 0, 0, ward="A1")


def test_a_discharge_entered_in_advance_is_cancelled_by_what_was_sent_after_it() -> None:
    assert only(ADMIT, told(T.DISCHARGE, 9, 3), told(T.CANCEL_DISCHARGE, 4, 4)).is_open


def test_a_discharge_told_again_with_an_earlier_time_outlives_the_cancellation() -> None:
    stay = only(
        ADMIT,
        told(T.DISCHARGE, 10, 10),
        told(T.CANCEL_DISCHARGE, 11, 11),
        told(T.DISCHARGE, 9, 12, discharge_method="1"),
    )
    assert (stay.discharged_at, stay.discharge_method) == (MONDAY + hours(9), "1")


@pytest.mark.parametrize("at", [10, 9.5, 11])
def test_cancelled_and_discharged_again_in_one_second(at: float) -> None:
    """The cancellation is of the discharge before; the one told with it stands, whatever hour it names."""
    messages = (ADMIT, told(T.DISCHARGE, 10, 10), told(T.CANCEL_DISCHARGE, 11, 11), told(T.DISCHARGE, at, 11))
    assert only(*messages).discharged_at == MONDAY + hours(at)


def test_discharged_and_cancelled_in_one_second() -> None:
    assert only(ADMIT, told(T.DISCHARGE, 10, 10), told(T.CANCEL_DISCHARGE, 10, 10)).is_open


@pytest.mark.parametrize(("first", "second"), [(1, 2), (2, 1)])
def test_the_senders_count_decides_within_a_second(first: int, second: int) -> None:
    stay = only(ADMIT, told(T.DISCHARGE, 10, 10, first), told(T.CANCEL_DISCHARGE, 10, 10, second))
    assert stay.is_open is (second > first)


def test_fractions_of_a_second_decide() -> None:
    moment = MONDAY + hours(10)
    early, late = moment + timedelta(milliseconds=100), moment + timedelta(milliseconds=200)
    for cancelled_at, left_at in ((early, late), (late, early)):
        stay = only(
            ADMIT,
            movement(T.DISCHARGE, 10, sent_at=left_at, occurred_at=moment),
            movement(T.CANCEL_DISCHARGE, 10, sent_at=cancelled_at, occurred_at=moment),
        )
        assert stay.is_open is (cancelled_at > left_at)


def test_an_admission_told_again_outlives_its_cancellation() -> None:
    assert only(told(T.ADMIT, 2, 2), told(T.CANCEL_ADMIT, 3, 3), told(T.ADMIT, 1, 4)).is_open
    assert only(told(T.ADMIT, 5, 2), told(T.CANCEL_ADMIT, 3, 3)).is_cancelled


def test_a_move_told_after_the_cancellation_of_another_stands() -> None:
    moves = (told(T.TRANSFER, 5, 5, ward="B2"), told(T.CANCEL_TRANSFER, 6, 6), told(T.TRANSFER, 6, 6, ward="C3"))
    assert only(ADMIT, *moves).ward == "C3"
    assert only(ADMIT, *moves[:2]).ward == "A1"
    early = told(T.TRANSFER, 4, 7, ward="C3")
    assert only(ADMIT, moves[0], moves[1], early).ward == "C3"


def test_admitted_again_before_the_cancellation_of_the_discharge() -> None:
    messages = (ADMIT, told(T.DISCHARGE, 5, 5), told(T.ADMIT, 6, 6, ward="B2"), told(T.CANCEL_DISCHARGE, 6, 7))
    stay = only(*messages)
    assert (stay.admitted_at, stay.ward, stay.is_open) == (MONDAY, "B2", True)


def test_what_is_only_planned_or_registered_does_not_name_the_visit() -> None:
    planned = told(T.PRE_ADMIT, 1, 1, visit_number="V9")
    stay = only(told(T.ADMIT, 0, 0, visit_number="V1"), planned, told(T.DISCHARGE, 2, 2))
    assert (stay.visit_number, stay.has_discharge) == ("V1", True)


# a ward's day as it sends it: each step follows from the one before, told in order, some within one second
NEXT = {
    T.ADMIT: (T.TRANSFER, T.DISCHARGE, T.UPDATE, T.CANCEL_ADMIT),
    T.TRANSFER: (T.CANCEL_TRANSFER, T.DISCHARGE, T.UPDATE),
    T.CANCEL_TRANSFER: (T.TRANSFER, T.DISCHARGE),
    T.UPDATE: (T.TRANSFER, T.DISCHARGE),
    T.DISCHARGE: (T.CANCEL_DISCHARGE,),
    T.CANCEL_DISCHARGE: (T.DISCHARGE, T.TRANSFER),
    T.CANCEL_ADMIT: (T.ADMIT,),
}


@st.composite
def visits(draw: st.DrawFn) -> list[Movement]:
    trigger, moment, count = T.ADMIT, MONDAY, draw(st.integers(1, 9))
    movements, admitted_at = [], MONDAY
    for number in range(count):
        back = timedelta(minutes=draw(st.integers(0, 3))) if trigger in {T.DISCHARGE, T.TRANSFER} else timedelta()
        admitted_at = moment if trigger is T.ADMIT else admitted_at
        ward = draw(st.sampled_from(["A1", "B2", "C3"]))
        movements.append(
            movement(
                trigger,
                occurred_at=max(moment - back, admitted_at),
                sent_at=moment,
                sequence=number,
                ward=ward,
                visit_number="V1",
            )
        )
        moment += timedelta(minutes=draw(st.integers(0, 5)))
        trigger = draw(st.sampled_from(NEXT[trigger]))
    return movements


def left_at(movements: Sequence[Movement]) -> datetime | None:
    """What the ward's screen says after the last step."""
    last = [each for each in movements if each.trigger in {T.ADMIT, T.DISCHARGE, T.CANCEL_DISCHARGE, T.CANCEL_ADMIT}][
        -1
    ]
    return last.occurred_at if last.trigger is T.DISCHARGE else None


@settings(max_examples=500, deadline=None)
@given(visits(), st.randoms(use_true_random=False))
def test_a_visit_ends_as_the_ward_sees_it_whatever_the_order_of_arrival(
    movements: list[Movement], chance: random.Random
) -> None:
    arrival = [*movements, *chance.choices(movements, k=2)]
    chance.shuffle(arrival)
    stays = [stay.content for stay in rebuild(arrival)]
    assert stays == [stay.content for stay in rebuild(movements)]
    is_cancelled = (
        next(m.trigger for m in reversed(movements) if m.trigger in {T.ADMIT, T.CANCEL_ADMIT}) is T.CANCEL_ADMIT
    )
    live = [stay for stay in stays if not stay.is_cancelled]
    assert len(live) == (0 if is_cancelled else 1)
    if live:
        assert live[0].discharged_at == left_at(movements)
