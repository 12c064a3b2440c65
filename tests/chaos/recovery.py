"""How long a soak's faults are felt: until a new referral is accepted and stands in the read model."""

import asyncio
import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg

from homeward_local.demo.people import Person
from homeward_local.demo.rest import referral_body
from homeward_local.demo.ways import Way

from .caller import Caller, Message, NotAnswered
from .history import Outcome, Submit

EVERY_SECONDS = 0.1
VISIBLE = "SELECT 1 FROM journeys WHERE referral_id = $1"


@dataclass(frozen=True)
class Recovery:
    """Seconds from a moment until the next referral was accepted, and until one sent after it was visible."""

    accepted: float
    visible: float

    @property
    def seconds(self) -> float:
        return max(self.accepted, self.visible)


class Prober:
    """Sends referrals of its own; reads the read model past every proxy."""

    def __init__(self, caller: Caller, people: Iterator[Person], read_model: str) -> None:
        self._caller = caller
        self._people = people
        self._read_model = read_model

    async def recovery(self, since: float) -> Recovery:
        """Send a new referral at once, again until it is accepted, then look until it is visible."""
        person = next(self._people)
        submit = Submit(person.nhs_number, Way.REST, Outcome.UNKNOWN)
        self._caller.history.submits.append(submit)
        body = referral_body(person, datetime.now(UTC))
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        message = Message(json.dumps(body).encode(), {**headers, "Content-Type": "application/json"})
        answer = await self._caller.command("spa-intake", "/api/v1/referrals", "ward_system", message)
        submit.referral_id, submit.outcome = str(answer.json()["referral_id"]), Outcome.OK
        accepted = time.monotonic() - since
        await self._until_visible(submit.referral_id)
        return Recovery(accepted, time.monotonic() - since)

    async def _until_visible(self, referral_id: str) -> None:
        while not self._caller.has_given_up:
            try:
                connection = await asyncpg.connect(self._read_model, timeout=2)
                try:
                    while not self._caller.has_given_up:
                        if await connection.fetchval(VISIBLE, uuid.UUID(referral_id)):
                            return
                        await asyncio.sleep(EVERY_SECONDS)
                finally:
                    connection.terminate()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(EVERY_SECONDS)
        raise NotAnswered("a referral that was accepted did not become visible")
