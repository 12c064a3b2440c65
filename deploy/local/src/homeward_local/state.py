"""What a running stack writes down about itself, so that other commands find it."""

import json
import os
import signal
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from .config import HOST, SERVICES, Config
from .errors import StackError
from .file_lock import is_locked
from .secret_files import write_private
from .waiting import has_ended, wait_until

STOP_SECONDS = 60.0


@dataclass
class StackState:
    """The state file of one stack; every change is written at once."""

    config: Config
    facts: dict[str, Any] = field(default_factory=dict)  # as JSON

    def begin(self) -> None:
        config = self.config
        self.facts = {
            "phase": "starting",
            "pid": os.getpid(),
            "port_base": config.port_base,
            "started_at": time.time(),
            "services": {service.name: config.url_of(service) for service in SERVICES},
            "issuer": config.issuer_url,
            "kafka": config.bootstrap_servers,
            "mllp": config.mllp_address,
            "postgres": f"{HOST}:{config.postgres_port}" if config.external_database is None else "external",
            "processes": {},
        }
        self._write()

    def change(self, **facts: Any) -> None:  # JSON values
        self.facts.update(facts)
        self._write()

    def processes_changed(self, processes: dict[str, dict[str, Any]]) -> None:
        for process in processes.values():
            process["created_at"] = _created_at(process["pid"])
        self.change(processes=processes)

    def end(self) -> None:
        state_file(self.config).unlink(missing_ok=True)

    def _write(self) -> None:
        write_private(state_file(self.config), json.dumps(self.facts, indent=1))


def state_file(config: Config) -> Path:
    return config.home / "state.json"


def lock_file(config: Config) -> Path:
    return config.home / "lock"


def read_state(config: Config) -> dict[str, Any] | None:
    """What the file says, whether or not its stack still runs."""
    try:
        facts: dict[str, Any] = json.loads(state_file(config).read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return facts


def running_state(config: Config) -> dict[str, Any] | None:
    """The state of the stack that runs on this home now, or nothing."""
    return read_state(config) if is_locked(lock_file(config)) else None


def require_running(config: Config) -> dict[str, Any]:
    """The state of the running stack; a sentence when there is none."""
    state = running_state(config)
    if state is None:
        raise StackError(f"No stack is running in {config.home}: start one with `make run`.")
    return state


def stop_running(config: Config) -> bool:
    """Ask the running stack to stop and wait until it has; False when there was none."""
    state = running_state(config)
    if state is None:
        end_left_behind(config)
        return False
    try:
        os.kill(state["pid"], signal.SIGTERM)
    except ProcessLookupError:
        return False
    if not wait_until(lambda: not is_locked(lock_file(config)), seconds=STOP_SECONDS):
        raise StackError(
            f"The stack did not stop within {STOP_SECONDS:.0f} s: see {config.logs / 'supervisor.log'}, "
            f"or end process {state['pid']} by force and run this again."
        )
    return True


def end_left_behind(config: Config) -> list[str]:
    """End the processes of a stack whose supervisor was killed (last started first); their names."""
    state = read_state(config)
    if state is None:
        return []
    ended = []
    for name, facts in reversed(state["processes"].items()):
        process = _same_process(facts)
        if process is not None:
            process.send_signal(signal.SIGINT if name == "postgres" else signal.SIGTERM)
            if not wait_until(partial(has_ended, process), seconds=20):
                process.kill()
            ended.append(name)
    state_file(config).unlink(missing_ok=True)
    return ended


def _same_process(facts: dict[str, Any]) -> psutil.Process | None:
    """The process, unless it has ended and its number belongs to another now."""
    created_at = _created_at(facts["pid"])
    if created_at is None or facts.get("created_at") is None or abs(created_at - facts["created_at"]) > 1:
        return None
    return psutil.Process(facts["pid"])


def _created_at(pid: int) -> float | None:
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None
