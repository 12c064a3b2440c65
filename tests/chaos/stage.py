"""The whole stack on servers that can be broken: how to reach, watch and kill each of its parts."""

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial

import asyncpg

from homeward_kit.testing.tcp_proxy import TcpProxy
from homeward_local.client import StackClient
from homeward_local.config import SERVICES, Config, Service, config_from_environment
from homeward_local.databases import service_database
from homeward_local.errors import StackError
from homeward_local.health import is_ready
from homeward_local.ports import free_port_base, is_open
from homeward_local.state import require_running
from homeward_local.testing import run_homeward, temporary_home
from homeward_local.testing_cluster import registered_brokers

from .servers import POSTGRES, Servers, started_servers
from .waiting import until

BY_NAME: dict[str, Service] = {service.name: service for service in SERVICES}
KAFKA = "kafka"
TARGETS = (*BY_NAME, POSTGRES, KAFKA)
READY_SECONDS = 120.0
ASK_SECONDS = 2.0


@dataclass(frozen=True)
class Stage:
    """One running stack and the servers under it."""

    config: Config
    environment: dict[str, str]
    servers: Servers

    @property
    def client(self) -> StackClient:
        return StackClient.of_running(self.config)

    @property
    def is_cluster(self) -> bool:
        return len(self.servers.nodes) > 1

    @property
    def proxies(self) -> list[TcpProxy]:
        return [self.servers.postgres_proxy, *self.servers.kafka_proxies]

    def database_url(self, service: str) -> str:
        """The owner's address of a service's database, past the proxy."""
        return service_database(self.config, BY_NAME[service], self.servers.postgres.admin_url).owner_url

    def kill(self, target: str, chooser: random.Random) -> str:
        """kill -9 of a service, of PostgreSQL or of a node of Kafka; which process it was."""
        if target in BY_NAME:
            with suppress(ProcessLookupError):
                os.kill(require_running(self.config)["processes"][target]["pid"], signal.SIGKILL)
            return target
        name = chooser.choice(self.servers.kafka_names) if target == KAFKA else target
        self.servers.send(name, signal.SIGKILL)
        return name

    def restarts(self) -> dict[str, int]:
        """How often each process has been started again, whoever ended it."""
        processes = require_running(self.config)["processes"]
        return {**{name: int(processes[name]["restarts"]) for name in BY_NAME}, **self.servers.restarts}

    async def is_back(self, target: str) -> bool:
        """Whether a part that was killed works again, seen from outside."""
        if target == POSTGRES:
            return await _answers(self.servers.postgres.admin_url)
        if target == KAFKA:
            # a dead node stays registered until its session ends: its port is asked too
            are_open = all(is_open(node.clients) for node in self.servers.nodes)
            return are_open and await self._registered_brokers() == len(self.servers.nodes)
        return await asyncio.to_thread(is_ready, self.config.url_of(BY_NAME[target]))

    async def _registered_brokers(self) -> int:
        return await asyncio.to_thread(registered_brokers, self.config.bootstrap_servers)


@asynccontextmanager
async def running_stage(*, nodes: int) -> AsyncIterator[Stage]:
    """A stack of its own on servers of its own; all are stopped and their data removed at the end."""
    with temporary_home() as home:
        async with started_servers(home, nodes=nodes) as servers:
            environment = {
                "HOMEWARD_HOME": str(home),
                "HOMEWARD_PORT_BASE": str(free_port_base()),
                "KAFKA_BOOTSTRAP_SERVERS": servers.bootstrap_servers,
                "DATABASE_URL": servers.database_url,
            }
            stage = Stage(config_from_environment(environment), environment, servers)
            await _until_ready(stage)
            try:
                await asyncio.to_thread(run_homeward, "up", "--detach", "--no-seed", environment=environment)
                yield stage
            finally:
                await asyncio.to_thread(run_homeward, "down", environment=environment)


async def _until_ready(stage: Stage) -> None:
    for server in (POSTGRES, KAFKA):
        if not await until(partial(stage.is_back, server), seconds=READY_SECONDS):
            raise StackError(f"{server} does not start: its log is in {stage.config.logs}")


async def _answers(address: str) -> bool:
    try:
        async with asyncio.timeout(ASK_SECONDS):
            connection = await asyncpg.connect(address)
            await connection.close()
    except (OSError, TimeoutError, asyncpg.PostgresError):
        return False
    return True
