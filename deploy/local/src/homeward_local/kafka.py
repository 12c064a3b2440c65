"""Apache Kafka on one machine: one node that is broker and controller (KRaft), formatted once."""

import base64
import os
import subprocess
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .config import HOST
from .errors import StackError
from .java import find_java
from .kafka_jars import ensure_kafka
from .ports import is_open

MEMORY = ("-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
LOGGING = (
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ",
)
FOUR_HUNDRED_DAYS_IN_MINUTES = 400 * 24 * 60
PROPERTIES = f"""\
# Written at each start.
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers={HOST}:{{controller_port}}
listeners=BROKER://{HOST}:{{port}},CONTROLLER://{HOST}:{{controller_port}}
advertised.listeners=BROKER://{HOST}:{{advertised_port}},CONTROLLER://{HOST}:{{controller_port}}
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=BROKER
controller.listener.names=CONTROLLER
log.dirs={{data}}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
offsets.retention.minutes={FOUR_HUNDRED_DAYS_IN_MINUTES}
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
"""


@dataclass(frozen=True)
class KafkaNode:
    """A formatted data folder, and how to start a broker on it."""

    java: Path
    class_path: str
    properties: Path
    port: int

    @property
    def bootstrap_servers(self) -> str:
        return f"{HOST}:{self.port}"

    def command(self) -> list[str]:
        return [
            str(self.java),
            *MEMORY,
            *LOGGING,
            "-cp",
            self.class_path,
            "kafka.Kafka",
            str(self.properties),
        ]

    def is_ready(self) -> bool:
        return is_open(self.port)


@dataclass(frozen=True)
class KafkaPlace:
    """Where a node keeps its data and which ports it opens."""

    folder: Path
    port: int
    controller_port: int
    advertised_port: int | None = None  # where clients are told to come, when that is not the port itself


def prepare_kafka(place: KafkaPlace, cache: Path, progress: Callable[[str], None]) -> KafkaNode:
    """Fetch what is missing, write the settings and format the data folder when it is new."""
    java = find_java()
    class_path = os.pathsep.join(str(path) for path in ensure_kafka(cache, progress))
    place.folder.mkdir(parents=True, exist_ok=True)
    data = place.folder / "data"
    properties = place.folder / "server.properties"
    properties.write_text(
        PROPERTIES.format(
            port=place.port,
            controller_port=place.controller_port,
            advertised_port=place.advertised_port or place.port,
            data=data.as_posix(),
        )
    )
    node = KafkaNode(java, class_path, properties, place.port)
    if not (data / "meta.properties").exists():
        format_storage(node, new_cluster_id(), "--standalone")
    return node


def new_cluster_id() -> str:
    """A cluster's random name."""
    cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    return f"A{cluster_id[1:]}" if cluster_id.startswith("-") else cluster_id  # it would be taken for an option


def format_storage(node: KafkaNode, cluster_id: str, *options: str) -> None:
    """Prepare a node's data folder, once, before its first start."""
    command = [
        *(str(node.java), *MEMORY, *LOGGING, "-cp", node.class_path, "kafka.tools.StorageTool"),
        *("format", *options, "--ignore-formatted", "-t", cluster_id, "-c", str(node.properties)),
    ]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        reason = (made.stderr or made.stdout).strip().splitlines()[-1:] or ["no reason given"]
        raise StackError(f"Kafka could not make its data folder {node.properties.parent}: {reason[0]}")
