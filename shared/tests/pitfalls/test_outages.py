"""Pitfalls of outages: a broker or a database that is gone for a while, or comes and goes.

PITFALL_OUTAGE_SECONDS=60 for the full length; continuous integration waits less.
"""

import asyncio
import os
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from homeward_kit import consumer, sending
from homeward_kit.consumer import ConsumerRunner
from homeward_kit.database import Database, Tx
from homeward_kit.envelope import Received
from homeward_kit.outages import DATABASE_FAILURES, is_outage
from sample_service.things import ThingMade, ThingMadeIn, record_effect
from sample_testing.flow import EFFECTS, OUTBOX, Flow, until
from sample_testing.process import SampleProcess, SampleService
from sample_testing.servers import OwnServer
from sample_testing.topics import first_numbers_by_key, members_of

OUTAGE_SECONDS = float(os.environ.get("PITFALL_OUTAGE_SECONDS", "5"))
STOP_SECONDS = 15
KILLS = 5
LETTERS = "SELECT count(*) FROM dead_letters"


async def test_pitfall_04_what_was_acknowledged_survives_the_databases_kill_9(
    own_postgres: OwnServer, own_database: Database
) -> None:
    """Five times under load; nothing acknowledged is missing."""
    acknowledged: set[int] = set()
    numbers = iter(range(1_000_000))

    async def write() -> None:
        try:
            while (number := next(numbers)) >= 0:
                async with own_database.transaction() as tx:
                    await tx.execute("INSERT INTO things VALUES ('key', :number)", {"number": number})
                acknowledged.add(number)
        except (DBAPIError, OSError):
            return  # the server is gone

    for _ in range(KILLS):
        aim = len(acknowledged) + 200
        writers = [asyncio.create_task(write()) for _ in range(8)]

        async def has_enough(aim: int = aim) -> bool:
            return len(acknowledged) >= aim

        await until(has_enough, 60, "the writers are stuck")
        own_postgres.kill()
        await asyncio.gather(*writers)
        await own_postgres.start_again()
        async with own_database.transaction() as tx:
            stored = set((await tx.execute("SELECT number FROM things")).scalars())
        assert acknowledged <= stored


_OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


async def test_connections_that_ended_while_they_lay_in_the_pool_are_replaced_before_they_are_used(
    database: Database,
) -> None:
    async with AsyncExitStack() as together:
        for _ in range(4):
            tx = await together.enter_async_context(database.transaction())
            await tx.execute("SELECT 1")
    async with database.transaction() as last:
        await last.execute(f"SELECT pg_terminate_backend(pid) {_OTHERS}")

        async def are_gone() -> bool:
            await last.execute("SELECT pg_stat_clear_snapshot()")
            return (await last.execute(f"SELECT 1 {_OTHERS}")).first() is None

        await until(are_gone, 20, "the connections do not end")

    async with AsyncExitStack() as together:
        for _ in range(4):
            tx = await together.enter_async_context(database.transaction())
            assert (await tx.execute("SELECT 1")).scalar_one() == 1


async def test_new_rows_that_must_wait_too_long_fail_in_a_way_that_is_caught(database: Database) -> None:
    """They are written by the driver itself: what comes of it is no error of SQLAlchemy's."""
    async with database.transaction() as other, AsyncExitStack() as together:
        await other.execute("LOCK TABLE things")
        tx = await together.enter_async_context(database.transaction())
        await tx.execute("SET LOCAL lock_timeout = '50ms'")
        tx.add_row("things", {"key": "key", "number": 1})
        with pytest.raises(DATABASE_FAILURES) as failed:
            await together.aclose()
    assert is_outage(failed.value)


async def _wait_for_status(process: SampleProcess, status: str) -> None:
    async def has_it() -> bool:
        return bool((await process.health())["status"] == status)

    await until(has_it, 60, f"health does not become {status}")


async def test_pitfall_09_a_broker_that_is_down_stops_no_request_and_no_stopping(
    own_kafka: OwnServer, own_broker_flow: Flow, tmp_path: Path
) -> None:
    """Requests are accepted, health says so, a stop ends in 15 s, and everything follows when the broker is back.

    First it answers nothing and keeps its connections, then it is not there at all.
    """
    flow = own_broker_flow
    service = SampleService(flow.database.address, flow.bootstrap, tmp_path)
    async with service.running() as process:
        await process.make("a", 1)
        await flow.wait_for(EFFECTS, 1)
        own_kafka.freeze()
        down_at = asyncio.get_running_loop().time()
        await _wait_for_status(process, "degraded")
        assert (await process.make("a", 2)).status_code == 201
        assert (await process.health())["outbox_oldest_seconds"] > 0
        assert await process.stop() < STOP_SECONDS
    own_kafka.kill()
    async with service.running() as process:
        assert (await process.make("a", 3)).status_code == 201

        async def is_over() -> bool:
            return asyncio.get_running_loop().time() > down_at + OUTAGE_SECONDS

        await until(is_over, OUTAGE_SECONDS + 10, "time stands still")
        await own_kafka.start_again()
        await _wait_for_status(process, "ready")
        await flow.wait_for("SELECT array_agg(number ORDER BY position) FROM effects", [1, 2, 3])
        await flow.wait_for(OUTBOX, 0)
        await process.stop()
    assert await flow.rows(LETTERS) == [(0,)]


