"""spa-intake as a process of its own, to be killed, ended at a crash point, or spoken to by other software."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes

import httpx

from homeward_kit.callers import Role
from homeward_kit.testing.tokens import TokenIssuer
from homeward_local.ports import free_port

SECONDS = 60.0


async def until(condition: Callable[[], Awaitable[bool]], what: str, seconds: float = SECONDS) -> None:
    """Wait for what is to come true."""
    try:
        async with asyncio.timeout(seconds):
            while not await condition():  # noqa: ASYNC110 — what it waits for happens in another process
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"{what} did not happen within {seconds} s") from None


@dataclass
class WorkerProcess:
    process: subprocess.Popen[bytes]
    client: httpx.AsyncClient
    log: Path

    async def answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        with contextlib.suppress(httpx.TransportError):
            return (await self.client.get("/health/live")).status_code == 200
        return False

    async def has_ended(self) -> bool:
        return self.process.poll() is not None

    async def wait_until_killed(self) -> None:
        await until(self.has_ended, "the end of the process")
        assert self.process.returncode == -signal.SIGKILL, self.log.read_text()


@dataclass
class Worker:
    """How worker processes of spa-intake are started; all share one database and its consumer groups."""

    database_url: str
    bootstrap_servers: str
    issuer: TokenIssuer
    signing_key: Path
    role: str = "worker"

    @asynccontextmanager
    async def running(self, **environment: str) -> AsyncIterator[WorkerProcess]:
        """A process that answers; killed at the end when it is still there."""
        port = free_port()
        log = self.signing_key.with_name(f"worker-{port}.log")
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: ASYNC220 — starting it blocks for no time worth speaking of
                [sys.executable, "-m", "spa_intake", "serve", "--role", self.role],
                env={**os.environ, **self._environment(port), **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        headers = self.issuer.headers(Role.OPERATOR)
        address = f"http://127.0.0.1:{port}"
        try:
            async with httpx.AsyncClient(base_url=address, headers=headers, timeout=30, trust_env=False) as client:
                started = WorkerProcess(process, client, log)
                await until(started.answers, "the worker's start")
                yield started
        finally:
            process.kill()
            process.wait()

    def _environment(self, port: int) -> dict[str, str]:
        elsewhere = dict.fromkeys(("SPA_INTAKE_URL", "TRIAGE_URL", "CARE_PACKAGE_URL", "READMISSION_MONITOR_URL"))
        return {
            **{name: f"http://{name.lower()}.test" for name in elsewhere},
            "DATABASE_URL": self.database_url,
            "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap_servers,
            "PORT": str(port),
            "TRUSTED_ISSUERS": json.dumps([self.issuer.trusted.model_dump(mode="json")]),
            "UI_SIGNING_KEY_FILE": str(self.signing_key),
            "SESSION_SECRET": "not used here",
            "ADT_MESSAGE_KEYS": f"test:{b64encode(token_bytes(32)).decode()}",
        }
