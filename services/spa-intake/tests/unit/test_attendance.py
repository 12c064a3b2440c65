"""Attendances from movements: which are, what takes them back, and the same in any order."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from intake_builders import MONDAY, PATIENT, hours, movement

from spa_intake.domain.attendance import Attendance, rebuild_attendances, retell_attendances
from spa_intake.domain.codes import Trigger
from spa_intake.domain.ids import AttendanceId, PatientKey
from spa_intake.domain.movement import Movement
from spa_intake.domain.stay import rebuild

T = Trigger


def at_ed(trigger: Trigger, at: float, **fields: object) -> Movement:
    return movement(trigger, at, **{"patient_class": "E", "visit_number": "V1"} | fields)


def known(*movements: Movement) -> list[tuple[float, bool]]:
    """Each attendance: hours after Monday nine o'clock, and whether it is cancelled."""
    return [((one.attended_at - MONDAY) / hours(1), one.is_cancelled) for one in rebuild_attendances(movements)]


REGISTERED, CANCELLED = at_ed(T.REGISTER, 1), at_ed(T.CANCEL_ADMIT, 2)


@pytest.mark.parametrize(
    ("movements", "expected"),
    [
        ([REGISTERED], [(1, False)]),
        ([at_ed(T.REGISTER, 1, patient_class="O")], []),
        ([at_ed(T.REGISTER, 1, patient_class=None)], []),
        ([at_ed(T.REGISTER, 1, admitted_at=MONDAY)], [(0, False)]),
        ([REGISTERED, at_ed(T.REGISTER, 3, admitted_at=MONDAY)], [(0, False)]),
        ([REGISTERED, at_ed(T.REGISTER, 3, visit_number="V2")], [(1, False), (3, False)]),
        ([REGISTERED, at_ed(T.DISCHARGE, 4, admitted_at=MONDAY)], [(1, False)]),
        ([REGISTERED, CANCELLED], [(1, True)]),
        ([REGISTERED, at_ed(T.CANCEL_ADMIT, 2, visit_number=None)], [(1, True)]),
        ([REGISTERED, at_ed(T.CANCEL_ADMIT, 2, visit_number="V2")], [(1, False)]),
        ([REGISTERED, at_ed(T.CANCEL_ADMIT, 2, hospital="RJ1")], [(1, False)]),
        ([REGISTERED, at_ed(T.CANCEL_ADMIT, 0.5)], [(1, False)]),
        ([REGISTERED, CANCELLED, at_ed(T.REGISTER, 3)], [(3, False)]),
        ([REGISTERED, at_ed(T.ADMIT, 1.5), CANCELLED], [(1, False)]),
        ([REGISTERED, at_ed(T.DISCHARGE, 4), at_ed(T.CANCEL_DISCHARGE, 5)], [(1, False)]),
        ([CANCELLED], []),
    ],
)
def test_what_is_an_attendance_and_what_takes_it_back(
    movements: list[Movement], expected: list[tuple[float, bool]]
) -> None:
    assert known(*movements) == known(*reversed(movements)) == expected


def test_an_attendance_is_no_stay_and_its_end_makes_none() -> None:
    over = at_ed(T.DISCHARGE, 4, admitted_at=MONDAY, discharged_at=MONDAY + hours(4))
    assert rebuild([REGISTERED, at_ed(T.TRANSFER, 2, admitted_at=MONDAY), over]) == []


def test_an_admission_from_there_is_a_stay_of_its_own_and_cancelling_the_attendance_leaves_it() -> None:
    admitted = movement(T.ADMIT, 0, visit_number="V9")
    (stay,) = rebuild([admitted, REGISTERED, at_ed(T.CANCEL_ADMIT, 2, visit_number=None)])
    assert not stay.content.is_cancelled


def test_cancelling_the_admission_of_the_same_visit_leaves_the_attendance() -> None:
    (stay,) = rebuild([REGISTERED, at_ed(T.ADMIT, 1.5), CANCELLED])
    assert stay.content.is_cancelled


def test_a_death_at_the_department_is_one() -> None:
    assert at_ed(T.DISCHARGE, 4, discharge_method="4").is_dead is True
    assert movement(T.DISCHARGE, 4, discharge_method="4").is_dead is None


STEPS = [
    REGISTERED,
    at_ed(T.REGISTER, 1, visit_number=None),
    CANCELLED,
    at_ed(T.REGISTER, 3, admitted_at=MONDAY),
    at_ed(T.ADMIT, 4, patient_class="I"),
    at_ed(T.CANCEL_ADMIT, 5),
    at_ed(T.REGISTER, 6, visit_number="V2"),
    at_ed(T.DISCHARGE, 7, visit_number="V2", admitted_at=MONDAY),
    at_ed(T.CANCEL_ADMIT, 8, visit_number=None),
]
WHOSE = {step.message: PATIENT for step in STEPS}


def told(arriving: list[Movement]) -> list[Attendance]:
    """What is published in the end, when each message is taken as it comes."""
    found: dict[AttendanceId, Attendance] = {}
    for number in range(len(arriving)):
        built = rebuild_attendances(arriving[: number + 1])
        for one in retell_attendances(WHOSE, found.values(), built, lambda: AttendanceId(uuid4())):
            before = found.get(one.attendance_id)
            assert one.revision == (before.revision if before else 0) + 1
            found[one.attendance_id] = one
    return sorted(found.values(), key=lambda one: one.attended_at)


@given(st.permutations([*STEPS, *STEPS[:4]]), st.sets(st.sampled_from(range(len(STEPS)))))
def test_any_order_with_repeats_ends_in_the_same_attendances_and_stays(
    order: list[Movement], left_out: set[int]
) -> None:
    kept = [step for number, step in enumerate(STEPS) if number not in left_out]
    arriving = [step for step in order if step in kept]
    live = [(one.visit_number, one.attended_at) for one in told(arriving) if not one.is_cancelled]
    assert live == [(one.visit_number, one.attended_at) for one in told(kept) if not one.is_cancelled]
    assert [stay.content for stay in rebuild(arriving)] == [stay.content for stay in rebuild(kept)]


def test_two_records_of_one_person_have_one_attendance_until_they_are_two_people_again() -> None:
    other = PatientKey(uuid4())
    again = at_ed(T.REGISTER, 1.1)
    whose = {REGISTERED.message: PATIENT, again.message: other}

    def retold(known_: list[Attendance], *movements: Movement) -> list[Attendance]:
        return retell_attendances(whose, known_, rebuild_attendances(movements), lambda: AttendanceId(uuid4()))

    (ours,), (theirs,) = retold([], REGISTERED), retold([], again)
    joined = {one.attendance_id: one for one in (ours, theirs)} | {
        one.attendance_id: one for one in retold([ours, theirs], REGISTERED, again)
    }
    assert [one.is_cancelled for one in joined.values()].count(False) == 1
    apart = [one for one in joined.values() if one.patient_key == PATIENT]
    after = retold(apart, REGISTERED) or apart
    assert [one.is_cancelled for one in after] == [False]
