"""Starting the whole stack in the right order, keeping it running and stopping it."""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType

from .assets import ensure_assets
from .child import ChildSpec, spawn
from .client_credentials import demo_client
from .config import HOST, SERVICES, Config, Service
from .databases import ServiceDatabase, ensure_databases, service_database
from .errors import StackError
from .file_lock import try_lock
from .health import is_ready
from .kafka import KafkaPlace, prepare_kafka
from .parallel import in_parallel
from .ports import require_free_ports
from .postgres import prepare_postgres
from .revisions import is_migrated
from .secret_files import ensure_signing_key
from .service_environment import migration_environment, service_environment
from .state import StackState, end_left_behind, lock_file, read_state
from .supervisor import Supervisor
from .topics import ensure_topics

Say = Callable[[str], None]
START_SECONDS = 120.0
STOP_ORDER = (tuple(service.name for service in SERVICES), ("issuer",), ("kafka",), ("postgres",))
# Fewer memory pools per process: the services share a laptop with everything else that runs on it.
# They speak to each other on this machine, whatever proxy its user has set.
NO_PROXY = ",".join(filter(None, (os.environ.get("NO_PROXY"), HOST, "localhost")))
CHILD_ENVIRONMENT = {
    "PYTHONUNBUFFERED": "1",
    "MALLOC_ARENA_MAX": "2",
    "NO_PROXY": NO_PROXY,
    "no_proxy": NO_PROXY,
}


class StopRequested(BaseException):
    """Ctrl-C, a closed terminal, or `homeward down`."""


def run_stack(config: Config, say: Say, when_ready: Callable[[float], None]) -> None:
    """Start everything, call `when_ready` with the seconds it took, and stay until asked to stop."""
    begun = time.monotonic()
    lock = try_lock(lock_file(config))
    if lock is None:
        raise StackError(_already_running(config))
    with lock:
        for name in end_left_behind(config):
            say(f"Ended {name}, which an earlier run had left behind")
        require_free_ports(config)
        stack = Stack(config, say)
        _raise_on_signals()
        try:
            stack.start()
            when_ready(time.monotonic() - begun)
            stack.state.change(phase="ready", seconds_to_ready=round(time.monotonic() - begun, 1))
            threading.Event().wait()
        except StopRequested:
            say("Stopping: services, then Kafka, then PostgreSQL")
        finally:
            _ignore_signals()
            stack.stop()
    say("Stopped; the data are kept")


class Stack:
    """The parts of one stack."""

    def __init__(self, config: Config, say: Say) -> None:
        self.config = config
        self.say = say
        self.state = StackState(config)
        self.state.begin()
        self._supervisor = Supervisor(say, self.state.processes_changed)
        self._admin_url = config.external_database or ""
        self._assets = Path()

    def start(self) -> None:
        in_parallel(self._start_kafka, self._start_database, self._build_assets, self._start_issuer)
        self.say("Starting the four services")
        for service in SERVICES:
            environment = service_environment(self.config, service, self._database_of(service), self._assets)
            command = [sys.executable, "-m", service.package, "serve", "--role", "all"]
            self._start_child(service.name, command, environment)
        for service in SERVICES:
            self._wait_for(service.name, partial(is_ready, self.config.url_of(service)))

    def stop(self) -> None:
        self.state.change(phase="stopping")
        self._supervisor.stop(STOP_ORDER)
        self.state.end()

    def _start_kafka(self) -> None:
        config = self.config
        if config.external_kafka is None:
            place = KafkaPlace(config.home / "kafka", config.kafka_port, config.controller_port)
            node = prepare_kafka(place, config.cache, self.say)
            self._supervisor.start(ChildSpec("kafka", node.command(), config.logs / "kafka.log", stop_seconds=30))
            self._wait_for("kafka", node.is_ready)
        ensure_topics(config.bootstrap_servers)
        self.say(f"Apache Kafka is ready at {config.bootstrap_servers}")

    def _start_database(self) -> None:
        config = self.config
        if config.external_database is None:
            server = prepare_postgres(config.home, config.secrets, config.postgres_port)
            self._supervisor.start(
                ChildSpec(
                    "postgres",
                    server.command(),
                    config.logs / "postgres.log",
                    stop_signal=server.stop_signal,
                    stop_seconds=30,
                    run_as=server.owner,
                )
            )
            self._wait_for("postgres", server.is_ready)
            self._admin_url = server.admin_url
        ensure_databases(self._admin_url, [self._database_of(service) for service in SERVICES])
        in_parallel(*(partial(self._migrate, service) for service in SERVICES))
        self.say("PostgreSQL is ready with four migrated databases")

    def _build_assets(self) -> None:
        self._assets = ensure_assets(self.say)

    def _start_issuer(self) -> None:
        key = ensure_signing_key(self.config.secrets / "issuer-key.pem")
        environment = {
            "ISSUER_KEY_FILE": str(key),
            "ISSUER_URL": self.config.issuer_url,
            "ISSUER_CLIENTS": json.dumps([demo_client(self.config)]),
            "PORT": str(self.config.issuer_port),
        }
        self._start_child("issuer", [sys.executable, "-m", "homeward_local.issuer"], environment)
        self._wait_for("issuer", lambda: is_ready(self.config.issuer_url))

    def _database_of(self, service: Service) -> ServiceDatabase:
        return service_database(self.config, service, self._admin_url)

    def _migrate(self, service: Service) -> None:
        database = self._database_of(service)
        if is_migrated(service, database):
            return
        environment = migration_environment(service_environment(self.config, service, database, self._assets), database)
        spec = self._child(service.name, [sys.executable, "-m", service.package, "migrate"], environment)
        process = spawn(spec)
        if process.wait() != 0:
            raise StackError(f"The database of {service.name} could not be migrated: its log is {spec.log}")

    def _start_child(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        self._supervisor.start(self._child(name, command, environment))

    def _child(self, name: str, command: list[str], environment: dict[str, str]) -> ChildSpec:
        environment = {**CHILD_ENVIRONMENT, **_bytecode(self.config), **environment}
        return ChildSpec(name, command, self.config.logs / f"{name}.log", environment)

    def _wait_for(self, name: str, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not condition():
            for spec in self._supervisor.given_up():
                raise StackError(f"{spec.name} does not start: its log is {spec.log}")
            if time.monotonic() > deadline:
                log = self.config.logs / f"{name}.log"
                raise StackError(f"{name} was not ready within {START_SECONDS:.0f} s: its log is {log}")
            time.sleep(0.1)


def _bytecode(config: Config) -> dict[str, str]:
    """Where Python may not write beside its sources, the cache has what it compiled: not again at every start."""
    if not sys.dont_write_bytecode:
        return {}
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(config.cache / "bytecode")}


def _already_running(config: Config) -> str:
    state = read_state(config) or {}
    where = state.get("services", {}).get("spa-intake", "an address it has not written down yet")
    return (
        f"A stack is already running in {config.home} at {where} (process {state.get('pid', 'unknown')}): use it, "
        "stop it with `make stop`, or start a second one with other HOMEWARD_HOME and HOMEWARD_PORT_BASE."
    )


def _raise_on_signals() -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        _ignore_signals()
        raise StopRequested

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


def _ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
