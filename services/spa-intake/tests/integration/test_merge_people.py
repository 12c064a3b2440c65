"""Merges on a real database: two records become one person's, and two people's again."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from intake_builders import movement_in, person_in, referral_in
from intake_database import POLICY, Intake

from homeward_kit import aliases
from spa_intake.domain.codes import Trigger, VerificationStatus
from spa_intake.domain.errors import PersonAlreadyReferred, PersonNotIdentified
from spa_intake.domain.inputs import MergeIn, MovementIn
from spa_intake.use_cases.merge_people import MergeOutcome, merge_people

T = Trigger
NOW = datetime.now(UTC)


def a40(survivor: str = "H1", retired: str = "H2", *, hours: float = 0) -> MergeIn:
    retired_person = person_in(hospital_number=retired, family_name=None, given_name=None, born_on=None, postcode=None)
    return MergeIn("RJZ", person_in(hospital_number=survivor), retired_person, NOW + timedelta(hours=hours))


async def merge(intake: Intake, message: MergeIn) -> MergeOutcome:
    return await intake.run(lambda tx: merge_people(tx, message, POLICY))


def message(trigger: Trigger, number: str, hours: float, **fields: Any) -> MovementIn:  # Any: fields of a movement
    at = NOW + timedelta(hours=hours)
    return movement_in(trigger, person=person_in(hospital_number=number), occurred_at=at, sent_at=at, **fields)


async def group(intake: Intake, key: UUID) -> set[UUID]:
    async with intake.database.transaction() as tx:
        return set(await aliases.keys_of(tx, key))


async def live_stays(intake: Intake) -> list[tuple[datetime, datetime | None]]:
    async with intake.database.transaction() as tx:
        rows = await tx.execute(
            "SELECT admitted_at, discharged_at FROM stays WHERE NOT is_cancelled ORDER BY admitted_at"
        )
        return [(row.admitted_at, row.discharged_at) for row in rows]


async def test_a_merge_is_told_once_keyed_by_the_survivor_and_keeps_both_keys(intake: Intake) -> None:
    first = await intake.move(message(T.ADMIT, "H1", -48))
    second = await intake.move(message(T.UPDATE_PERSON, "H2", -47))
    assert await merge(intake, a40()) == MergeOutcome(first.patient_key, has_changed=True)
    assert await merge(intake, a40()) == MergeOutcome(first.patient_key, has_changed=False)
    assert (await intake.names()).count("patient.merged") == 1
    (told,) = [event for event in await intake.told() if event.name == "patient.merged"]
    assert (told.payload["patient_key"], told.payload["retired_key"], told.version) == (
        str(first.patient_key),
        str(second.patient_key),
        1,
    )
    later = await intake.move(message(T.UPDATE_PERSON, "H2", 1))
    assert later.patient_key == second.patient_key
    assert await group(intake, later.patient_key) == {first.patient_key, second.patient_key}


async def test_chains_circles_and_a_record_merged_into_itself(intake: Intake) -> None:
    keys = [(await intake.move(message(T.UPDATE_PERSON, number, -1))).patient_key for number in ("H1", "H2", "H3")]
    assert not (await merge(intake, a40("H1", "H1"))).has_changed
    assert (await merge(intake, a40("H2", "H3"))).has_changed
    assert (await merge(intake, a40("H1", "H2"))).has_changed
    assert not (await merge(intake, a40("H2", "H1", hours=1))).has_changed
    assert await group(intake, keys[2]) == set(keys)


async def test_a_record_that_nobody_knows_yet_is_made_so_that_what_comes_later_finds_the_merge(intake: Intake) -> None:
    outcome = await merge(intake, a40())
    survivor = await intake.move(message(T.ADMIT, "H1", -2))
    retired = await intake.move(message(T.ADMIT, "H2", -1))
    assert outcome.patient_key == survivor.patient_key != retired.patient_key
    assert await group(intake, survivor.patient_key) == {survivor.patient_key, retired.patient_key}


async def test_a_merge_without_numbers_is_refused(intake: Intake) -> None:
    nobody = person_in(hospital_number=None)
    with pytest.raises(PersonNotIdentified):
        await merge(intake, MergeIn("RJZ", person_in(), nobody, NOW))
    assert await intake.count("people") == 0


async def test_whatever_the_order_the_movements_of_both_records_are_one_stay(intake: Intake) -> None:
    """Admitted under a temporary number, merged, discharged under the proper one."""
    for number, order in enumerate(permutations(range(3))):
        proper, temporary = f"P{number}", f"T{number}"
        admit = message(T.ADMIT, temporary, -48, visit_number=f"V{number}")
        leave = message(T.DISCHARGE, proper, -1, visit_number=f"V{number}", admitted_at=admit.occurred_at)
        for step in order:
            if step == 2:
                await merge(intake, a40(proper, temporary))
            else:
                await intake.move((admit, leave)[step])
        assert (await live_stays(intake))[number:] == [(admit.occurred_at, leave.occurred_at)]


async def test_one_referral_of_a_kind_for_both_records_and_it_follows_the_other_s_stay(intake: Intake) -> None:
    first = await intake.receive(referral_in(person=person_in(hospital_number="H1")))
    stay = await intake.move(message(T.ADMIT, "H2", -2))
    assert (await intake.read(first)).stay_id is None
    await merge(intake, a40())
    assert (await intake.read(first)).stay_id == stay.stay_id
    with pytest.raises(PersonAlreadyReferred):
        await intake.receive(referral_in(person=person_in(hospital_number="H2")))


async def test_a_merge_closes_nothing(intake: Intake) -> None:
    both = [await intake.receive(referral_in(person=person_in(hospital_number=number))) for number in ("H1", "H2")]
    await merge(intake, a40())
    assert [(await intake.read(one)).is_live for one in both] == [True, True]


async def test_a_death_told_of_one_record_is_the_person_s(intake: Intake) -> None:
    referred = await intake.receive(referral_in(person=person_in(hospital_number="H1")))
    await intake.move(message(T.UPDATE_PERSON, "H2", -1, is_dead=True))
    assert (await intake.read(referred)).is_live
    await merge(intake, a40())
    assert (await intake.read(referred)).ended_reason == "died"
    died = [event.payload["patient_key"] for event in await intake.told() if event.name == "patient.died"]
    assert len(set(died)) == 2


async def test_two_numbers_of_one_person_raise_no_question(intake: Intake) -> None:
    verified = {"nhs_number": "9990000018", "verification_status": VerificationStatus.PRESENT_AND_VERIFIED}
    other_name = person_in(hospital_number="H2", family_name="Elsewhere", **verified)
    await intake.receive(referral_in(person=other_name))
    await intake.move(message(T.UPDATE_PERSON, "H1", -3))
    await merge(intake, a40())
    before = await intake.count("possible_duplicates")
    at = NOW + timedelta(hours=1)
    await intake.move(
        movement_in(T.UPDATE_PERSON, person=person_in(hospital_number="H1", **verified), occurred_at=at, sent_at=at)
    )
    assert before == await intake.count("possible_duplicates") == 1
