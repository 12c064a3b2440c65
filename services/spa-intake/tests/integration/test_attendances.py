"""Attendances at an emergency department, as the hospital's messages tell them: recorded, announced, taken back."""

import itertools
from typing import Any

import pytest
from door_builders import adt
from intake_builders import movement_in, person_in
from intake_database import POLICY, Intake

from spa_intake.adapters.hl7.message import read_message
from spa_intake.adapters.hl7.movement import read_movement
from spa_intake.domain.codes import Trigger
from spa_intake.domain.inputs import MergeIn, MovementIn
from spa_intake.use_cases.merge_people import merge_people

T = Trigger


def at_ed(trigger: Trigger, at: float, **fields: Any) -> MovementIn:  # Any: fields of whatever type
    return movement_in(trigger, at, **{"patient_class": "E", "visit_number": "ED1"} | fields)


async def live(intake: Intake) -> list[tuple[str, bool]]:
    async with intake.database.transaction() as tx:
        rows = await tx.execute("SELECT visit_number, is_cancelled FROM attendances ORDER BY visit_number")
        return [tuple(row) for row in rows]


async def test_a_registration_at_the_department_is_announced_once_and_begins_no_stay(intake: Intake) -> None:
    body = adt(MSH_9="ADT^A04", PV1_2="E", PV1_19="ED77", PV1_44="20261102214000")
    message = read_message(body)
    arrived = read_movement(message, "RJZ", intake.database.clock.now())
    moved = await intake.move(arrived, message.text)
    await intake.move(arrived, message.text)
    (told,) = await intake.told()
    facts = told.payload["attendance"]
    assert (told.name, told.version, told.referral_id) == ("patient.attended", 1, None)
    assert (facts["patient_key"], facts["hospital"]) == (str(moved.patient_key), "RJZ")
    assert (facts["attended_at"], facts["is_cancelled"]) == ("2026-11-02T21:40:00Z", False)
    assert "ED77" not in str(told.payload)
    assert await intake.count("stays") == 0


async def test_an_outpatient_is_registered_and_nothing_is_announced(intake: Intake) -> None:
    await intake.move(at_ed(T.REGISTER, 0, patient_class="O"))
    assert await intake.told() == []


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_what_takes_an_attendance_back_comes_in_any_order(intake: Intake, order: tuple[int, ...]) -> None:
    messages = [at_ed(T.REGISTER, 0), at_ed(T.CANCEL_ADMIT, 1), at_ed(T.REGISTER, 2, visit_number="ED2")]
    for number in [*order, *order]:
        await intake.move(messages[number])
    found = await live(intake)
    assert [visit for visit, is_cancelled in found if not is_cancelled] == ["ED2"]
    last = {event.payload["attendance"]["attendance_id"]: event for event in await intake.told()}
    assert sorted(event.name for event in last.values()) in (
        ["patient.attended"],
        ["attendance.cancelled", "patient.attended"],
    )
    assert await intake.count("stays") == 0


async def test_records_that_are_merged_have_one_attendance(intake: Intake) -> None:
    survivor, retired = person_in(hospital_number="H1"), person_in(hospital_number="H2")
    for person in (survivor, retired):
        await intake.move(at_ed(T.REGISTER, 0, person=person))
    assert [is_cancelled for _, is_cancelled in await live(intake)] == [False, False]
    merge = MergeIn("RJZ", survivor, retired, at_ed(T.UPDATE, 3).sent_at)
    await intake.run(lambda tx: merge_people(tx, merge, POLICY))
    assert sorted(is_cancelled for _, is_cancelled in await live(intake)) == [False, True]
    assert (await intake.names())[-1] == "attendance.cancelled"
