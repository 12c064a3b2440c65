"""The process that sends is killed in mid-delivery: nothing is lost, and what comes twice has the same id."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from intake_builders import person_in, referral_in
from intake_database import Intake
from intake_process import Worker, until
from webhook_receiver import Received, Receiver, running_receiver
from webhook_sending import query

from homeward_kit.testing.tokens import TokenIssuer
from spa_intake.domain.subscription import Subscription
from spa_intake.use_cases.create_subscription import create_subscription

REFERRALS = 25
KILLS_AT = (1, 7, 20, 33)  # messages received, over all processes


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with running_receiver(tmp_path) as running:
        yield running


@pytest.fixture
def worker(
    database_address: Callable[[str], str], token_issuer: TokenIssuer, signing_key: Path, intake: Intake
) -> Worker:
    """No broker answers: what is told to wards does not need one."""
    return Worker(intake.database.address, "127.0.0.1:1", token_issuer, signing_key)


async def _refer(intake: Intake, receiver: Receiver) -> Subscription:
    url = f"https://localhost:{receiver.port}/"
    subscription = await intake.run(lambda tx: create_subscription(tx, "RJZ", url, ()))
    for number in range(REFERRALS):
        referral = await intake.receive(referral_in(person=person_in(hospital_number=f"K{number}")))
        await query(intake, referral)
    return subscription


async def test_nothing_is_lost_and_what_comes_twice_has_the_same_id(
    intake: Intake, receiver: Receiver, worker: Worker
) -> None:
    subscription = await _refer(intake, receiver)
    settings = {"WEBHOOK_ALLOWED_NETWORKS": '["127.0.0.0/8"]', "WEBHOOK_CA_FILE": str(receiver.ca_file)}

    async def all_taken() -> bool:
        return await intake.count("deliveries WHERE state <> 'delivered'") == 0

    for kill_at in KILLS_AT:
        async with worker.running(**settings) as started:

            def kill(_one: Received, pid: int = started.process.pid, at: int = kill_at) -> tuple[int, dict[str, str]]:
                if len(receiver.received) >= at:
                    os.kill(pid, signal.SIGKILL)
                return 200, {}

            receiver.answer = kill
            await started.wait_until_killed()
    receiver.answer = lambda _: (200, {})
    async with worker.running(**settings) as last:
        await until(all_taken, "the delivery of every message")
        assert "webhook_targets_failing 0.0" in (await last.client.get("/metrics")).text
    first_of = {one.webhook_id: one for one in reversed(receiver.received)}
    assert len(first_of) == 2 * REFERRALS
    assert len(receiver.received) > 2 * REFERRALS  # those that the kills left unrecorded
    assert all(one.body == first_of[one.webhook_id].body for one in receiver.received)
    told: dict[str, list[str]] = {}
    for one in dict.fromkeys(receiver.ids()):
        message = first_of[one].verified(subscription.secret)
        told.setdefault(message["data"]["referral_id"], []).append(message["type"])
    assert set(map(tuple, told.values())) == {("referral.received", "referral.queried")}
