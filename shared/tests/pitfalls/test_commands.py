"""Pitfalls of answers: one that leaves before its commit; that repeats are done once is in ../web/test_commands.py."""

import asyncio
import signal
from pathlib import Path

import httpx

from homeward_kit.database import Database
from sample_testing.flow import Flow
from sample_testing.process import SampleProcess, SampleService

# the commit itself takes a while: an answer that does not wait for it is seen
SLOW = """CREATE FUNCTION hold_up() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN PERFORM pg_sleep(0.1 + 0.4 * random()); RETURN NULL; END'"""
SLOW_COMMIT = """CREATE CONSTRAINT TRIGGER hold_up AFTER INSERT ON things DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION hold_up()"""
REQUESTS = 40


async def test_pitfall_03_no_answer_leaves_before_its_commit(database: Database, tmp_path: Path) -> None:
    """SIGKILL while commits are on their way: every 2xx is stored with its event, at the moment it is received."""
    async with database.transaction() as tx:
        for statement in (SLOW, SLOW_COMMIT):
            await tx.execute(statement)
    flow = Flow(database, "127.0.0.1:1")  # an API needs no broker
    answered: list[int] = []

    async def submit(process: SampleProcess, number: int) -> None:
        try:
            answer = await process.make(f"key-{number}", number)
        except httpx.TransportError:
            return
        assert answer.status_code == 201
        assert await flow.rows("SELECT number FROM things WHERE number = :number", number=number) == [(number,)]
        answered.append(number)
        if len(answered) == REQUESTS // 4:
            process.process.send_signal(signal.SIGKILL)

    async with SampleService(database.address, flow.bootstrap, tmp_path).running("api") as process:
        await asyncio.gather(*(submit(process, number) for number in range(REQUESTS)))
        await process.wait_until_killed()
    # in one statement: what the killed process had sent may still be committed between two
    [(stored, announced)] = await flow.rows(
        "WITH sent AS (SELECT (payload::json->>'number')::integer AS number FROM outbox) SELECT"
        " (SELECT array_agg(number ORDER BY number) FROM things), (SELECT array_agg(number ORDER BY number) FROM sent)"
    )
    assert stored == announced
    assert set(answered) <= set(stored)
