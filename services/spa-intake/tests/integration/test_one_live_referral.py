"""One live referral of a person and kind: what blocks, what may come again, what a transfer supersedes."""

from dataclasses import dataclass, replace

import pytest
from intake_builders import facts, movement_in, person_in, referral_in
from intake_database import Intake

from spa_intake.domain.codes import (
    CloseReason,
    DeclineReason,
    Kind,
    Missing,
    Trigger,
    VerificationStatus,
    WithdrawReason,
)
from spa_intake.domain.errors import PersonAlreadyReferred
from spa_intake.domain.inputs import ReferralIn
from spa_intake.domain.referral import Referral, ReferralState
from spa_intake.domain.referral_commands import Decline
from spa_intake.use_cases.access import Access
from spa_intake.use_cases.decline_referral import decline_referral
from spa_intake.use_cases.query_referral import query_referral
from spa_intake.use_cases.withdraw_referral import withdraw_referral

VERIFIED = VerificationStatus.PRESENT_AND_VERIFIED


def asked(kind: Kind = Kind.HOSPITAL_DISCHARGE, hospital: str = "RJZ") -> ReferralIn:
    """The same person, known to every organisation by the NHS number."""
    person = person_in(hospital=hospital, nhs_number="9990000018", verification_status=VERIFIED)
    person = replace(person, hospital_number=f"{hospital}-1")
    coded = facts(hospital=hospital, referring_organisation=hospital)
    return referral_in(kind=kind, person=person, facts=coded)


async def bring_to(intake: Intake, referral: Referral, state: str) -> None:
    match state:
        case "queried":
            await intake.run(lambda tx: query_referral(tx, referral.referral_id, [Missing.NEEDS], Access()))
        case "accepted":
            await intake.accept(referral)
        case "declined":
            decline = Decline(DeclineReason.NOT_ELIGIBLE)
            await intake.run(lambda tx: decline_referral(tx, referral.referral_id, decline, Access()))
        case "withdrawn":
            reason = WithdrawReason.NO_LONGER_NEEDED
            await intake.run(lambda tx: withdraw_referral(tx, referral.referral_id, reason, Access()))
        case _:
            assert state == "received"


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize(
    ("state", "does_block"),
    [("received", True), ("queried", True), ("accepted", True), ("declined", False), ("withdrawn", False)],
)
async def test_a_live_referral_blocks_a_second_of_its_kind_and_an_ended_one_does_not(
    intake: Intake, kind: Kind, state: str, *, does_block: bool
) -> None:
    first = await intake.receive(asked(kind))
    await bring_to(intake, first, state)
    if not does_block:
        again = await intake.receive(asked(kind))
        assert (again.patient_key, again.state) == (first.patient_key, ReferralState.RECEIVED)
        return
    with pytest.raises(PersonAlreadyReferred) as refused:
        await intake.receive(asked(kind))
    assert refused.value.facts == {"referral_id": str(first.referral_id)}
    assert await intake.count("referrals") == 1


async def test_the_kinds_stand_beside_each_other(intake: Intake) -> None:
    received = [await intake.receive(asked(kind)) for kind in Kind]
    assert len({referral.patient_key for referral in received}) == 1
    for referral in received:
        await intake.accept(referral)
    assert {(await intake.read(referral)).state for referral in received} == {ReferralState.ACCEPTED}


@dataclass(frozen=True)
class Transfer:
    """What happens after a person was moved from RJZ to RJ1, and how the two referrals stand then."""

    old: str
    new: str
    old_then: str
    new_then: str


@pytest.mark.parametrize(
    "transfer",
    [
        Transfer("received", "received", "received", "received"),  # nothing ends by a referral alone
        Transfer("accepted", "received", "accepted", "received"),
        Transfer("accepted", "accepted", "closed", "accepted"),
        Transfer("received", "accepted", "closed", "accepted"),
        Transfer("queried", "accepted", "closed", "accepted"),
        Transfer("declined", "accepted", "declined", "accepted"),
        Transfer("withdrawn", "accepted", "withdrawn", "accepted"),
        Transfer("accepted", "declined", "accepted", "declined"),  # the old one goes on
        Transfer("accepted", "withdrawn", "accepted", "withdrawn"),
    ],
    ids=lambda t: f"{t.old}-{t.new}",
)
async def test_after_a_transfer_the_old_referral_ends_when_the_new_one_is_accepted(
    intake: Intake, transfer: Transfer
) -> None:
    old = await intake.receive(asked(hospital="RJZ"))
    await bring_to(intake, old, transfer.old)
    new = await intake.receive(asked(hospital="RJ1"))
    assert new.patient_key == old.patient_key
    await bring_to(intake, new, transfer.new)
    ended, standing = await intake.read(old), await intake.read(new)
    assert (ended.state, standing.state) == (transfer.old_then, transfer.new_then)
    if ended.state is ReferralState.CLOSED:
        assert ended.ended_reason == CloseReason.SUPERSEDED


async def test_the_older_one_accepted_late_does_not_end_the_newer(intake: Intake) -> None:
    old = await intake.receive(asked(hospital="RJZ"))
    new = await intake.receive(asked(hospital="RJ1"))
    await intake.accept(old)
    assert (await intake.read(new)).state is ReferralState.RECEIVED
    await intake.accept(new)
    assert (await intake.read(old)).ended_reason == CloseReason.SUPERSEDED


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.HOSPITAL_DISCHARGE])
async def test_without_a_stay_there_is_no_transfer(intake: Intake, kind: Kind) -> None:
    first = await intake.receive(asked(kind, "G85001"))
    with pytest.raises(PersonAlreadyReferred) as refused:
        await intake.receive(asked(kind, "RRU"))
    assert refused.value.facts == {"referral_id": str(first.referral_id)}


@pytest.mark.parametrize(
    ("moves", "does_block"),
    [
        ([Trigger.ADMIT], True),
        ([Trigger.ADMIT, Trigger.DISCHARGE], False),
        ([Trigger.ADMIT, Trigger.DISCHARGE, Trigger.CANCEL_DISCHARGE], True),
        ([Trigger.ADMIT, Trigger.DISCHARGE, Trigger.CANCEL_ADMIT], True),
    ],
    ids=["in hospital", "left", "back by correction", "never was there"],
)
async def test_whoever_has_left_hospital_may_be_referred_again(
    intake: Intake, moves: list[Trigger], *, does_block: bool
) -> None:
    one = replace(asked(), visit_number="V1")
    await intake.receive(one)
    for hour, trigger in enumerate(moves):
        await intake.move(movement_in(trigger, hour, person=one.person, visit_number="V1"))
    again = replace(one, visit_number="V2")
    if does_block:
        with pytest.raises(PersonAlreadyReferred):
            await intake.receive(again)
    else:
        assert (await intake.receive(again)).is_live
