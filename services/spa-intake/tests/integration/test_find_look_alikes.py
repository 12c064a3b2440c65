"""Records that are alike and were received at the same instant, on a real database."""

import asyncio

import pytest
from intake_builders import movement_in, person_in, referral_in
from intake_database import POLICY, Intake

from spa_intake.domain.codes import Trigger, VerificationStatus
from spa_intake.use_cases.find_look_alikes import find_look_alikes
from spa_intake.use_cases.receive_referral import receive_referral


async def at_once(intake: Intake, *people: dict[str, object]) -> None:
    """Each in a transaction of its own, committed once all have looked for others."""
    have_looked = asyncio.Barrier(len(people))

    async def receive(number: int, fields: dict[str, object]) -> None:
        async with intake.database.transaction(actor=f"client/{number}") as tx:
            person = person_in(**{"hospital_number": f"H{number}"} | fields)
            await receive_referral(tx, referral_in(person=person), POLICY)
            await have_looked.wait()

    await asyncio.gather(*(receive(number, fields) for number, fields in enumerate(people)))


async def sought(intake: Intake) -> int:
    return await intake.run(find_look_alikes)


async def test_two_alike_that_two_processes_received_at_one_instant_are_asked_about_once(intake: Intake) -> None:
    await at_once(intake, {}, {})
    assert await intake.count("possible_duplicates") == 0  # neither could see the other
    assert await sought(intake) == 1
    assert await sought(intake) == 0
    await intake.move(movement_in(Trigger.UPDATE_PERSON, person=person_in(hospital_number="H0")))
    assert await intake.count("possible_duplicates") == 1


async def test_of_three_at_one_instant_each_is_asked_about(intake: Intake) -> None:
    await at_once(intake, {}, {}, {})
    assert await sought(intake) == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({}, {"postcode": "BR2 2BB"}, id="another home"),
        pytest.param({"postcode": None}, {"postcode": None}, id="nothing to tell by"),
        pytest.param(
            {"nhs_number": "9990000018", "verification_status": VerificationStatus.PRESENT_AND_VERIFIED},
            {"nhs_number": "9990000026", "verification_status": VerificationStatus.PRESENT_AND_VERIFIED},
            id="two verified numbers",
        ),
    ],
)
async def test_others_are_not(intake: Intake, one: dict[str, object], other: dict[str, object]) -> None:
    await at_once(intake, one, other)
    assert await sought(intake) == 0


async def test_one_process_looks_at_a_time(intake: Intake) -> None:
    await at_once(intake, {}, {})
    async with intake.database.transaction() as tx:
        assert await find_look_alikes(tx) == 1
        assert await sought(intake) == 0
    assert await intake.count("possible_duplicates") == 1
