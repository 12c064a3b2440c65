"""Group commit in a process that is stopped, killed, or whose caller has gone."""

import asyncio
import json
import signal
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from homeward_kit.database import Database
from sample_testing.flow import Flow
from sample_testing.process import SampleProcess, SampleService

SLOW = """CREATE FUNCTION hold_up() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN PERFORM pg_sleep(0.4); RETURN NULL; END'"""
# once a statement: a group takes no longer than one command
SLOW_GROUPS = "CREATE TRIGGER hold_up AFTER INSERT ON things FOR EACH STATEMENT EXECUTE FUNCTION hold_up()"
STORED = "SELECT key, count(*) FROM things GROUP BY key"
ANNOUNCED = "SELECT key, count(*) FROM outbox GROUP BY key"


@pytest.fixture
async def slow(database: Database, stored: Flow) -> Flow:
    """Transactions take a while, so that something is always in hand."""
    async with database.transaction() as tx:
        for statement in (SLOW, SLOW_GROUPS):
            await tx.execute(statement)
    return stored


async def test_what_was_taken_is_stored_and_answered_before_the_process_stops(slow: Flow, tmp_path: Path) -> None:
    async with SampleService(slow.database.address, slow.bootstrap, tmp_path).running("api") as process:
        wanted = [asyncio.create_task(process.make(f"key-{n}", n, together=True)) for n in range(60)]
        await slow.wait_for("SELECT count(*) > 0 FROM things", expected=True)
        done = sum(task.done() for task in wanted)
        process.process.send_signal(signal.SIGTERM)
        answers = await asyncio.gather(*wanted, return_exceptions=True)
        await process.stop()
    answered = {f"key-{n}" for n, answer in enumerate(answers) if isinstance(answer, httpx.Response)}
    refused = [answer for answer in answers if isinstance(answer, BaseException)]
    assert all(isinstance(error, httpx.TransportError) for error in refused)
    assert len(answered) > done
    assert dict(await slow.rows(STORED)) == dict(await slow.rows(ANNOUNCED)) == dict.fromkeys(answered, 1)


async def test_no_answer_leaves_before_its_groups_commit(slow: Flow, tmp_path: Path) -> None:
    """SIGKILL while groups are on their way: every 2xx is stored with its event, at the moment it is received."""
    answered: set[str] = set()

    async def submit(process: SampleProcess, number: int) -> None:
        try:
            answer = await process.make(f"key-{number}", number, together=True)
        except httpx.TransportError:
            return
        assert answer.status_code == 201
        assert await slow.rows("SELECT number FROM things WHERE number = :number", number=number) == [(number,)]
        answered.add(f"key-{number}")
        if len(answered) == 20:
            process.process.send_signal(signal.SIGKILL)

    async def keep_submitting(process: SampleProcess, lane: int) -> None:
        for number in range(lane * 10, lane * 10 + 10):
            await submit(process, number)

    async with SampleService(slow.database.address, slow.bootstrap, tmp_path).running("api") as process:
        await asyncio.gather(*(keep_submitting(process, lane) for lane in range(12)))
        await process.wait_until_killed()
    stored, announced = dict(await slow.rows(STORED)), dict(await slow.rows(ANNOUNCED))
    assert stored == announced
    assert answered <= stored.keys()
    assert set(stored.values()) == {1}


async def test_a_command_whose_caller_has_gone_is_done_and_its_answer_kept(slow: Flow, tmp_path: Path) -> None:
    key = str(uuid4())
    body = json.dumps({"key": "gone", "number": 7}, separators=(",", ":"))
    request = (
        "POST /things/together HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nIdempotency-Key: {key}\r\n\r\n{body}"
    )
    async with SampleService(slow.database.address, slow.bootstrap, tmp_path).running("api") as process:
        _, writer = await asyncio.open_connection("127.0.0.1", process.port)
        writer.write(request.encode())
        await slow.wait_for("SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep'", expected=True)
        writer.transport.abort()
        await slow.wait_for("SELECT count(*) FROM things WHERE key = 'gone'", 1)
        again = await process.make("gone", 7, idempotency_key=key, together=True)
    assert again.status_code == 201
    [(event_id,)] = await slow.rows("SELECT id::text FROM outbox")
    assert again.headers["homeward-events"] == event_id
    assert dict(await slow.rows(STORED)) == {"gone": 1}


async def test_the_next_group_begins_when_the_one_before_is_done(slow: Flow, tmp_path: Path) -> None:
    """Sixty commands of 0.4 seconds each are done in a few groups."""
    async with SampleService(slow.database.address, slow.bootstrap, tmp_path).running("api") as process:
        begun = asyncio.get_running_loop().time()
        await asyncio.gather(*(process.make(f"key-{n}", n, together=True) for n in range(60)))
        assert asyncio.get_running_loop().time() - begun < 10
    assert len(await slow.rows(STORED)) == 60
