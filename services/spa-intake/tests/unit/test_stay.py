import random
from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intake_builders import MONDAY, PATIENT, hours, movement

from spa_intake.domain.codes import Trigger
from spa_intake.domain.ids import StayId
from spa_intake.domain.movement import Movement
from spa_intake.domain.stay import StayContent, rebuild
from spa_intake.domain.stay_history import History, Stay, StayFact, retell

T = Trigger


def contents(*movements: Movement) -> list[StayContent]:
    return [stay.content for stay in rebuild(movements)]


def only(*movements: Movement) -> StayContent:
    (content,) = contents(*movements)
    return content


def tell(messages: Sequence[Movement]) -> tuple[list[Stay], list[StayFact]]:
    """The stays and the events after these messages, taken in this order of arrival."""
    stays: list[Stay] = []
    facts: list[StayFact] = []
    seen: dict[str, Movement] = {}
    for message in messages:
        if message.message in seen:
            continue
        seen[message.message] = message
        history: History = retell(
            dict.fromkeys(seen, PATIENT),
            stays,
            rebuild(seen.values()),
            trigger=message.trigger,
            new_id=lambda: StayId(uuid4()),
        )
        stays = list(history.stays)
        facts += [change.fact for change in history.changes]
        seen = {name: replace(one, stay_id=history.stay_of.get(name)) for name, one in seen.items()}
    return stays, facts


def test_an_admission_and_a_discharge_are_one_stay() -> None:
    stay = only(
        movement(T.ADMIT, 0, ward="A1", admission_method="21"),
        movement(T.DISCHARGE, 50, discharge_destination="19", discharge_method="1"),
    )
    assert (stay.admitted_at, stay.discharged_at) == (MONDAY, MONDAY + hours(50))
    assert (stay.ward, stay.admission_method, stay.discharge_destination) == ("A1", "21", "19")


def test_ward_moves_and_their_cancellation() -> None:
    admit, move = movement(T.ADMIT, 0, ward="A1"), movement(T.TRANSFER, 1, ward="B2")
    assert only(admit, move).ward == "B2"
    assert only(admit, move, movement(T.CANCEL_TRANSFER, 2)).ward == "A1"


def test_a_cancelled_admission_never_was() -> None:
    admit = movement(T.ADMIT)
    assert only(admit, movement(T.CANCEL_ADMIT, 1)).is_cancelled
    late_move = movement(T.TRANSFER, 2, ward="B2")
    assert only(admit, movement(T.CANCEL_ADMIT, 1), late_move).is_cancelled


def test_an_admission_after_a_cancelled_one_is_a_new_stay() -> None:
    found = contents(movement(T.ADMIT), movement(T.CANCEL_ADMIT, 1), movement(T.ADMIT, 2))
    assert [stay.is_cancelled for stay in found] == [True, False]


def test_a_cancelled_discharge_reopens_the_stay() -> None:
    stay = only(movement(T.ADMIT), movement(T.DISCHARGE, 5, discharge_method="1"), movement(T.CANCEL_DISCHARGE, 6))
    assert stay.is_open
    assert stay.discharge_method is None


def test_a_discharge_sent_twice_is_cancelled_once() -> None:
    messages = [movement(T.DISCHARGE, 5), movement(T.DISCHARGE, 5), movement(T.CANCEL_DISCHARGE, 6)]
    assert only(movement(T.ADMIT), *messages).is_open


def test_admitted_twice_before_the_discharge_is_cancelled_is_one_stay() -> None:
    stay = only(
        movement(T.ADMIT, 0, ward="A1"),
        movement(T.DISCHARGE, 5),
        movement(T.ADMIT, 6, ward="B2"),
        movement(T.CANCEL_DISCHARGE, 7),
    )
    assert (stay.admitted_at, stay.ward, stay.is_open) == (MONDAY, "B2", True)


def test_an_admission_after_a_discharge_is_a_second_stay() -> None:
    first, second = contents(movement(T.ADMIT), movement(T.DISCHARGE, 5), movement(T.ADMIT, 200))
    assert first.has_discharge
    assert second.is_open


def test_the_discharge_sent_last_counts() -> None:
    wrong = movement(T.DISCHARGE, 9, sent_at=MONDAY + hours(9))
    right = movement(T.DISCHARGE, 7, sent_at=MONDAY + hours(10))
    assert only(movement(T.ADMIT), wrong, right).discharged_at == MONDAY + hours(7)


def test_a_discharge_alone_makes_a_stay_when_it_says_when_it_began() -> None:
    assert contents(movement(T.DISCHARGE, 5)) == []
    stay = only(movement(T.DISCHARGE, 5, admitted_at=MONDAY))
    assert (stay.admitted_at, stay.has_discharge) == (MONDAY, True)


def test_a_message_without_visit_number_belongs_to_the_visit_before_it() -> None:
    stay = only(movement(T.ADMIT, visit_number="V1"), movement(T.DISCHARGE, 5))
    assert (stay.visit_number, stay.has_discharge) == ("V1", True)


def test_two_visits_are_two_stays_even_without_the_first_discharge() -> None:
    assert len(contents(movement(T.ADMIT, visit_number="V1"), movement(T.ADMIT, 90, visit_number="V2"))) == 2