async def test_pitfall_10_a_broker_bounced_while_sending_loses_and_reorders_nothing(
    own_kafka: OwnServer, own_broker_flow: Flow
) -> None:
    """Twice, with events in hand that are never acknowledged."""
    flow = own_broker_flow
    flow.start_relay()

    async def publish(*numbers: int) -> None:
        for number in numbers:
            await flow.publish((f"key-{number % 5}", ThingMade(number=number)))

    for first in (0, 200):
        await publish(*range(first, first + 100))
        await flow.wait_for(OUTBOX, 0)
        own_kafka.freeze()
        await publish(*range(first + 100, first + 200))
        await flow.wait_at_most(OUTBOX, 0, seconds=2)
        own_kafka.kill()
        await own_kafka.start_again()
    await publish(*range(400, 600))
    await flow.wait_for(OUTBOX, 0)
    expected = {f"key-{key}": list(range(key, 600, 5)) for key in range(5)}
    assert await first_numbers_by_key(flow.bootstrap, "kit-things") == expected


async def test_pitfall_10_a_producer_that_died_is_replaced(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it may after a blip of the broker, without a word (aiokafka #1017); here its inner task is ended."""
    monkeypatch.setattr(sending, "SEND_SECONDS", 2.0)
    relay = flow.start_relay()
    await flow.publish(("a", ThingMade(number=1)))
    await flow.wait_for(OUTBOX, 0)
    assert relay._sender._producer
    relay._sender._producer._sender._sender_task.cancel()
    await flow.publish(("a", ThingMade(number=2)))
    await flow.wait_for(OUTBOX, 0)
    assert await first_numbers_by_key(flow.bootstrap, "kit-things") == {"a": [1, 2]}


async def test_pitfall_15_a_database_that_is_down_makes_no_dead_letters(
    flow: Flow, own_postgres: OwnServer, own_database: Database
) -> None:
    """The partitions pause, the member stays in its group, and all goes on in order when the database is back."""
    flow.start_relay()
    runner = flow.start_runner({ThingMadeIn: record_effect}, own_database)
    own = Flow(own_database, flow.bootstrap)
    await flow.publish(("a", ThingMade(number=0)))
    await own.wait_for(EFFECTS, 1)
    own_postgres.kill()
    await flow.publish(*((key, ThingMade(number=number)) for number in range(1, 4) for key in "abc"))
    end = asyncio.get_running_loop().time() + OUTAGE_SECONDS

    async def has_waited() -> bool:
        assert await members_of(flow.bootstrap, flow.group) == 1
        return asyncio.get_running_loop().time() > end and await is_paused(runner)

    await until(has_waited, OUTAGE_SECONDS + 60, "nothing is paused")
    await own_postgres.start_again()
    await own.wait_for(EFFECTS, 10)
    effects = await own.rows("SELECT key, array_agg(number ORDER BY position) FROM effects GROUP BY key")
    assert dict(effects) == {"a": [0, 1, 2, 3], "b": [1, 2, 3], "c": [1, 2, 3]}
    assert await own.rows(LETTERS) == [(0,)]


async def is_paused(runner: ConsumerRunner) -> bool:
    return any(row["is_paused"] for row in await runner.lag())


async def test_pitfall_15_a_database_that_cuts_connections_makes_no_dead_letters(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More often than a failing handler would be tried, and with a database that would take a dead letter."""
    monkeypatch.setattr(consumer, "BACK_OFF_SECONDS", (0.05,))
    cuts = 0

    async def be_cut_off(tx: Tx, received: Received[ThingMadeIn]) -> None:
        nonlocal cuts
        if cuts < 2 * consumer.MAX_TRIES:
            cuts += 1
            await tx.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        await record_effect(tx, received)

    flow.start_relay()
    flow.start_runner({ThingMadeIn: be_cut_off})
    await flow.publish(("a", ThingMade(number=1)), ("a", ThingMade(number=2)))
    await flow.wait_for("SELECT array_agg(number ORDER BY position) FROM effects", [1, 2])
    assert await flow.rows(LETTERS) == [(0,)]


async def test_events_that_met_an_outage_together_are_handled_together_when_it_has_passed(flow: Flow) -> None:
    """One by one, a hundred of them need a hundred transactions just when everybody waits."""
    is_cut = False

    async def be_cut_off_once(tx: Tx, received: Received[ThingMadeIn]) -> None:
        nonlocal is_cut
        if not is_cut:
            is_cut = True
            await tx.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        await record_effect(tx, received)

    flow.start_relay()
    await flow.publish(*(("a", ThingMade(number=number)) for number in range(20)))
    await flow.wait_for(OUTBOX, 0)
    flow.start_runner({ThingMadeIn: be_cut_off_once})
    await flow.wait_for(EFFECTS, 20)
    ((transactions,),) = await flow.rows("SELECT count(DISTINCT xmin::text) FROM effects")
    assert transactions < 5


async def test_an_event_is_handled_again_only_after_a_pause_and_given_up_when_it_is_no_outage(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "BACK_OFF_SECONDS", (0.05,))
    tried = 0

    async def fail(_tx: Tx, _received: Received[ThingMadeIn]) -> None:
        nonlocal tried
        tried += 1
        raise ArithmeticError

    flow.start_relay()
    flow.start_runner({ThingMadeIn: fail})
    await flow.publish(("a", ThingMade(number=1)))
    await flow.wait_for(LETTERS, 1)
    assert tried == consumer.MAX_TRIES
    assert await flow.rows("SELECT error_class, error_code FROM dead_letters") == [
        ("builtins.ArithmeticError", "failed")
    ]
