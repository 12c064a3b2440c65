"""Sends the messages to ward systems: each target by one process at a time, in order for each referral.

What a target does holds up nothing but its own messages: each has a task of its own, and one that fails again and again
is left alone for a while. Nothing of the database is held while a target is called.
"""

import asyncio
import contextlib
import random
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from homeward_kit import audit
from homeward_kit.database import Database, Tx
from homeward_kit.logging import get_logger
from spa_intake.adapters.db import deliveries, subscriptions
from spa_intake.adapters.db.deliveries import Tried, Waiting
from spa_intake.adapters.db.subscription_locks import SubscriptionLocks
from spa_intake.adapters.webhooks.posting import Letter, Outcome, Post
from spa_intake.domain.delivery import LIFETIME, DeliveryState, Health, after_failure, next_try
from spa_intake.domain.subscription import SubscriptionState, SubscriptionStep, move

LOOK_SECONDS = 0.5
AT_ONCE = 8  # messages under way to one target
TIDY_SECONDS = 60.0
_OUTAGES = (SQLAlchemyError, OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)

_log = get_logger(__name__)


class Courier:
    """What one process does; any number may run."""

    def __init__(self, database: Database, post: Post, random_part: Callable[[], float] = random.random) -> None:
        self._database = database
        self._post = post
        self._random = random_part
        self._locks = SubscriptionLocks(database.address)
        self._rounds: dict[UUID, asyncio.Task[None]] = {}
        self._tidied_at = float("-inf")

    async def run(self, stopping: asyncio.Event) -> None:
        """Until the process stops; what is under way is finished. An outage of the database is waited out."""
        try:
            while not stopping.is_set():
                try:
                    await self.look(stopping)
                except _OUTAGES as error:
                    _log.warning("webhooks_unavailable", error=type(error).__name__)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), LOOK_SECONDS)
        finally:
            await asyncio.gather(*self._rounds.values(), return_exceptions=True)
            await self._locks.close()
            await self._post.close()

    async def look(self, stopping: asyncio.Event) -> None:
        """Begin a round for each subscription that has something due and that no other process serves."""
        await self._end_rounds()
        async with self._database.transaction() as tx:
            await self._tidy(tx)
            due = await deliveries.with_work(tx)
        for subscription_id in due:
            if subscription_id not in self._rounds and await self._locks.take(subscription_id):
                one = Round(self._database, self._post, subscription_id, self._random)
                self._rounds[subscription_id] = asyncio.create_task(one.run(stopping))

    async def settled(self) -> None:
        """Until the rounds that were begun are over."""
        await asyncio.gather(*self._rounds.values())
        await self._end_rounds()

    async def _end_rounds(self) -> None:
        """Give up the locks of the rounds that are over; without the connection no lock is ours any more."""
        if self._locks.is_lost:
            for task in self._rounds.values():
                task.cancel()
        for subscription_id, task in list(self._rounds.items()):
            if not task.done():
                continue
            del self._rounds[subscription_id]
            error = None if task.cancelled() else task.exception()
            if error is not None:
                _log.error("webhook_round_failed", subscription_id=str(subscription_id), error=type(error).__name__)
            await self._locks.give_up(subscription_id)

    async def _tidy(self, tx: Tx) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._tidied_at >= TIDY_SECONDS:
            await deliveries.give_up_what_is_paused(tx)
            await deliveries.forget_old(tx)
            self._tidied_at = now


class Round:
    """All that is due to one target now, some at once, of each referral one after the other."""

    def __init__(self, database: Database, post: Post, subscription_id: UUID, random_part: Callable[[], float]) -> None:
        self._database = database
        self._post = post
        self._subscription_id = subscription_id
        self._random = random_part
        self._under_way: dict[asyncio.Task[Outcome], Waiting] = {}
        self._health = Health()  # as known: while the lock is held, nobody else changes it but who resumes

    async def run(self, stopping: asyncio.Event) -> None:
        """Until nothing is due any more, or the target is left alone."""
        try:
            while True:
                if not stopping.is_set() and len(self._under_way) <= AT_ONCE // 2:
                    await self._begin()
                if not self._under_way:
                    return
                done, _ = await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
                await self._note([(self._under_way.pop(task), task.result()) for task in done])
        finally:
            for task in self._under_way:
                task.cancel()

    async def _begin(self) -> None:
        async with self._database.transaction() as tx:
            found = await subscriptions.open_target(tx, self._subscription_id)
            if found is None:
                return
            subscription, self._health = found
            free = (1 if self._health.is_left_alone else AT_ONCE) - len(self._under_way)
            if free <= 0:
                return
            busy = [head.lane for head in self._under_way.values()]
            heads = await deliveries.heads(tx, self._subscription_id, busy, free)
            secrets = subscription.secrets(tx.now)
        for head in heads:
            letter = Letter(f"msg_{head.delivery_id.hex}", head.body, secrets)
            self._under_way[asyncio.create_task(self._post.send(subscription.url, letter))] = head

    async def _note(self, tried: Sequence[tuple[Waiting, Outcome]]) -> None:
        """What came of some tries, in one transaction."""
        taken = {
            head.delivery_id: Tried(DeliveryState.DELIVERED, outcome.status)
            for head, outcome in tried
            if outcome.error is None
        }
        async with self._database.transaction() as tx:
            if taken:
                await self._note_taken(tx, taken)
            for head, outcome in tried:
                if outcome.is_gone:
                    await self._note_gone(tx, head, outcome)
                elif outcome.error is not None:
                    await self._note_failure(tx, head, outcome)

    async def _note_taken(self, tx: Tx, taken: Mapping[UUID, Tried]) -> None:
        await deliveries.note_tries(tx, taken)
        if not self._health.failures:
            return
        was_left_alone, self._health = self._health.is_left_alone, Health()
        await subscriptions.save_health(tx, self._subscription_id, self._health)
        if was_left_alone:
            await deliveries.make_due(tx, self._subscription_id)

    async def _note_failure(self, tx: Tx, head: Waiting, outcome: Outcome) -> None:
        error = outcome.error or "failed"
        due_at = next_try(head.counted_from, tx.now, self._random, outcome.asked)
        state = DeliveryState.PENDING if due_at else DeliveryState.DEAD
        await deliveries.note_tries(tx, {head.delivery_id: Tried(state, outcome.status, error, due_at)})
        self._health = after_failure(self._health, error, tx.now)
        await subscriptions.save_health(tx, self._subscription_id, self._health)
        if self._health.is_left_alone:
            # nobody waits longer than a day for a target that was tried after that day and does not answer
            await deliveries.give_up(tx, self._subscription_id, DeliveryState.DEAD, error, tx.now - LIFETIME)
        _log.info("webhook_not_taken", subscription_id=str(self._subscription_id), error=error, state=state.value)

    async def _note_gone(self, tx: Tx, head: Waiting, outcome: Outcome) -> None:
        """The target says that it will never be back: nothing more is sent until its owner resumes."""
        tried = Tried(DeliveryState.DEAD, outcome.status, outcome.error)
        await deliveries.note_tries(tx, {head.delivery_id: tried})
        current = await subscriptions.open_one(tx, self._subscription_id)
        if current is None or current.state is not SubscriptionState.ACTIVE:
            return
        await subscriptions.update(tx, move(current, SubscriptionStep.DISABLE))
        await deliveries.give_up(tx, self._subscription_id, DeliveryState.DEAD, outcome.error, tx.now)
        await audit.record(tx, "disable_subscription", f"subscription/{self._subscription_id}", outcome="gone")
