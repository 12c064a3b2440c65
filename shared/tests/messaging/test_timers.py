"""Timers fire once, at their last due time, under any number of workers, and say when they are late."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

from homeward_kit.database import Database, Tx
from homeward_kit.timers import Timer, TimerWorker, cancel_timer, set_timer


class Fired(list[Timer]):
    """A handler that remembers what fired."""

    async def handle(self, _tx: Tx, timer: Timer) -> None:
        self.append(timer)


async def _set(database: Database, aggregate_id: UUID, seconds: float) -> None:
    async with database.transaction() as tx:
        await set_timer(tx, "reminder", aggregate_id, key="person", due_at=tx.now + timedelta(seconds=seconds))


async def test_a_due_timer_fires_once_with_two_workers(database: Database) -> None:
    fired = Fired()
    ids = {uuid4() for _ in range(20)}
    for aggregate_id in ids:
        await _set(database, aggregate_id, -1)
    workers = [TimerWorker(database, {"reminder": fired.handle}) for _ in range(2)]
    counts = await asyncio.gather(*(worker.fire_due() for worker in workers))
    assert sum(counts) == 20
    assert sorted(timer.aggregate_id for timer in fired) == sorted(ids)
    assert not any(timer.is_late for timer in fired)


async def test_a_moved_or_cancelled_timer_does_not_fire_and_a_late_one_says_so(database: Database) -> None:
    fired = Fired()
    moved, cancelled, late = uuid4(), uuid4(), uuid4()
    await _set(database, moved, -1)
    await _set(database, moved, 3600)
    await _set(database, cancelled, -1)
    await _set(database, late, -120)
    async with database.transaction() as tx:
        await cancel_timer(tx, "reminder", cancelled)
    worker = TimerWorker(database, {"reminder": fired.handle})
    assert await worker.fire_due() == 1
    assert [(timer.aggregate_id, timer.is_late) for timer in fired] == [(late, True)]
    database.clock.set_offset(7200)
    assert await worker.fire_due() == 1
    assert fired[-1].aggregate_id == moved


async def test_a_failing_timer_stays_and_does_not_hold_up_the_others(database: Database) -> None:
    fired = Fired()
    failing, good = uuid4(), uuid4()

    async def handle(tx: Tx, timer: Timer) -> None:
        await fired.handle(tx, timer)
        if timer.aggregate_id == failing:
            raise ValueError

    await _set(database, failing, -2)
    await _set(database, good, -1)
    worker = TimerWorker(database, {"reminder": handle})
    assert await worker.fire_due() == 1
    assert await worker.fire_due() == 0  # the failing one waits before it is tried again
    async with database.transaction() as tx:
        left = (await tx.execute("SELECT aggregate_id FROM timers")).scalars().all()
    assert left == [failing]
