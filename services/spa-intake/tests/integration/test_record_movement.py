import random
from datetime import UTC, datetime, timedelta

import pytest
from intake_builders import movement_in, person_in, referral_in
from intake_database import Intake

from spa_intake.domain.codes import Trigger
from spa_intake.domain.errors import PersonNotIdentified
from spa_intake.domain.inputs import MovementIn

T = Trigger


def journey() -> list[MovementIn]:
    """Admitted two days ago, moved, discharged an hour from now, by the clock."""
    now = datetime.now(UTC)
    times = {T.ADMIT: -48, T.TRANSFER: -24, T.DISCHARGE: 1}
    return [
        movement_in(
            trigger,
            occurred_at=now + timedelta(hours=hour),
            sent_at=now + timedelta(hours=hour),
            visit_number="V1",
            ward=ward,
            admission_method="21",
        )
        for (trigger, hour), ward in zip(times.items(), ("A1", "B2", None), strict=True)
    ]


async def test_a_message_sent_again_changes_nothing(intake: Intake) -> None:
    admit = movement_in(T.ADMIT)
    first = await intake.move(admit)
    again = await intake.move(admit)
    assert (again.is_repeat, again.patient_key) == (True, first.patient_key)
    assert await intake.names() == ["patient.admitted"]
    assert await intake.count("movements") == 1


async def test_another_message_under_a_used_control_id_is_not_lost(intake: Intake) -> None:
    await intake.move(movement_in(T.ADMIT, control_id="MSG00001"), "one")
    await intake.move(movement_in(T.DISCHARGE, 5, control_id="MSG00001"), "another")
    assert await intake.names() == ["patient.admitted", "patient.discharged"]


async def test_a_message_about_nobody_is_refused_and_keeps_nothing(intake: Intake) -> None:
    with pytest.raises(PersonNotIdentified):
        await intake.move(movement_in(T.ADMIT, person=person_in(hospital_number=None)))
    assert await intake.count("people") == 0


async def test_stay_events_carry_the_whole_stay_and_its_revision(intake: Intake) -> None:
    for message in journey():
        await intake.move(message)
    admitted, moved, left = await intake.told()
    assert [event.name for event in (admitted, moved, left)] == [
        "patient.admitted",
        "patient.transferred",
        "patient.discharged",
    ]
    assert [event.payload["stay"]["revision"] for event in (admitted, moved, left)] == [1, 2, 3]
    assert [event.version for event in (admitted, moved, left)] == [1, 2, 3]
    assert left.payload["stay"]["ward"] == "B2"
    assert "V1" not in str([admitted.payload, left.payload])


@pytest.mark.parametrize("seed", range(6))
async def test_referral_and_movements_link_the_same_in_any_order(intake: Intake, seed: int) -> None:
    steps: list[MovementIn | None] = [*journey(), None]
    steps += random.Random(seed).sample(steps[:3], 2)
    random.Random(seed).shuffle(steps)
    referral = None
    for step in steps:
        if step is None:
            referral = await intake.receive(referral_in())
        else:
            await intake.move(step)
    assert referral is not None
    linked = await intake.read(referral)
    async with intake.database.transaction() as tx:
        row = (await tx.execute("SELECT * FROM stays WHERE NOT is_cancelled")).one()
    assert linked.stay_id == row.stay_id
    assert (row.ward, row.discharged_at is not None) == ("B2", True)
    links = [event for event in await intake.told() if event.name == "referral.stay_linked"]
    assert links[-1].payload["stay"]["stay_id"] == str(row.stay_id)


async def test_a_cancelled_stay_unlinks_and_the_referral_is_linked_anew(intake: Intake) -> None:
    now = datetime.now(UTC)
    wrong = movement_in(T.ADMIT, visit_number="V1", occurred_at=now - timedelta(hours=5))
    await intake.move(wrong)
    referral = await intake.receive(referral_in())
    first = (await intake.read(referral)).stay_id
    await intake.move(movement_in(T.ADMIT, visit_number="V2", occurred_at=now - timedelta(hours=6)))
    assert (await intake.read(referral)).stay_id == first
    await intake.move(movement_in(T.CANCEL_ADMIT, visit_number="V1", occurred_at=now))
    relinked = (await intake.read(referral)).stay_id
    assert relinked not in {first, None}
    names = await intake.names()
    assert names[-3:] == ["referral.stay_unlinked", "referral.stay_linked", "admission.cancelled"]


async def test_a_new_address_amends_live_referrals(intake: Intake) -> None:
    await intake.receive(referral_in())
    sent_at = datetime.now(UTC) + timedelta(minutes=1)
    await intake.move(movement_in(T.UPDATE_PERSON, sent_at=sent_at, person=person_in(postcode="SE6 2AB")))
    amended = (await intake.told())[-1]
    assert amended.name == "referral.amended"
    assert amended.payload["facts"]["outward_postcode"] == "SE6"