def test_an_update_corrects_the_stay() -> None:
    stay = only(movement(T.ADMIT, ward="A1"), movement(T.UPDATE, 1, ward="C3", admission_method="21"))
    assert (stay.ward, stay.admission_method) == ("C3", "21")
    ended = only(movement(T.ADMIT), movement(T.DISCHARGE, 5), movement(T.UPDATE, 6, discharge_destination="54"))
    assert ended.discharge_destination == "54"


def test_unknown_codes_and_odd_wards_are_left_out() -> None:
    stay = only(movement(T.ADMIT, ward="Mrs Smith's bay, the one by the door", admission_method="R"))
    assert (stay.ward, stay.admission_method) == (None, None)


def test_registrations_and_person_updates_are_no_stay() -> None:
    assert contents(movement(T.REGISTER), movement(T.ADD_PERSON), movement(T.UPDATE_PERSON)) == []


@pytest.mark.parametrize(
    ("then", "fact"),
    [
        (movement(T.TRANSFER, 1, ward="B2"), StayFact.TRANSFERRED),
        (movement(T.DISCHARGE, 1), StayFact.DISCHARGED),
        (movement(T.CANCEL_ADMIT, 1), StayFact.ADMISSION_CANCELLED),
        (movement(T.UPDATE, 1, ward="C3"), StayFact.CORRECTED),
        (movement(T.UPDATE, 1, admission_method="21"), StayFact.CORRECTED),
    ],
)
def test_the_event_of_a_change(then: Movement, fact: StayFact) -> None:
    (stay,), facts = tell([movement(T.ADMIT, ward="A1"), then])
    assert facts == [StayFact.ADMITTED, fact]
    assert stay.revision == 2


def test_cancellations_have_events_of_their_own() -> None:
    admit = movement(T.ADMIT, ward="A1")
    moved = [admit, movement(T.TRANSFER, 1, ward="B2"), movement(T.CANCEL_TRANSFER, 2)]
    assert tell(moved)[1][-1] is StayFact.TRANSFER_CANCELLED
    left = [admit, movement(T.DISCHARGE, 1), movement(T.CANCEL_DISCHARGE, 2)]
    assert tell(left)[1][-1] is StayFact.DISCHARGE_CANCELLED


def test_what_changes_nothing_raises_no_revision() -> None:
    admit = movement(T.ADMIT, ward="A1")
    again = replace(admit, message="another name")
    (stay,), facts = tell([admit, again, admit])
    assert (stay.revision, facts) == (1, [StayFact.ADMITTED])


def test_a_stay_that_turns_out_to_be_part_of_another_is_cancelled() -> None:
    messages = [movement(T.ADMIT), movement(T.DISCHARGE, 5), movement(T.ADMIT, 6)]
    two, _ = tell(messages)
    after, facts = tell([*messages, movement(T.CANCEL_DISCHARGE, 7)])
    assert len(two) == 2
    assert [stay.content.is_cancelled for stay in after] == [False, True]
    assert facts[-2:] == [StayFact.DISCHARGE_CANCELLED, StayFact.ADMISSION_CANCELLED]


def test_of_two_moves_in_one_second_the_sender_says_which_came_last() -> None:
    moves = [movement(T.TRANSFER, 1, ward=ward, sequence=number) for number, ward in ((9, "B2"), (10, "A9"))]
    for order in (moves, moves[::-1]):
        assert contents(movement(T.ADMIT, ward="A1"), *order)[0].ward == "A9"


TRIGGERS = st.sampled_from([t for t in Trigger if t not in {T.ADD_PERSON, T.UPDATE_PERSON}])
MOVEMENTS = st.builds(
    lambda trigger, at, sent, ward, visit, admitted, sequence, patient_class: movement(
        trigger,
        at,
        sequence=sequence,
        patient_class=patient_class,
        sent_at=MONDAY + hours(at + sent),
        ward=ward,
        visit_number=visit,
        admitted_at=None if admitted is None else MONDAY + hours(min(admitted, at)),
    ),
    TRIGGERS,
    st.integers(0, 12),
    st.integers(0, 2),
    st.sampled_from([None, "A1", "B2"]),
    st.sampled_from([None, None, "V1", "V2"]),
    st.sampled_from([None, 0, 6]),
    st.sampled_from([None, 1, 2]),
    st.sampled_from([None, "E", "I"]),
)


def live(stays: Sequence[Stay]) -> list[StayContent]:
    return sorted(
        (stay.content for stay in stays if not stay.content.is_cancelled),
        key=lambda one: (one.admitted_at, one.hospital, one.visit_number or "", one.ward or ""),
    )


@settings(max_examples=400, deadline=None)
@given(st.lists(MOVEMENTS, max_size=8), st.randoms(use_true_random=False))
def test_any_order_of_arrival_with_repeats_ends_in_the_same_stays(
    movements: list[Movement], chance: random.Random
) -> None:
    arrival = [*movements, *chance.choices(movements, k=3)] if movements else []
    chance.shuffle(arrival)
    stays, _ = tell(arrival)
    told, _ = tell(sorted(movements, key=lambda one: one.order))
    assert live(stays) == live(told)
    assert live(stays) == live([Stay(StayId(uuid4()), PATIENT, 1, c) for c in contents(*movements)])
