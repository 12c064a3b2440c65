"""What staff read of a person after messages, merges and their undoing in any order, on a real database."""

import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from intake_builders import movement_in, person_in
from intake_database import POLICY, Intake

from spa_intake.adapters.db import people
from spa_intake.domain.codes import Trigger, VerificationStatus
from spa_intake.domain.ids import PatientKey
from spa_intake.domain.inputs import MergeIn
from spa_intake.domain.merging import Said, SaidBy
from spa_intake.use_cases.joining import record_word
from spa_intake.use_cases.merge_people import merge_people

T = Trigger
START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
Step = Callable[[Intake, str], Awaitable[object]]
VERIFIED = VerificationStatus.PRESENT_AND_VERIFIED
NHS_NUMBERS = ("9990000018", "9990000026", "9990000034", "9990000042", "9990000050")


# Any: details of a person
def told(trigger: Trigger, number: str, hours: float, *, is_verified: bool = False, **details: Any) -> Step:
    at = START + timedelta(hours=hours)

    async def tell(intake: Intake, run: str) -> object:
        numbers = {"nhs_number": NHS_NUMBERS[int(run[2])], "verification_status": VERIFIED} if is_verified else {}
        person = person_in(hospital_number=f"{number}-{run}", postcode=run, **numbers | details)
        message = movement_in(trigger, person=person, occurred_at=at, sent_at=at)
        return await intake.move(message, f"{trigger} {hours} {run}")

    return tell


def merged(hours: float) -> Step:
    async def merge(intake: Intake, run: str) -> object:
        survivor = person_in(hospital_number=f"A-{run}", postcode=run, phone="of the merge")
        retired = person_in(hospital_number=f"B-{run}", family_name=None, given_name=None, born_on=None, postcode=None)
        message = MergeIn("RJZ", survivor, retired, START + timedelta(hours=hours))
        return await intake.run(lambda tx: merge_people(tx, message, POLICY))

    return merge


async def keys(intake: Intake, run: str) -> list[PatientKey]:
    named = [("RJZ", f"{number}-{run}") for number in ("A", "B")]
    found = await intake.run(lambda tx: people.find(tx, named))
    return [found[one] for one in named]


async def read(intake: Intake, run: str) -> list[tuple[object, ...]]:
    """The record of each number, as staff read it."""
    wanted = await keys(intake, run)
    records = await intake.run(lambda tx: people.records(tx, wanted))
    return [
        (p.family_name, p.given_name, p.phone, p.address_lines, p.gp_practice, p.nhs_number_status, p.details_as_of)
        for p in (record.person for record in records)
    ]


STEPS = (
    told(T.ADD_PERSON, "A", 1, family_name="Ash", phone="1"),
    told(T.ADMIT, "B", 2, family_name="Ash", address_lines=("2 Test Street",), is_verified=True),
    told(T.UPDATE, "A", 3, given_name="Edith", gp_practice="G12345"),
    told(T.UPDATE_PERSON, "B", 4, family_name="Birch", address_lines=(), phone=None),
    merged(5),
    told(T.UPDATE_PERSON, "A", 6, given_name=None, family_name="Cedar"),
)


@pytest.mark.parametrize("is_undone", [False, True], ids=["merged", "taken apart again"])
async def test_what_staff_read_does_not_depend_on_the_order(intake: Intake, *, is_undone: bool) -> None:
    chance = random.Random(2026)  # the same orders each time
    expected: list[tuple[object, ...]] | None = None
    for number in range(5):
        run = f"BR{number} 1AA"
        steps = list(STEPS) if number == 0 else [*chance.sample(STEPS, len(STEPS)), *chance.choices(STEPS, k=2)]
        for step in steps:
            await step(intake, run)
        if is_undone:
            survivor, retired = await keys(intake, run)
            apart = Said(survivor, retired, False, START + timedelta(hours=7), SaidBy.STAFF)
            await intake.run(lambda tx, apart=apart: record_word(tx, apart, POLICY))  # type: ignore[misc]
        found = await read(intake, run)
        expected = expected or found
        assert found == expected, number
        assert (found[0] == found[1]) is not is_undone
