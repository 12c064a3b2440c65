"""Timers fire once, at their last due time, under any number of workers, and say when they are late."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from homeward_kit import timers
from homeward_kit.database import Database, Tx
from homeward_kit.timers import Timer, TimerWorker, cancel_timer, set_timer
from homeward_kit.values import LONDON
from sample_testing.flow import until


class Fired(list[Timer]):
    """A handler that remembers what fired."""

    async def handle(self, _tx: Tx, timer: Timer) -> None:
        self.append(timer)


async def _set(database: Database, aggregate_id: UUID, seconds: float) -> None:
    async with database.transaction() as tx:
        await set_timer(tx, "reminder", aggregate_id, key="person", due_at=tx.now + timedelta(seconds=seconds))


async def test_pitfall_17_a_timer_fires_once_however_many_workers_late_and_across_the_clock_change(
    database: Database,
) -> None:
    """Due at the second half past one of the night when London's clocks go back; set twice, looked at by two."""
    fired = Fired()
    half_past_one = [datetime(2027, 10, 31, 1, 30, tzinfo=LONDON, fold=fold) for fold in (0, 1)]
    first, second = (moment.astimezone(UTC) for moment in half_past_one)
    assert second - first == timedelta(hours=1)
    ids = {uuid4() for _ in range(20)}
    async with database.transaction() as tx:
        for aggregate_id in [*ids, *ids]:
            await set_timer(tx, "reminder", aggregate_id, key="person", due_at=second)
    workers = [TimerWorker(database, {"reminder": fired.handle}) for _ in range(2)]

    async def fire_at(moment: datetime) -> int:
        database.clock.set_offset((moment - datetime.now(UTC)).total_seconds())
        return sum(await asyncio.gather(*(worker.fire_due() for worker in workers)))

    assert await fire_at(first + timedelta(minutes=59)) == 0
    assert await fire_at(second + timedelta(hours=3)) == 20
    assert await fire_at(second + timedelta(hours=4)) == 0
    assert sorted(timer.aggregate_id for timer in fired) == sorted(ids)
    assert all(timer.is_late and timer.due_at == second for timer in fired)


async def test_a_timer_that_is_not_late_does_not_say_so(database: Database) -> None:
    fired = Fired()
    await _set(database, uuid4(), -1)
    assert await TimerWorker(database, {"reminder": fired.handle}).fire_due() == 1
    assert [timer.is_late for timer in fired] == [False]


async def test_after_downtime_late_timers_fire_at_a_limited_rate_and_hold_up_none_that_falls_due(
    database: Database,
) -> None:
    fired = Fired()
    for number in range(30):
        await _set(database, uuid4(), -3600 - number)
    for _ in range(3):
        await _set(database, uuid4(), -1)
    worker = TimerWorker(database, {"reminder": fired.handle}, catch_up_per_second=10)
    assert await worker.fire_due() == 13
    assert sum(not timer.is_late for timer in fired) == 3
    assert [timer.due_at for timer in fired] == sorted(timer.due_at for timer in fired)
    running = asyncio.create_task(worker.run())
    begun = asyncio.get_running_loop().time()

    async def are_all_fired() -> bool:
        return len(fired) == 33

    await until(are_all_fired, 60, "late timers stay")
    assert asyncio.get_running_loop().time() - begun > 1  # 20 at ten a second
    worker.stop()
    await running


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


async def test_a_failing_timer_stays_and_does_not_hold_up_the_others(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timers, "BATCH", 1)
    fired = Fired()
    failing, good = uuid4(), uuid4()

    async def handle(tx: Tx, timer: Timer) -> None:
        await fired.handle(tx, timer)
        if timer.aggregate_id == failing:
            raise ValueError

    await _set(database, failing, -2)
    await _set(database, good, -1)
    worker = TimerWorker(database, {"reminder": handle})
    assert await worker.fire_due() == 0
    assert await worker.fire_due() == 1
    assert await worker.fire_due() == 0  # the failing one waits before it is tried again
    async with database.transaction() as tx:
        left = (await tx.execute("SELECT aggregate_id FROM timers")).scalars().all()
    assert left == [failing]


async def test_many_late_timers_that_fail_leave_room_for_another(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More of them than fire at the limited rate until the first of them is tried again."""
    monkeypatch.setattr(timers, "RETRY_SECONDS", 0.2)
    good, fired = uuid4(), Fired()

    async def handle(tx: Tx, timer: Timer) -> None:
        if timer.aggregate_id != good:
            raise ValueError
        await fired.handle(tx, timer)

    for _ in range(15):
        await _set(database, uuid4(), -7200)
    await _set(database, good, -3600)
    worker = TimerWorker(database, {"reminder": handle}, catch_up_per_second=10)

    async def has_fired() -> bool:
        await worker.fire_due()
        return bool(fired)

    await until(has_fired, 15, "those that fail take all the room")
