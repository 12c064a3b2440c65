"""What the tests of intake's use cases work with: a real database and what is in its outbox."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID, uuid4

from intake_builders import MONDAY

from homeward_kit.database import Database, Tx
from homeward_kit.envelope import ConsumedEvent, Received
from homeward_kit.handling import BatchHandler
from homeward_kit.timers import TimerWorker
from spa_intake.adapters.db import referrals
from spa_intake.domain.inputs import MovementIn, ReferralIn
from spa_intake.domain.policy import Policy
from spa_intake.domain.referral import Referral
from spa_intake.entrypoints.worker import HANDLERS, TIMERS
from spa_intake.use_cases.accept_referral import accept_referral
from spa_intake.use_cases.access import Access
from spa_intake.use_cases.receive_referral import receive_referral
from spa_intake.use_cases.record_movement import MovementOutcome, record_movement

T = TypeVar("T")
POLICY = Policy()


@dataclass(frozen=True)
class Told:
    """An event in the outbox."""

    name: str  # "referral.received"
    payload: dict[str, Any]  # Any: JSON
    version: int
    referral_id: UUID | None


class Intake:
    def __init__(self, database: Database) -> None:
        self.database = database

    async def run(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        async with self.database.transaction(actor="client/test") as tx:
            return await work(tx)

    async def receive(self, asked: ReferralIn) -> Referral:
        return await self.run(lambda tx: receive_referral(tx, asked, POLICY))

    async def accept(self, referral: Referral) -> Referral:
        return await self.run(lambda tx: accept_referral(tx, referral.referral_id, Access()))

    async def move(self, message: MovementIn, raw: str | None = None) -> MovementOutcome:
        return await self.run(lambda tx: record_movement(tx, message, raw or message.control_id, POLICY))

    async def hear(self, event: ConsumedEvent, version: int = 1) -> None:
        """Handle an event of another service as the worker does."""
        fields = event.model_dump()
        received = Received(
            event_id=uuid4(),
            type=event.type,
            source="test",
            subject="test",
            time=MONDAY,
            key=str(fields["patient_key"]) if "patient_key" in fields else "",
            referral_id=fields["referral_id"],
            aggregate_version=version,
            causation_id=None,
            actor="system",
            topic=event.topic,
            partition=0,
            offset=0,
            payload=event,
        )
        handler = HANDLERS[type(event)]
        assert not isinstance(handler, BatchHandler), "spa-intake's own handlers take one event at a time"
        await self.run(lambda tx: handler(tx, received))

    async def fire_timers(self) -> int:
        return await TimerWorker(self.database, TIMERS).fire_due()

    async def read(self, referral: Referral) -> Referral:
        found = await self.run(lambda tx: referrals.get(tx, referral.referral_id))
        assert found is not None
        return found

    async def told(self) -> list[Told]:
        """Every event so far, in the order it was published."""
        async with self.database.transaction() as tx:
            rows = await tx.execute("SELECT type, payload, aggregate_version, referral_id FROM outbox ORDER BY seq")
            return [
                Told(
                    row.type.removeprefix("discharge.").removesuffix(".v1"),
                    json.loads(row.payload),
                    row.aggregate_version,
                    row.referral_id,
                )
                for row in rows
            ]

    async def names(self) -> list[str]:
        return [event.name for event in await self.told()]

    async def count(self, table: str) -> int:
        async with self.database.transaction() as tx:
            return int((await tx.execute(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608 — our own names
