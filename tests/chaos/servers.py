"""The servers that the soak breaks: PostgreSQL and one or three nodes of Kafka, each behind a proxy, kept running."""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from homeward_kit.testing.tcp_proxy import TcpProxy
from homeward_local.child import ChildSpec
from homeward_local.config import HOST, config_from_environment
from homeward_local.kafka import KafkaNode, KafkaPlace, prepare_kafka
from homeward_local.parallel import in_parallel
from homeward_local.ports import free_port_base
from homeward_local.postgres import PostgresServer, prepare_postgres
from homeward_local.supervisor import Supervisor
from homeward_local.testing_cluster import NodePorts, cluster_ports, prepare_cluster
from homeward_local.waiting import has_ended, wait_until

POSTGRES = "postgres"
SINGLE = 1


@dataclass
class Servers:
    """Started once; whichever process ends is started again by the same supervisor that `homeward up` uses."""

    home: Path
    nodes: list[NodePorts]
    postgres: PostgresServer
    postgres_proxy: TcpProxy
    kafka_proxies: list[TcpProxy]
    pids: dict[str, int] = field(default_factory=dict)
    restarts: dict[str, int] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._supervisor = Supervisor(self.said.append, self._note)

    @property
    def kafka_names(self) -> list[str]:
        return ["kafka"] if len(self.nodes) == SINGLE else [f"kafka-{number}" for number, _ in enumerate(self.nodes, 1)]

    @property
    def bootstrap_servers(self) -> str:
        """Where clients go: the proxies."""
        return ",".join(f"{HOST}:{node.advertised}" for node in self.nodes)

    @property
    def database_url(self) -> str:
        """The administrator's address through the proxy."""
        return self.postgres.admin_url.replace(f":{self.postgres.port}/", f":{self.postgres_proxy.port}/")

    def start(self) -> None:
        """Start all; they are ready some seconds later."""
        in_parallel(self._start_kafka, self._start_postgres)

    def stop(self) -> None:
        for name in self.kafka_names:
            self.send(name, signal.SIGCONT)
        self._supervisor.stop([tuple(self.kafka_names), (POSTGRES,)])

    def send(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a server's process, if it runs."""
        with suppress(ProcessLookupError, KeyError):
            os.kill(self.pids[name], number)

    def wipe_kafka(self) -> None:
        """Kill the only node and put an empty data folder in the place of its own, before it is started again."""
        fresh = self._prepare_single(self.home / "kafka-empty")
        process = psutil.Process(self.pids["kafka"])
        process.kill()
        wait_until(lambda: has_ended(process), seconds=10)
        data = self.home / "kafka" / "data"
        shutil.rmtree(data)
        (fresh.properties.parent / "data").rename(data)

    def _note(self, processes: dict[str, dict[str, Any]]) -> None:  # Any: JSON of a state file
        self.pids.update({name: process["pid"] for name, process in processes.items()})
        self.restarts.update({name: process["restarts"] for name, process in processes.items()})

    def _start_kafka(self) -> None:
        for name, node in zip(self.kafka_names, self._prepare_kafka(), strict=True):
            self._supervisor.start(ChildSpec(name, node.command(), self._log(name), stop_seconds=30))

    def _prepare_kafka(self) -> list[KafkaNode]:
        if len(self.nodes) == SINGLE:
            return [self._prepare_single(self.home / "kafka")]
        return prepare_cluster(self.home / "kafka", self.nodes)

    def _prepare_single(self, folder: Path) -> KafkaNode:
        (ports,) = self.nodes
        place = KafkaPlace(folder, ports.clients, ports.controller, ports.advertised)
        return prepare_kafka(place, config_from_environment().cache, self.said.append)

    def _start_postgres(self) -> None:
        server = self.postgres
        spec = ChildSpec(
            POSTGRES,
            server.command(),
            self._log(POSTGRES),
            stop_signal=server.stop_signal,
            stop_seconds=30,
            run_as=server.owner,
        )
        self._supervisor.start(spec)

    def _log(self, name: str) -> Path:
        return self.home / "logs" / f"{name}.log"


@asynccontextmanager
async def started_servers(home: Path, *, nodes: int) -> AsyncIterator[Servers]:
    """The servers behind listening proxies; stopped at the end."""
    ports = cluster_ports()[:nodes]
    base = free_port_base()
    postgres_proxy, kafka_proxies = TcpProxy(base), [TcpProxy(node.clients) for node in ports]
    listening = [(postgres_proxy, await postgres_proxy.listen(base + 3))]
    listening += [
        (proxy, await proxy.listen(node.advertised)) for proxy, node in zip(kafka_proxies, ports, strict=True)
    ]
    postgres = await asyncio.to_thread(prepare_postgres, home, home / "secrets", base)
    servers = Servers(home, ports, postgres, postgres_proxy, kafka_proxies)
    try:
        await asyncio.to_thread(servers.start)
        yield servers
    finally:
        await asyncio.to_thread(servers.stop)
        for proxy, server in listening:
            await proxy.close(server)
