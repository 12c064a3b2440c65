"""Pitfalls on the way out: numbers that commit out of order, two relays, a table that cannot be cleaned."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from homeward_kit.database import Database, Tx
from homeward_kit.relay import Relay
from homeward_kit.shards import ShardLocks
from sample_service.things import TOPIC, ThingMade
from sample_testing.flow import IS_WAITING, OUTBOX, Flow, until
from sample_testing.topics import numbers_by_key

BLOAT_EVENTS = int(os.environ.get("PITFALL_BLOAT_EVENTS", "20000"))
SLOWEST = 200  # events a second, on a machine that does much else


async def _publish(tx: Tx, key: str, number: int) -> None:
    await tx.publish(ThingMade(number=number), key=key, subject=f"thing/{key}", version=1)


async def test_pitfall_01_numbers_that_commit_out_of_order_or_never_lose_nothing(flow: Flow) -> None:
    """16 writers whose transactions last differently and sometimes roll back; four share a key."""
    flow.start_relay()
    committed: dict[str, int] = {}

    async def write(writer: int) -> None:
        key = f"key-{writer % 4}"
        for number in range(25):
            with contextlib.suppress(ZeroDivisionError):
                async with flow.database.transaction() as tx:
                    await tx.lock(key)
                    await _publish(tx, key, committed.get(key, 0))
                    await tx.flush()  # numbered here; others are numbered and committed before this one is
                    await tx.execute("SELECT pg_sleep(:seconds)", {"seconds": (writer * 7 + number) % 5 / 500})
                    assert 1 / ((writer + number) % 7)
                    committed[key] = committed.get(key, 0) + 1

    await asyncio.gather(*(write(writer) for writer in range(16)))
    await flow.wait_for(OUTBOX, 0)
    assert await numbers_by_key(flow.bootstrap, TOPIC) == {key: list(range(count)) for key, count in committed.items()}


async def test_pitfall_01_a_key_is_locked_before_its_event_is_numbered(flow: Flow) -> None:
    """Else a later event of the same key could be committed, and sent, before the earlier one."""
    flow.start_relay()

    async def publish_second() -> None:
        async with flow.database.transaction() as tx:
            await _publish(tx, "key", 2)

    async with flow.database.transaction() as tx:
        await _publish(tx, "key", 1)
        await tx.flush()
        later = asyncio.create_task(publish_second())

        async def waits_or_has_overtaken() -> bool:
            is_sent = (await flow.rows("SELECT count(*) FROM event_log"))[0][0]
            return bool(is_sent or (await flow.rows(IS_WAITING))[0][0])

        await until(waits_or_has_overtaken, 30, "the second event neither waits nor is sent")
    await later
    await flow.wait_for("SELECT count(*) FROM event_log", 2)
    assert await numbers_by_key(flow.bootstrap, TOPIC) == {"key": [1, 2]}


async def _publish_steadily(flow: Flow, while_running: asyncio.Event) -> int:
    """Ten keys, one number after another, until told to end; returns how many each key has had."""
    number = 0
    while not while_running.is_set():
        async with flow.database.transaction() as tx:
            for key in range(10):
                await _publish(tx, f"key-{key}", number)
        number += 1
    return number


@asynccontextmanager
async def _steady_publishing(flow: Flow) -> AsyncIterator[Callable[[], int]]:
    """Events all the while; afterwards the callable says how many each key has had."""
    ended = asyncio.Event()
    publishing = asyncio.create_task(_publish_steadily(flow, ended))
    try:
        yield publishing.result
    finally:
        ended.set()
        await publishing


async def _wait_for_shares(*expected: tuple[Relay, int]) -> None:
    async def is_shared() -> bool:
        return all(relay.state.shards == shards for relay, shards in expected)

    await until(is_shared, 30, f"shards: {[relay.state.shards for relay, _ in expected]}")


async def test_pitfall_02_two_relays_share_the_shards_and_reorder_nothing(flow: Flow) -> None:
    """Shards change hands under load: a second relay comes, then the first is gone, as after kill -9."""
    first = flow.start_relay()
    async with _steady_publishing(flow) as published:
        await _wait_for_shares((first, 16))
        second = flow.start_relay(flow.another_process())
        await _wait_for_shares((first, 8), (second, 8))
        first.stop()
        await flow.tasks[0]
        await _wait_for_shares((second, 16))
    await flow.wait_for(OUTBOX, 0)
    assert first.state.sent
    assert second.state.sent
    expected = {f"key-{key}": list(range(published())) for key in range(10)}
    assert await numbers_by_key(flow.bootstrap, TOPIC) == expected


async def test_the_server_soon_notices_that_a_relays_machine_is_gone(database: Database) -> None:
    """Its locks would else be held for two hours; a machine cannot be taken away here, so the settings are read."""
    shards = ShardLocks(database.address)
    connection = await shards.hold()
    found = await connection.fetch("SELECT name, setting::int FROM pg_settings WHERE name LIKE 'tcp_keepalives_%'")
    settings = {name.removeprefix("tcp_keepalives_"): setting for name, setting in found}
    await shards.close()
    assert 0 < settings["idle"] + settings["interval"] * settings["count"] < 10


async def test_pitfall_20_an_idle_transaction_does_not_stop_the_relay(flow: Flow) -> None:
    """Nothing that was sent can be cleaned away while somebody's old snapshot is open.

    PITFALL_BLOAT_EVENTS=500000 for the full length. That no event, log, span or dead letter holds personal data is
    shown in tests/end_to_end/test_privacy.py and, for dead letters, in test_poison.py.
    """
    async with flow.database.engine.connect() as idle:
        await idle.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        await idle.exec_driver_sql(OUTBOX)  # from here on its snapshot holds on to every row
        relay = flow.start_relay()
        for first in range(0, BLOAT_EVENTS, 1000):
            async with flow.database.transaction() as tx:
                for number in range(first, first + 1000):
                    await _publish(tx, f"key-{number % 10}", number)
        await flow.wait_for(OUTBOX, 0, BLOAT_EVENTS / SLOWEST)
        assert relay.state.sent == BLOAT_EVENTS
    await flow.wait_for("SELECT count(*) FROM event_log", BLOAT_EVENTS)
