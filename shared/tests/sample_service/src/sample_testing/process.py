"""The sample service as a process of its own, to be ended at a crash point, killed, or stopped in order."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from homeward_local.ports import free_port
from sample_testing.flow import until

SOURCE = Path(__file__).parents[1]
READY_SECONDS = 60


@dataclass
class SampleProcess:
    """One running process of the sample service."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path
    client: httpx.AsyncClient

    async def make(
        self, key: str, number: int, *, idempotency_key: str | None = None, together: bool = False
    ) -> httpx.Response:
        """Ask for a thing, by itself or with others; raises httpx.TransportError when the process ends meanwhile."""
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        path = "/things/together" if together else "/things"
        return await self.client.post(path, json={"key": key, "number": number}, headers=headers)

    async def health(self) -> dict[str, Any]:  # Any: words and numbers
        found: dict[str, Any] = (await self.client.get("/health/ready")).json()
        return found

    async def is_ready(self) -> bool:
        """Also when it has died already, at the crash point it was started for: work left over may lead it there."""
        if self.process.poll() == -signal.SIGKILL:
            return True
        assert self.process.poll() is None, f"ended with {self.process.returncode}: {self.log.read_text()}"
        try:
            return (await self.client.get("/health/live")).status_code == 200
        except httpx.TransportError:
            return False

    async def has_ended(self) -> bool:
        return self.process.poll() is not None

    async def wait_until_killed(self, seconds: float = 60) -> None:
        """Wait for the end that a crash point makes."""
        await until(self.has_ended, seconds, f"the process did not end: {self.log.read_text()}")
        assert self.process.returncode == -signal.SIGKILL, self.log.read_text()

    async def kill(self) -> None:
        self.process.kill()
        await self.wait_until_killed()

    async def stop(self, seconds: float = 40) -> float:
        """Stop in order; returns how many seconds that took."""
        begun = asyncio.get_running_loop().time()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        await until(self.has_ended, seconds, f"the process does not stop: {self.log.read_text()}")
        return asyncio.get_running_loop().time() - begun


@dataclass
class SampleService:
    """How processes of the sample service are started; all have one database and one consumer group."""

    database_url: str
    bootstrap: str
    folder: Path
    name: str = field(default_factory=lambda: f"sample-{uuid4().hex[:8]}")

    @asynccontextmanager
    async def running(self, role: str = "all", **environment: str) -> AsyncIterator[SampleProcess]:
        """A process that answers; killed at the end when it is still there."""
        port = free_port()
        log = self.folder / f"{self.name}-{port}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: ASYNC220 — starting it blocks for no time worth speaking of
                [sys.executable, "-m", "sample_service", "serve", "--role", role],
                env={**os.environ, **self._environment(port), **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:
                started = SampleProcess(process, port, log, client)
                await until(started.is_ready, READY_SECONDS, "the sample service does not start")
                yield started
        finally:
            process.kill()
            process.wait()

    def _environment(self, port: int) -> Mapping[str, str]:
        path = [str(SOURCE), *filter(None, [os.environ.get("PYTHONPATH")])]
        return {
            "PYTHONPATH": os.pathsep.join(path),
            "DATABASE_URL": self.database_url,
            "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap,
            "SERVICE_NAME": self.name,
            "PORT": str(port),
        }
