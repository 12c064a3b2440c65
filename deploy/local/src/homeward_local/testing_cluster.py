"""A Kafka cluster of three nodes on this machine, for tests: three copies of everything, two must have what counts."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from .child import ChildSpec, end, spawn
from .config import HOST, config_from_environment
from .errors import StackError
from .java import find_java
from .kafka import KafkaNode, format_storage, new_cluster_id
from .kafka_jars import ensure_kafka
from .parallel import in_parallel
from .ports import free_port_base
from .waiting import wait_until

NODES = (1, 2, 3)
START_SECONDS = 90.0
ASK_SECONDS = 5.0
# A dead leader is noticed within 3 s (the default is 9 s).
PROPERTIES = """\
process.roles=broker,controller
node.id={node_id}
controller.quorum.voters={voters}
listeners=CLIENT://{host}:{ports.clients},BROKER://{host}:{ports.brokers},CONTROLLER://{host}:{ports.controller}
advertised.listeners=CLIENT://{host}:{ports.advertised},BROKER://{host}:{ports.brokers}
listener.security.protocol.map=CLIENT:PLAINTEXT,BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=BROKER
controller.listener.names=CONTROLLER
log.dirs={data}
auto.create.topics.enable=false
default.replication.factor=3
min.insync.replicas=2
unclean.leader.election.enable=false
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
group.initial.rebalance.delay.ms=0
offsets.topic.num.partitions=4
offsets.topic.replication.factor=3
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=3
share.coordinator.state.topic.min.isr=2
"""


@dataclass(frozen=True)
class NodePorts:
    """The ports of one node: for clients, other brokers and controllers, and the one that clients are told."""

    clients: int
    brokers: int
    controller: int
    advertised: int


def cluster_ports() -> list[NodePorts]:
    """Free ports for three nodes; clients are told the last of each node's, where a proxy may stand."""
    bases = [free_port_base() for _ in NODES]
    return [NodePorts(base, base + 1, base + 2, base + 3) for base in bases]


def prepare_cluster(folder: Path, ports: Sequence[NodePorts]) -> list[KafkaNode]:
    """Write the settings of the nodes and format their data folders."""
    java = find_java()
    jars = ensure_kafka(config_from_environment().cache, lambda _: None)
    class_path = os.pathsep.join(str(path) for path in jars)
    voters = ",".join(f"{n}@{HOST}:{one.controller}" for n, one in zip(NODES, ports, strict=True))
    cluster_id = new_cluster_id()
    nodes = []
    for node_id, own in zip(NODES, ports, strict=True):
        home = folder / f"node-{node_id}"
        home.mkdir(parents=True)
        properties = home / "server.properties"
        settings = {"voters": voters, "ports": own, "host": HOST, "data": (home / "data").as_posix()}
        properties.write_text(PROPERTIES.format(node_id=node_id, **settings))
        nodes.append(KafkaNode(java, class_path, properties, own.clients))
    in_parallel(*(partial(format_storage, node, cluster_id) for node in nodes))
    return nodes


@dataclass
class KafkaCluster:
    """Three nodes as child processes; each can be killed and started again."""

    nodes: list[KafkaNode]
    ports: list[NodePorts]
    logs: Path
    _processes: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def bootstrap_servers(self) -> str:
        return ",".join(f"{HOST}:{one.advertised}" for one in self.ports)

    def start(self, node_id: int) -> None:
        """Start a node that is not running; it catches up with the others."""
        self._processes[node_id] = spawn(self._spec(node_id))

    def kill(self, node_id: int) -> None:
        """End it as `kill -9` does; it stays down until `start`."""
        self._processes[node_id].kill()
        self._processes[node_id].wait()

    def freeze(self, node_id: int) -> None:
        """It keeps its connections and answers nothing, until `thaw`."""
        self._processes[node_id].send_signal(signal.SIGSTOP)

    def thaw(self, node_id: int) -> None:
        self._processes[node_id].send_signal(signal.SIGCONT)

    def leader_of(self, topic: str, partition: int) -> int:
        """The node that now leads the partition."""
        return asyncio.run(_leader_of(self.bootstrap_servers, topic, partition))

    def wait_until_ready(self) -> None:
        """Until all three nodes are registered: topics made before would have fewer copies."""
        if not wait_until(self._is_complete, seconds=START_SECONDS, pause=0.3):
            raise StackError(f"The Kafka cluster does not start: its logs are in {self.logs}")

    def stop(self) -> None:
        for node_id, process in self._processes.items():
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
            end(process, self._spec(node_id))

    def _is_complete(self) -> bool:
        if not all(node.is_ready() for node in self.nodes):
            return False
        return registered_brokers(self.bootstrap_servers) == len(NODES)

    def _spec(self, node_id: int) -> ChildSpec:
        node = self.nodes[NODES.index(node_id)]
        return ChildSpec(f"kafka-{node_id}", node.command(), self.logs / f"kafka-{node_id}.log")


@contextmanager
def running_kafka_cluster(home: Path) -> Iterator[KafkaCluster]:
    """Three nodes with their data under a home, ready for topics; stopped at the end."""
    # nobody stands between clients and nodes here
    ports = [NodePorts(one.clients, one.brokers, one.controller, one.clients) for one in cluster_ports()]
    cluster = KafkaCluster(prepare_cluster(home / "kafka", ports), ports, home / "logs")
    try:
        for node_id in NODES:
            cluster.start(node_id)
        cluster.wait_until_ready()
        yield cluster
    finally:
        cluster.stop()


def registered_brokers(bootstrap_servers: str) -> int:
    """How many brokers the cluster knows now; 0 while nobody answers."""
    return asyncio.run(_registered_brokers(bootstrap_servers))


async def _registered_brokers(bootstrap_servers: str) -> int:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, request_timeout_ms=2000)
    try:
        async with asyncio.timeout(ASK_SECONDS):
            await admin.start()
            return len((await admin.describe_cluster())["brokers"])
    except (KafkaError, OSError, TimeoutError):
        return 0
    finally:
        await admin.close()


async def _leader_of(bootstrap_servers: str, topic: str, partition: int) -> int:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        (described,) = await admin.describe_topics([topic])
        return next(int(part["leader"]) for part in described["partitions"] if part["partition"] == partition)
    finally:
        await admin.close()
