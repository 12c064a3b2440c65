"""Pytest plugin: a real PostgreSQL, a real Kafka and, where asked for, a whole running stack."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from .child import ChildSpec, end, spawn
from .config import config_from_environment
from .kafka import KafkaPlace, prepare_kafka
from .ports import free_port, free_port_base
from .postgres import prepare_postgres
from .reset import remove_home
from .run_as import SYSTEM_USER
from .waiting import wait_until

START_SECONDS = 90.0
COMMAND_SECONDS = 300.0


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The administrator's address of a PostgreSQL server of the test run's own."""
    with temporary_home() as home, running_postgres(home, free_port()) as address:
        yield address


@pytest.fixture(scope="session")
def kafka_broker() -> Iterator[str]:
    """The bootstrap address of a Kafka of the test run's own; it has no topics yet."""
    with temporary_home() as home, running_kafka(home, free_port(), free_port()) as address:
        yield address


@contextmanager
def temporary_home() -> Iterator[Path]:
    """A folder that is removed afterwards, with what was kept elsewhere for it."""
    home = Path(tempfile.mkdtemp(prefix=f"{SYSTEM_USER}-test-"))
    try:
        yield home
    finally:
        remove_home(home)


@contextmanager
def running_postgres(home: Path, port: int, **settings: str) -> Iterator[str]:
    """A PostgreSQL server on the data of a home, stopped at the end; yields the administrator's address."""
    server = prepare_postgres(home, home / "secrets", port)
    # The data of a test need not survive a power cut; kill -9 of the server loses nothing with this either.
    command = server.command(**{"fsync": "off", **settings})
    spec = ChildSpec(
        "postgres",
        command,
        home / "logs" / "postgres.log",
        run_as=server.owner,
        stop_signal=server.stop_signal,
    )
    process = spawn(spec)
    try:
        _require_ready(server.is_ready, spec)
        yield server.admin_url
    finally:
        end(process, spec)


@contextmanager
def running_kafka(home: Path, port: int, controller_port: int) -> Iterator[str]:
    """A Kafka node on the data of a home, stopped at the end; yields its bootstrap address."""
    node = prepare_kafka(
        KafkaPlace(home / "kafka", port, controller_port), config_from_environment().cache, lambda _: None
    )
    spec = ChildSpec("kafka", node.command(), home / "logs" / "kafka.log")
    process = spawn(spec)
    try:
        _require_ready(node.is_ready, spec)
        yield node.bootstrap_servers
    finally:
        end(process, spec)


def _require_ready(condition: Callable[[], bool], spec: ChildSpec) -> None:
    if not wait_until(condition, seconds=START_SECONDS):
        pytest.fail(f"{spec.name} does not start: {spec.log.read_text()}")


@contextmanager
def running_stack(*options: str, environment: Mapping[str, str] | None = None) -> Iterator[dict[str, Any]]:
    """A whole stack of its own, started by `homeward up --detach`; yields what `homeward status --json` says.

    The answer also has `environment`: what a `homeward` command needs to speak to this stack.
    """
    with temporary_home() as home:
        own = {"HOMEWARD_HOME": str(home), "HOMEWARD_PORT_BASE": str(free_port_base()), **(environment or {})}
        try:
            run_homeward("up", "--detach", *options, environment=own)
            status: dict[str, Any] = json.loads(run_homeward("status", "--json", environment=own))
            yield {**status, "environment": own}
        finally:
            run_homeward("down", environment=own)


def run_homeward(*arguments: str, environment: Mapping[str, str]) -> str:
    """The output of one `homeward` command; fails with what it said when it does not succeed."""
    done = homeward(*arguments, environment=environment)
    if done.returncode != 0:
        pytest.fail(f"homeward {' '.join(arguments)} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def homeward(*arguments: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run one `homeward` command on the stack that the environment names."""
    unset = {"KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL"} - set(environment)
    inherited = {name: value for name, value in os.environ.items() if name not in unset}
    return subprocess.run(
        [sys.executable, "-m", "homeward_local", *arguments],
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
