"""Processes that answer: two workers of intake or of what it is compared with, on one database."""

import asyncio
import json
import os
import sys
import tempfile
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg

from homeward_kit.testing.tokens import TokenIssuer
from homeward_local.assets import ensure_assets
from homeward_local.ports import free_port
from homeward_local.secret_files import ensure_signing_key, ensure_symmetric_key

from .load import ask
from .place import Place

WORKERS = 2
START_SECONDS = 60.0


@asynccontextmanager
async def workers(command: list[str], environment: Mapping[str, str]) -> AsyncIterator[list[str]]:
    """Two processes of one command, each on a port of its own; yields their addresses once they answer."""
    processes: list[Process] = []
    ports = [free_port() for _ in range(WORKERS)]
    with tempfile.TemporaryFile() as log:
        try:
            for port in ports:
                own = {**os.environ, **environment, "HOST": "127.0.0.1", "PORT": str(port)}
                processes.append(
                    await asyncio.create_subprocess_exec(sys.executable, *command, env=own, stdout=log, stderr=log)
                )
            for process, port in zip(processes, ports, strict=True):
                await _wait_for(process, port)
            yield [f"http://127.0.0.1:{port}" for port in ports]
        except TimeoutError:
            log.seek(0)
            raise RuntimeError(log.read().decode()[-2000:]) from None
        finally:
            for process in processes:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()


async def _wait_for(process: Process, port: int) -> None:
    async with asyncio.timeout(START_SECONDS):
        while process.returncode is None:
            with suppress(OSError):
                answer = await ask(f"http://127.0.0.1:{port}", b"GET /health/live HTTP/1.1\r\nHost: bench\r\n\r\n")
                if answer.status == 200:
                    return
            await asyncio.sleep(0.1)
    raise TimeoutError


@asynccontextmanager
async def beside(command: list[str], environment: Mapping[str, str]) -> AsyncIterator[None]:
    """A process that answers nobody, ended afterwards; it must still be there then."""
    process = await asyncio.create_subprocess_exec(sys.executable, *command, env={**os.environ, **environment})
    try:
        yield
        if process.returncode is not None:
            raise RuntimeError(f"{command} ended with {process.returncode}")
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@asynccontextmanager
async def intake_environment(place: Place, address: str, issuer: TokenIssuer) -> AsyncIterator[dict[str, str]]:
    """What intake reads from its environment; the addresses of the others are never called."""
    with tempfile.TemporaryDirectory() as folder:
        key = ensure_signing_key(Path(folder) / "key.pem")
        here = "http://127.0.0.1:1"
        yield {
            "DATABASE_URL": address,
            "KAFKA_BOOTSTRAP_SERVERS": place.bootstrap,
            "TRUSTED_ISSUERS": json.dumps([issuer.trusted.model_dump()]),
            **{f"{name}_URL": here for name in ("SPA_INTAKE", "TRIAGE", "CARE_PACKAGE", "READMISSION_MONITOR")},
            "UI_SIGNING_KEY_FILE": str(key),
            "SESSION_SECRET": "x" * 40,
            "ADT_MESSAGE_KEYS": f"bench:{ensure_symmetric_key(Path(folder) / 'adt-key')}",
            "HOMEWARD_ASSETS": str(ensure_assets(print)),
        }


async def count(address: str, table: str) -> int:
    """How many rows a table has."""
    connection = await asyncpg.connect(address)
    try:
        return int(await connection.fetchval(f"SELECT count(*) FROM {table}"))  # noqa: S608 — our own word
    finally:
        await connection.close()
