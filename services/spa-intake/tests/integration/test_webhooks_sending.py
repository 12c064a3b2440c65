"""Messages to ward systems on real parts: PostgreSQL, HTTPS with the site's own authority, the public verifier."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from intake_builders import movement_in, person_in, referral_in
from intake_database import POLICY, Intake
from webhook_receiver import Received, Receiver, running_receiver
from webhook_sending import Names, Sending, open_sending, part_of

from homeward_kit.database import Tx
from spa_intake.adapters.db import deliveries, subscriptions
from spa_intake.adapters.events import consumed
from spa_intake.domain.codes import DeclineReason, Missing, Trigger, WithdrawReason
from spa_intake.domain.referral_commands import Decline
from spa_intake.domain.subscription import SubscriptionState, SubscriptionStep
from spa_intake.domain.target import TargetRules
from spa_intake.use_cases.access import Access
from spa_intake.use_cases.change_subscription import change_subscription
from spa_intake.use_cases.create_subscription import create_subscription
from spa_intake.use_cases.decline_referral import decline_referral
from spa_intake.use_cases.query_referral import query_referral
from spa_intake.use_cases.receive_referral import receive_referrals
from spa_intake.use_cases.replay_messages import replay_messages
from spa_intake.use_cases.rotate_secret import rotate_secret
from spa_intake.use_cases.withdraw_referral import withdraw_referral


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with running_receiver(tmp_path) as running:
        yield running


@pytest.fixture
async def sending(intake: Intake, receiver: Receiver) -> AsyncIterator[Sending]:
    async with open_sending(intake, receiver) as opened:
        yield opened


def refuse(status: int, **headers: str) -> tuple[int, dict[str, str]]:
    return status, headers


async def test_a_message_is_verified_by_the_public_library(sending: Sending, receiver: Receiver) -> None:
    subscription = await sending.subscribe(receiver.url)
    referral = await sending.refer()
    await sending.deliver()
    (one,) = receiver.received
    message = one.verified(subscription.secret)
    assert message["type"] == "referral.received"
    assert part_of(message, "referral_id", "state", "next_move") == [
        str(referral.referral_id),
        "received",
        "coordinator",
    ]
    assert one.headers["content-type"] == "application/json"
    assert await sending.states(subscription) == [("referral.received", "delivered")]
    with pytest.raises(Exception, match="No matching signature"):
        one.verified("whsec_b3RoZXI=")


async def test_a_ward_is_told_of_every_step_in_order_and_of_nobodys_identity(
    sending: Sending, receiver: Receiver
) -> None:
    await sending.subscribe(receiver.url)
    intake = sending.intake
    person = person_in(family_name="Unmistakable", hospital_number="HUNMISTAKABLE")
    referral = await intake.receive(referral_in(person=person, visit_number="V1", reason_text="Unmistakable words"))
    await sending.query(referral)
    await intake.move(movement_in(Trigger.ADMIT, -50, visit_number="V1", person=person))
    decline = Decline(DeclineReason.OUT_OF_AREA)
    await intake.run(lambda tx: decline_referral(tx, referral.referral_id, decline, Access()))
    await sending.deliver()
    messages = [one.message for one in receiver.received]
    told = [(one["type"], *part_of(one, "state", "next_move", "missing", "reason")) for one in messages]
    assert told == [
        ("referral.received", "received", "coordinator", [], None),
        ("referral.queried", "queried", "ward", ["mobility"], None),
        ("referral.declined", "declined", "nobody", ["mobility"], "out_of_area"),
    ]
    versions = [one["data"]["version"] for one in messages]
    assert versions == sorted(versions)
    assert not [one for one in receiver.received if b"nmistakable" in one.body or b"V1" in one.body]


async def test_a_ward_is_told_of_the_progress_and_the_discharge(sending: Sending, receiver: Receiver) -> None:
    await sending.subscribe(receiver.url)
    intake = sending.intake
    referral = await intake.receive(referral_in(visit_number="V1"))
    await intake.move(movement_in(Trigger.ADMIT, -50, visit_number="V1"))
    await intake.accept(referral)
    who = {"referral_id": referral.referral_id, "patient_key": referral.patient_key}
    case: dict[str, Any] = who | {"is_paused": False, "is_returned": False}  # Any: fields of an event
    await intake.hear(consumed.CaseOpened(**case, state="open", target_on=None), 1)
    await intake.hear(consumed.AssessmentRecorded(**case, state="assessing"), 2)
    await intake.hear(consumed.PathwayDecided(**case, state="decided", pathway=1, target_on="2026-11-09"), 3)
    await intake.hear(consumed.PathwayDecided(**case, state="decided", pathway=2, target_on="2026-11-09"), 3)
    package = {"package_id": uuid4(), "referral_id": referral.referral_id, "holds": []}
    await intake.hear(consumed.PackageAgreed(**package, state="agreed"), 4)
    await intake.move(movement_in(Trigger.DISCHARGE, -1, visit_number="V1"))
    await intake.hear(consumed.PackageStarted(**package, state="started"), 5)
    watch = {"watch_id": uuid4(), "stay_id": uuid4(), "state": "open"}
    await intake.hear(
        consumed.WatchStarted(**watch, referral_id=referral.referral_id, patient_key=referral.patient_key)
    )
    await sending.deliver()
    told = [(one.message["type"], one.message["data"]["next_move"]) for one in receiver.received]
    assert told == [
        ("referral.received", "coordinator"),
        ("referral.accepted", "mdt"),
        ("case.opened", "mdt"),
        ("pathway.decided", "ward"),
        ("package.agreed", "ward"),
        ("patient.discharged", "provider"),
        ("package.started", "follow_up"),
        ("watch.started", "follow_up"),
    ]
    last = receiver.received[-1].message["data"]["progress"]
    assert (last["pathway"], last["package_state"], last["watch_state"], last["left_at"] is None) == (
        1,
        "started",
        "open",
        False,
    )


async def test_a_subscription_may_want_some_types_and_hears_of_its_own_organisation_only(
    sending: Sending, receiver: Receiver
) -> None:
    wanting = await sending.subscribe(receiver.url, "referral.withdrawn")
    other = await sending.intake.run(lambda tx: create_subscription(tx, "RJ1", receiver.url, ()))
    referral = await sending.refer()
    await sending.intake.run(
        lambda tx: withdraw_referral(tx, referral.referral_id, WithdrawReason.TRANSFERRED, Access())
    )
    await sending.deliver()
    assert await sending.states(wanting) == [("referral.withdrawn", "delivered")]
    assert await sending.states(other) == []


async def test_a_message_that_was_not_taken_is_tried_by_the_schedule_and_dead_after_a_day(
    sending: Sending, receiver: Receiver
) -> None:
    subscription = await sending.subscribe(receiver.url)
    receiver.answer = lambda _: refuse(503)
    await sending.refer()
    await sending.deliver()
    tries = [0.0]
    for _ in range(20):
        (one,) = await sending.sent(subscription)
        if one.state.value != "pending":
            break
        assert one.last_attempt_at is not None
        sending.later(seconds=(one.due_at - one.last_attempt_at).total_seconds())
        tries.append((one.due_at - one.created_at).total_seconds())
        before = len(receiver.received)
        await sending.deliver()
        if len(receiver.received) == before:  # left alone: the rest of the target
            health = (await sending.watched(subscription)).health
            assert health.next_try_at is not None
            sending.later(minutes=10)
            await sending.deliver()
    assert [round(seconds / 10) * 10 for seconds in tries] == [0, 0, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    assert await sending.states(subscription) == [("referral.received", "dead")]
    assert len(set(receiver.ids())) == 1
    assert len(receiver.received) == 10
    watched = await sending.watched(subscription)
    assert (watched.dead, watched.health.failures, watched.health.last_error) == (1, 10, "status_503")
    assert watched.health.failing_since is not None


async def test_a_receiver_that_is_down_for_a_while_gets_everything_in_order_when_it_is_back(
    intake: Intake, tmp_path: Path
) -> None:
    with running_receiver(tmp_path) as first:
        pass  # it has a port and a certificate, and is gone again
    async with open_sending(intake, first) as sending:
        subscription = await sending.subscribe(first.url)
        referrals = [await sending.refer(number) for number in range(12)]
        for referral in referrals:
            await sending.query(referral)
        await sending.deliver()
        watched = await sending.watched(subscription)
        assert (watched.waiting, watched.health.last_error) == (24, "not_reachable")
        assert watched.health.is_left_alone
        sending.later(seconds=100)
        counted = await intake.run(deliveries.numbers)
        assert (counted.waiting, counted.dead, counted.failing, counted.oldest_seconds > 100) == (24, 0, 1, True)
        # queried messages wait behind the first ones of their referrals
        tried = {one.type for one in await sending.sent(subscription) if one.attempts}
        assert tried == {"referral.received"}
        sending.later(minutes=11)
        await sending.deliver()  # one of them is tried once more, and would be next in half an hour
        with running_receiver(tmp_path, Receiver(port=first.port)) as back:
            sending.later(minutes=11)
            await sending.deliver()
            assert (
                await sending.states(subscription)
                == [("referral.received", "delivered")] * 12 + [("referral.queried", "delivered")] * 12
            )
            for referral in referrals:
                about = [one.message for one in back.received if str(referral.referral_id).encode() in one.body]
                assert [one["type"] for one in about] == ["referral.received", "referral.queried"]
            assert len(set(back.ids())) == 24
        assert (await sending.watched(subscription)).health.failures == 0


async def test_while_a_target_fails_it_is_asked_once_in_a_while_and_holds_up_nobody(
    sending: Sending, receiver: Receiver, tmp_path: Path
) -> None:
    failing = await sending.subscribe(receiver.url)
    folder = tmp_path / "other"
    folder.mkdir()
    receiver.answer = lambda one: refuse(500) if one.headers["host"].endswith(str(receiver.port)) else refuse(200)
    with running_receiver(tmp_path, Receiver()) as healthy:
        fine = await sending.subscribe(healthy.url)
        for number in range(30):
            await sending.refer(number)
        await sending.deliver()
        assert len(healthy.received) == 30
        assert 5 <= len(receiver.received) <= 13  # those that were under way when the fifth failed
        asked = len(receiver.received)
        await sending.deliver()
        assert len(receiver.received) == asked
        sending.later(minutes=11)
        await sending.deliver()
        assert len(receiver.received) == asked + 1
        assert {state for _, state in await sending.states(fine)} == {"delivered"}
        assert {state for _, state in await sending.states(failing)} == {"pending"}


async def test_later_messages_of_a_referral_wait_and_those_of_others_do_not(
    sending: Sending, receiver: Receiver
) -> None:
    subscription = await sending.subscribe(receiver.url)
    first, second = await sending.refer(1), await sending.refer(2)
    for referral in (first, second):
        await sending.query(referral)
    stuck = str(first.referral_id).encode()
    receiver.answer = lambda one: refuse(400) if stuck in one.body else refuse(200)
    await sending.deliver()
    assert await sending.states(subscription) == [
        ("referral.received", "pending"),
        ("referral.received", "delivered"),
        ("referral.queried", "pending"),
        ("referral.queried", "delivered"),
    ]
    receiver.answer = lambda _: refuse(200)
    sending.later(seconds=6)
    await sending.deliver()
    about = [one.message["type"] for one in receiver.received if stuck in one.body]
    assert about == ["referral.received", "referral.received", "referral.queried"]


async def test_a_target_that_is_gone_is_disabled_until_its_owner_resumes(sending: Sending, receiver: Receiver) -> None:
    subscription = await sending.subscribe(receiver.url)
    receiver.answer = lambda _: refuse(410)
    await sending.refer(1)
    await sending.deliver()
    assert (await sending.watched(subscription)).subscription.state is SubscriptionState.DISABLED
    assert await sending.states(subscription) == [("referral.received", "dead")]
    receiver.answer = lambda _: refuse(200)
    change = SubscriptionStep.RESUME
    resumed = await sending.intake.run(
        lambda tx: change_subscription(tx, subscription.subscription_id, change, Access())
    )
    await sending.intake.run(
        lambda tx: replay_messages(tx, resumed.subscription_id, resumed.created_at - timedelta(hours=1), Access())
    )
    await sending.deliver()
    assert await sending.states(subscription) == [("referral.received", "delivered")]


async def test_a_replay_has_the_same_id(sending: Sending, receiver: Receiver) -> None:
    subscription = await sending.subscribe(receiver.url)
    await sending.refer()
    await sending.deliver()
    (one,) = await sending.sent(subscription)
    await sending.intake.run(lambda tx: replay_messages(tx, subscription.subscription_id, one.delivery_id, Access()))
    await sending.deliver()
    assert len(receiver.received) == 2
    assert len(set(receiver.ids())) == 1
    assert receiver.received[0].body == receiver.received[1].body


async def test_a_paused_subscription_is_told_afterwards_but_not_of_what_is_older_than_a_day(
    sending: Sending, receiver: Receiver
) -> None:
    subscription = await sending.subscribe(receiver.url)
    place = subscription.subscription_id
    await sending.intake.run(lambda tx: change_subscription(tx, place, SubscriptionStep.PAUSE, Access()))
    await sending.refer(1)
    await sending.deliver()
    assert receiver.received == []
    sending.later(hours=25)
    await sending.refer(2)
    await sending.intake.run(deliveries.give_up_what_is_paused)
    await sending.intake.run(lambda tx: change_subscription(tx, place, SubscriptionStep.RESUME, Access()))
    await sending.deliver()
    assert [state for _, state in await sending.states(subscription)] == ["dead", "delivered"]


async def test_of_a_deleted_subscription_nothing_more_is_sent_or_written(sending: Sending, receiver: Receiver) -> None:
    subscription = await sending.subscribe(receiver.url)
    await sending.refer(1)
    place = subscription.subscription_id
    await sending.intake.run(lambda tx: change_subscription(tx, place, SubscriptionStep.DELETE, Access()))
    await sending.refer(2)
    await sending.deliver()
    assert receiver.received == []
    assert await sending.states(subscription) == [("referral.received", "dropped")]
    async with sending.intake.database.transaction() as tx:
        row = (await tx.execute("SELECT url, secret, previous_secret FROM subscriptions")).one()
    assert tuple(row) == ("", "", None)


async def test_after_a_rotation_both_secrets_verify(sending: Sending, receiver: Receiver) -> None:
    subscription = await sending.subscribe(receiver.url)
    rotated = await sending.intake.run(lambda tx: rotate_secret(tx, subscription.subscription_id, Access()))
    await sending.refer(1)
    await sending.deliver()
    (one,) = receiver.received
    assert one.verified(subscription.secret) == one.verified(rotated.secret)
    sending.later(hours=25)
    await sending.refer(2)
    await sending.deliver()
    two = receiver.received[1]
    two.verified(rotated.secret)
    with pytest.raises(Exception, match="No matching signature"):
        two.verified(subscription.secret)


async def test_a_redirect_is_a_failure_and_is_not_followed(
    sending: Sending, receiver: Receiver, tmp_path: Path
) -> None:
    with running_receiver(tmp_path, Receiver()) as elsewhere:
        subscription = await sending.subscribe(receiver.url)
        receiver.answer = lambda _: refuse(307, Location=elsewhere.url)
        await sending.refer()
        await sending.deliver()
        (one,) = await sending.sent(subscription)
        assert (one.state.value, one.last_status, one.last_error) == ("pending", 307, "status_307")
        assert elsewhere.received == []


async def test_a_name_that_later_leads_into_the_own_network_is_not_called(intake: Intake, receiver: Receiver) -> None:
    """DNS rebinding: the receiver stands for something inside that must not be reached."""
    names = Names([["93.184.216.34"], ["127.0.0.1"]])
    async with open_sending(intake, receiver, names, TargetRules()) as sending:
        await names.resolve("receiver.test", 443)  # what the subscriber's look-up saw
        subscription = await sending.subscribe(receiver.url)
        await sending.refer()
        await sending.deliver()
        (one,) = await sending.sent(subscription)
        assert (one.state.value, one.last_error) == ("pending", "target_refused")
        assert receiver.received == []


async def test_the_address_that_was_checked_is_the_one_that_is_called(intake: Intake, receiver: Receiver) -> None:
    """A name is looked up once for a connection: a second answer can never lead anywhere."""
    names = Names([["127.0.0.1"], ["127.0.0.2"]])
    async with open_sending(intake, receiver, names) as sending:
        subscription = await sending.subscribe(receiver.url)
        await sending.refer()
        await sending.deliver()
        assert await sending.states(subscription) == [("referral.received", "delivered")]
        assert names.asked == 1


@pytest.mark.parametrize("addresses", [["127.0.0.1", "10.0.0.1"], ["10.0.0.1", "127.0.0.1"], ["::ffff:10.0.0.1"]])
async def test_one_forbidden_address_of_a_name_forbids_it(
    intake: Intake, receiver: Receiver, addresses: list[str]
) -> None:
    async with open_sending(intake, receiver, Names([addresses])) as sending:
        subscription = await sending.subscribe(receiver.url)
        await sending.refer()
        await sending.deliver()
        assert (await sending.watched(subscription)).health.last_error == "target_refused"
        assert receiver.received == []


async def test_a_certificate_of_nobody_we_trust_is_refused(intake: Intake, receiver: Receiver, tmp_path: Path) -> None:
    folder = tmp_path / "stranger"
    folder.mkdir()
    with running_receiver(folder) as stranger:
        async with open_sending(intake, receiver) as sending:
            subscription = await sending.subscribe(stranger.url)
            await sending.refer()
            await sending.deliver()
            assert (await sending.watched(subscription)).health.last_error == "certificate_refused"
            assert stranger.received == []


async def test_two_couriers_send_each_message_once(intake: Intake, receiver: Receiver) -> None:
    async with open_sending(intake, receiver) as one, open_sending(intake, receiver) as other:
        subscription = await one.subscribe(receiver.url)
        for number in range(20):
            await one.refer(number)
        await asyncio.gather(one.deliver(), other.deliver())
        await asyncio.gather(one.deliver(), other.deliver())
        assert {state for _, state in await one.states(subscription)} == {"delivered"}
        assert len(receiver.received) == 20


async def test_a_target_that_does_not_answer_keeps_no_transaction_open(sending: Sending, receiver: Receiver) -> None:
    await sending.subscribe(receiver.url)
    let_go, came = threading.Event(), threading.Event()

    def hold(_one: Received) -> tuple[int, dict[str, str]]:
        came.set()
        let_go.wait(10)
        return 200, {}

    receiver.answer = hold
    await sending.refer()
    await sending.courier.look(sending.stopping)
    assert await asyncio.to_thread(came.wait, 10)
    async with sending.intake.database.transaction() as tx:
        open_ones = await tx.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"
        )
        assert open_ones.scalar_one() == 0
    let_go.set()
    await sending.courier.settled()


async def test_many_referrals_in_one_transaction_are_told_each_in_its_order(
    sending: Sending, receiver: Receiver
) -> None:
    subscription = await sending.subscribe(receiver.url)
    asked = [referral_in(person=person_in(hospital_number=f"G{number}")) for number in range(60)]
    await sending.intake.run(lambda tx: receive_referrals(tx, asked, POLICY))
    await sending.deliver()
    assert await sending.states(subscription) == [("referral.received", "delivered")] * 60
    assert len({one.message["data"]["referral_id"] for one in receiver.received}) == 60


async def test_a_change_that_does_not_happen_is_not_told(sending: Sending, receiver: Receiver) -> None:
    """The message is part of the change's transaction: both are there, or neither."""
    subscription = await sending.subscribe(receiver.url)
    referral = await sending.refer()

    async def fail_at_the_end(tx: Tx) -> None:
        await query_referral(tx, referral.referral_id, [Missing.MOBILITY], Access())
        await tx.flush()
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await sending.intake.run(fail_at_the_end)
    await sending.deliver()
    assert await sending.states(subscription) == [("referral.received", "delivered")]


async def test_with_no_subscription_a_referral_costs_one_look_a_second(intake: Intake) -> None:
    for number in range(5):
        await intake.receive(referral_in(person=person_in(hospital_number=f"N{number}")))
    async with intake.database.transaction() as tx:
        known = await subscriptions.listeners(tx)
        assert known == []
        assert await intake.count("deliveries") == 0
