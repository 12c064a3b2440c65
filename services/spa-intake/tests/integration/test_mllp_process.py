"""The MLLP door of a process that is killed, stopped, or started without what it needs."""

import asyncio
import os
import signal
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest
from door_builders import adt, assets
from intake_process import Worker
from mllp_service import connected, send_with_hl7

from homeward_kit.database import Database
from homeward_kit.testing.tokens import TokenIssuer
from homeward_local.ports import free_port
from spa_intake.adapters.mllp.framing import framed

KEYS = f"test:{b64encode(b'k' * 32).decode()}"
CLIENTS = '[{"client_id": "rjz-pas", "organisations": ["RJZ"], "scopes": ["hl7"]}]'


@pytest.fixture
def database(make_database: Callable[[str], Database]) -> Database:
    return make_database("spa_intake")


@pytest.fixture
def api(database: Database, token_issuer: TokenIssuer, signing_key: Path) -> Worker:
    return Worker(database.address, "127.0.0.1:1", token_issuer, signing_key, role="api")


def settings(port: int, **more: str) -> dict[str, str]:
    here = {"MLLP_PORT": str(port), "CLIENTS": CLIENTS, "ADT_MESSAGE_KEYS": KEYS, "HOMEWARD_ASSETS": str(assets())}
    return here | more


@pytest.mark.parametrize(("crash_at", "stored"), [("command.before_commit", 0), ("command.after_commit", 1)])
async def test_a_process_that_dies_around_the_commit_has_not_answered(
    database: Database, api: Worker, crash_at: str, stored: int
) -> None:
    port = free_port()
    async with api.running(**settings(port, CRASH_AT=crash_at)) as process, connected(port) as line:
        await line.send(framed(adt()))
        assert await line.is_closed()
        await process.wait_until_killed()
    assert await movements(database) == stored
    async with api.running(**settings(port)):
        assert b"\rMSA|AA|HW-A01-0001\r" in await send_with_hl7(port, adt())
    assert await movements(database) == 1


async def test_a_process_that_is_asked_to_stop_answers_what_it_has_in_hand(database: Database, api: Worker) -> None:
    port = free_port()
    async with api.running(**settings(port)) as process, connected(port) as line:
        async with database.transaction() as tx:
            await tx.execute("LOCK TABLE movements IN ACCESS EXCLUSIVE MODE")
            await line.send(framed(adt()))
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            async with asyncio.timeout(20):
                while not (await tx.execute(waiting)).scalar_one():  # noqa: ASYNC110 — it happens in the other process
                    await asyncio.sleep(0.02)
            process.process.send_signal(signal.SIGTERM)
        (answer,) = await line.answers(1)
        assert b"\rMSA|AA|HW-A01-0001\r" in answer
        assert await line.is_closed()
        assert await asyncio.to_thread(process.process.wait, 20) == 0


async def test_a_client_has_one_rate_over_mllp_and_http(api: Worker, token_issuer: TokenIssuer) -> None:
    port = free_port()
    once = CLIENTS.replace("}]", ', "requests_per_second": 0.001, "burst": 1}]')
    token = {"Authorization": f"Bearer {token_issuer.client_token('rjz-pas', 'hl7')}"}
    async with api.running(**settings(port, CLIENTS=once)) as process:
        assert b"\rMSA|AA|HW-A01-0001\r" in await send_with_hl7(port, adt())
        answer = await process.client.post("/api/v1/hl7/adt", content=adt(MSH_10="2"), headers=token)
    assert (answer.status_code, "Retry-After" in answer.headers) == (429, True)


def test_without_a_key_it_says_in_one_sentence_what_to_set(api: Worker) -> None:
    environment = api._environment(free_port()) | settings(free_port())
    del environment["ADT_MESSAGE_KEYS"]
    command = [sys.executable, "-m", "spa_intake", "serve", "--role", "api"]
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("ADT messages cannot be kept without a key. Set ADT_MESSAGE_KEYS to <name>:<base64")
    assert "Traceback" not in done.stderr


async def movements(database: Database) -> int:
    async with database.transaction() as tx:
        return int((await tx.execute("SELECT count(*) FROM movements")).scalar_one())
