import asyncio
from dataclasses import replace

import pytest
from intake_builders import facts, movement_in, person_in, referral_in
from intake_database import Intake

from spa_intake.domain.codes import CloseReason, Criterion, NhsNumberStatus, Source, Trigger, VerificationStatus
from spa_intake.domain.errors import PersonAlreadyReferred, PersonHasDied
from spa_intake.domain.referral import ReferralState

VERIFIED = VerificationStatus.PRESENT_AND_VERIFIED


async def test_a_referral_is_received_with_coded_facts_only(intake: Intake) -> None:
    asked = referral_in(facts=facts(criteria_to_reside=(Criterion.IV_FLUIDS,)), reason_text="Lives with a very old dog")
    received = await intake.receive(asked)
    first, noted = await intake.told()
    assert (first.name, noted.name) == ("referral.received", "referral.noted")
    assert first.referral_id == received.referral_id
    assert first.payload["facts"]["outward_postcode"] == "BR1"
    assert first.payload["facts"]["age_band"] == "85-94"
    assert first.payload["facts"]["criteria_to_reside"] == ["iv_fluids"]
    text = str([first.payload, noted.payload])
    assert not any(word in text for word in ("Test", "Person", "1941", "BR1 1AA", "H100001", "dog"))
    assert received.version == 2


async def test_a_second_referral_is_refused_naming_the_first_and_leaves_nothing(intake: Intake) -> None:
    first = await intake.receive(referral_in())
    with pytest.raises(PersonAlreadyReferred) as refused:
        await intake.receive(referral_in(source=Source.FHIR))
    assert refused.value.facts == {"referral_id": str(first.referral_id)}
    assert await intake.count("referrals") == 1
    assert len(await intake.told()) == 1


async def test_two_first_messages_at_once_are_about_one_person(intake: Intake) -> None:
    verified = person_in(nhs_number="9990000018", verification_status=VERIFIED)
    by_hospital = person_in(hospital_number="H1", nhs_number=None)
    messages = [
        referral_in(person=verified),
        referral_in(person=replace(verified, hospital="RJ1", hospital_number="X9"), facts=facts(hospital="RJ1")),
    ]
    received = await asyncio.gather(*(intake.receive(message) for message in messages))
    assert len({referral.patient_key for referral in received}) == 1
    outcomes = await asyncio.gather(*(intake.move(movement_in(Trigger.ADMIT, person=by_hospital)) for _ in range(4)))
    assert len({outcome.patient_key for outcome in outcomes}) == 1
    assert await intake.count("people") == 2


async def test_many_identical_referrals_at_once_are_one(intake: Intake) -> None:
    answers = await asyncio.gather(*(intake.receive(referral_in()) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(answer, PersonAlreadyReferred) for answer in answers) == 7
    assert await intake.count("referrals") == 1


async def test_an_invalid_nhs_number_is_kept_as_unverified_and_matches_nobody(intake: Intake) -> None:
    bad = {"nhs_number": "3478526985", "verification_status": VERIFIED}
    first = await intake.receive(referral_in(person=person_in(hospital_number=None, **bad)))
    second = await intake.receive(referral_in(person=person_in(hospital_number="H2", **bad)))
    assert first.patient_key != second.patient_key
    async with intake.database.transaction() as tx:
        statuses = (await tx.execute("SELECT nhs_number, nhs_number_status FROM people")).all()
    assert {tuple(row) for row in statuses} == {("3478526985", NhsNumberStatus.UNVERIFIED)}


async def test_numbers_of_two_people_raise_a_possible_duplicate(intake: Intake) -> None:
    number = {"nhs_number": "9990000018", "verification_status": VERIFIED}
    first = await intake.receive(referral_in(person=person_in(hospital_number="H1", **number)))
    await intake.move(movement_in(Trigger.ADMIT, person=person_in(hospital_number="H2")))
    outcome = await intake.move(movement_in(Trigger.UPDATE, 1, person=person_in(hospital_number="H2", **number)))
    assert outcome.patient_key != first.patient_key
    async with intake.database.transaction() as tx:
        row = (await tx.execute("SELECT first, second FROM possible_duplicates")).one()
        copied = await tx.execute(
            "SELECT nhs_number FROM people WHERE patient_key = :key", {"key": outcome.patient_key}
        )
    assert set(row) == {outcome.patient_key, first.patient_key}
    assert copied.scalar_one() is None


async def test_accepting_a_newer_referral_closes_the_older(intake: Intake) -> None:
    stay = "V1"
    older = await intake.accept(await intake.receive(referral_in(visit_number=stay)))
    await intake.move(movement_in(Trigger.ADMIT, -20, visit_number=stay))
    await intake.move(movement_in(Trigger.DISCHARGE, -1, visit_number=stay))
    newer = await intake.receive(referral_in(visit_number="V2"))
    assert (await intake.read(older)).is_live
    await intake.accept(newer)
    closed = await intake.read(older)
    assert (closed.state, closed.ended_reason) == (ReferralState.CLOSED, CloseReason.SUPERSEDED)
    assert (await intake.names())[-2:] == ["referral.accepted", "referral.closed"]


async def test_a_cancelled_discharge_makes_the_old_referral_block_again(intake: Intake) -> None:
    await intake.receive(referral_in(visit_number="V1"))
    await intake.move(movement_in(Trigger.ADMIT, -20, visit_number="V1"))
    await intake.move(movement_in(Trigger.DISCHARGE, -2, visit_number="V1"))
    await intake.move(movement_in(Trigger.CANCEL_DISCHARGE, -1, visit_number="V1"))
    with pytest.raises(PersonAlreadyReferred):
        await intake.receive(referral_in())


async def test_the_dead_are_neither_referred_nor_accepted_until_corrected(intake: Intake) -> None:
    dead = movement_in(Trigger.UPDATE_PERSON, is_dead=True)
    referral = await intake.receive(referral_in())
    await intake.move(dead)
    closed = await intake.read(referral)
    assert (closed.state, closed.ended_reason) == (ReferralState.CLOSED, CloseReason.DIED)
    with pytest.raises(PersonHasDied):
        await intake.receive(referral_in())
    await intake.move(movement_in(Trigger.UPDATE_PERSON, 1, is_dead=False))
    assert (await intake.read(referral)).state is ReferralState.CLOSED
    await intake.accept(await intake.receive(referral_in()))
    names = await intake.names()
    assert names == [
        "referral.received",
        "patient.died",
        "referral.closed",
        "patient.death_corrected",
        "referral.received",
        "referral.accepted",
    ]
