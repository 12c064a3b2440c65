"""What the tests of webhooks work with: intake, a courier with a resolver of the test's own, and the receiver."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

from intake_builders import person_in, referral_in
from intake_database import Intake
from webhook_receiver import Receiver

from spa_intake.adapters.db import deliveries, subscriptions
from spa_intake.adapters.db.deliveries import Delivery
from spa_intake.adapters.db.subscriptions import Watched
from spa_intake.adapters.webhooks.posting import Post, trust
from spa_intake.adapters.webhooks.resolving import Guard
from spa_intake.domain.codes import Missing
from spa_intake.domain.referral import Referral
from spa_intake.domain.subscription import Subscription
from spa_intake.domain.target import TargetRules
from spa_intake.entrypoints.courier import Courier
from spa_intake.use_cases.access import Access
from spa_intake.use_cases.create_subscription import create_subscription
from spa_intake.use_cases.query_referral import query_referral

HERE = TargetRules(allowed_networks=[ip_network("127.0.0.0/8")])


@dataclass
class Names:
    """The answers to look-ups, one after the other; the last is given again."""

    answers: list[Sequence[str]] = field(default_factory=lambda: [["127.0.0.1"]])
    asked: int = 0

    async def resolve(self, _host: str, _port: int) -> Sequence[str]:
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@dataclass
class Sending:
    """Intake with a courier that looks when the test says so."""

    intake: Intake
    courier: Courier
    stopping: asyncio.Event

    async def deliver(self) -> None:
        """Send all that is due now."""
        await self.courier.look(self.stopping)
        await self.courier.settled()

    def later(self, **by: float) -> None:
        """The domain's clock goes forward."""
        clock = self.intake.database.clock
        clock.set_offset(clock.offset_seconds + timedelta(**by).total_seconds())

    async def subscribe(self, url: str, *event_types: str) -> Subscription:
        return await self.intake.run(lambda tx: create_subscription(tx, "RJZ", url, event_types))

    async def refer(self, number: int = 1) -> Referral:
        """A referral of somebody new; another `number` is another person."""
        return await self.intake.receive(referral_in(person=person_in(hospital_number=f"W{number}")))

    async def query(self, referral: Referral) -> None:
        """The ward is asked: a second message about the referral."""
        await query(self.intake, referral)

    async def sent(self, subscription: Subscription) -> list[Delivery]:
        """The messages, the oldest first."""
        found = await self.intake.run(lambda tx: deliveries.page(tx, subscription.subscription_id, None, None, 1_000))
        return found[::-1]

    async def states(self, subscription: Subscription) -> list[tuple[str, str]]:
        return [(one.type, one.state.value) for one in await self.sent(subscription)]

    async def watched(self, subscription: Subscription) -> Watched:
        found = await self.intake.run(lambda tx: subscriptions.get(tx, subscription.subscription_id))
        assert found is not None
        return found


@asynccontextmanager
async def open_sending(
    intake: Intake, receiver: Receiver, names: Names | None = None, rules: TargetRules = HERE
) -> AsyncIterator[Sending]:
    post = Post(Guard(rules, (names or Names()).resolve), trust(receiver.ca_file))
    courier, stopping = Courier(intake.database, post, lambda: 0.0), asyncio.Event()
    try:
        yield Sending(intake, courier, stopping)
    finally:
        stopping.set()
        await courier.run(stopping)


async def query(intake: Intake, referral: Referral) -> None:
    await intake.run(lambda tx: query_referral(tx, referral.referral_id, [Missing.MOBILITY], Access()))


def part_of(message: dict[str, Any], *names: str) -> list[Any]:  # Any: JSON
    """Some of what a message says of its referral."""
    return [message["data"][name] for name in names]
