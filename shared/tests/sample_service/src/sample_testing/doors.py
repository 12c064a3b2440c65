"""The doors of sample services in the test's own process, and a database that is held up."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from pydantic import SecretStr

from homeward_kit.database import Database
from homeward_kit.service import Service
from homeward_kit.settings import ServiceSettings
from homeward_kit.testing.api import api_client
from homeward_kit.testing.tcp_proxy import TcpProxy
from sample_service.service import router
from sample_testing.flow import Flow, until


@dataclass(frozen=True)
class Things:
    """One process's door."""

    client: httpx.AsyncClient

    async def make(self, key: str, number: int = 1, headers: Mapping[str, str] | None = None) -> httpx.Response:
        body = {"key": key, "number": number}
        return await self.client.post("/things/together", json=body, headers=headers)

    async def make_all(self, *wanted: Awaitable[httpx.Response]) -> list[int]:
        """The statuses of requests that are sent at once."""
        return [answer.status_code for answer in await asyncio.gather(*wanted)]


@asynccontextmanager
async def opened(database: Database) -> AsyncIterator[Things]:
    settings = ServiceSettings(database_url=SecretStr(database.address), kafka_bootstrap_servers="127.0.0.1:1")
    service = Service(name="sample", package="sample_service", settings=settings, routers=[router])
    async with api_client(service, database) as client:
        yield Things(client)


@dataclass(frozen=True)
class Behind:
    """A door whose way to the database can be cut."""

    things: Things
    proxy: TcpProxy


@asynccontextmanager
async def table_held(flow: Flow) -> AsyncIterator[Callable[[int], Awaitable[None]]]:
    """Nothing is stored meanwhile; what it yields waits until that many transactions wait to store something."""
    waiting = "SELECT count(*) FROM pg_locks WHERE relation = 'things'::regclass AND NOT granted"

    async def wait_for(count: int) -> None:
        async def is_so() -> bool:
            return bool((await flow.rows(waiting))[0][0] == count)

        await until(is_so, 20, f"{count} transactions wait for the table")

    async with flow.another_process().transaction() as tx:
        await tx.execute("LOCK TABLE things IN EXCLUSIVE MODE")
        yield wait_for
