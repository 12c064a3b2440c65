"""The supervisor: starts the processes of the stack, restarts one that ends, and stops all in order."""

import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from .child import ChildSpec, end, spawn

RESTART_SECONDS = 1.0  # before a child is started that ended soon after its last start; any other is started at once
SOON_SECONDS = 10.0
RESTARTS_A_MINUTE = 5
LOOK_SECONDS = 0.1


@dataclass
class Child:
    """A supervised process and its history."""

    spec: ChildSpec
    process: subprocess.Popen[bytes]
    started_at: float
    restarts: deque[float] = field(default_factory=lambda: deque(maxlen=RESTARTS_A_MINUTE))
    restart_count: int = 0
    restart_at: float | None = None
    has_given_up: bool = False

    def as_state(self) -> dict[str, Any]:
        state = "given_up" if self.has_given_up else "restarting" if self.restart_at else "running"
        log = str(self.spec.log)
        return {"pid": self.process.pid, "state": state, "restarts": self.restart_count, "log": log}


class Supervisor:
    """Keeps children running from the moment they are started until `stop`."""

    def __init__(
        self,
        say: Callable[[str], None],
        on_change: Callable[[dict[str, dict[str, Any]]], None],
        *,
        restart_seconds: float = RESTART_SECONDS,
        soon_seconds: float = SOON_SECONDS,
    ) -> None:
        self._say = say
        self._on_change = on_change
        self._restart_seconds = restart_seconds
        self._soon_seconds = soon_seconds
        self._children: dict[str, Child] = {}
        self._lock = threading.RLock()
        self._is_stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="supervisor", daemon=True)

    def start(self, spec: ChildSpec) -> None:
        """Start a child and keep it running."""
        with self._lock:
            if self._is_stopping.is_set():
                return
            self._children[spec.name] = Child(spec, spawn(spec), time.monotonic())
            if not self._watcher.is_alive():
                self._watcher.start()
            self._report()

    def given_up(self) -> list[ChildSpec]:
        """The children that end again and again and are left alone."""
        with self._lock:
            return [child.spec for child in self._children.values() if child.has_given_up]

    def stop(self, order: Iterable[Iterable[str]]) -> None:
        """Stop the named children group by group; those of one group at the same time."""
        self._is_stopping.set()
        for group in order:
            with self._lock:
                children = [self._children[name] for name in group if name in self._children]
            enders = [threading.Thread(target=end, args=(child.process, child.spec)) for child in children]
            for ender in enders:
                ender.start()
            for ender in enders:
                ender.join()

    def _watch(self) -> None:
        while not self._is_stopping.wait(LOOK_SECONDS):
            with self._lock:
                for child in self._children.values():
                    self._look_at(child)

    def _look_at(self, child: Child) -> None:
        now = time.monotonic()
        if child.has_given_up or self._is_stopping.is_set():
            return
        if child.restart_at is not None:
            if now >= child.restart_at:
                self._restart(child, now)
        elif child.process.poll() is not None:
            self._plan_restart(child, now)

    def _plan_restart(self, child: Child, now: float) -> None:
        recent = [at for at in child.restarts if now - at < 60]
        how = _ending(child.process.returncode)
        if len(recent) >= RESTARTS_A_MINUTE:
            child.has_given_up = True
            self._say(
                f"{child.spec.name} {how} again after {RESTARTS_A_MINUTE} restarts within a minute and is left "
                f"stopped: its log is {child.spec.log}"
            )
        else:
            self._say(f"{child.spec.name} {how}; it is started again")
            if now - child.started_at >= self._soon_seconds:
                self._restart(child, now)
                return
            child.restart_at = now + self._restart_seconds
        self._report()

    def _restart(self, child: Child, now: float) -> None:
        child.restarts.append(now)
        child.restart_count += 1
        child.restart_at = None
        child.process, child.started_at = spawn(child.spec), now
        self._report()

    def _report(self) -> None:
        self._on_change({name: child.as_state() for name, child in self._children.items()})


def _ending(code: int | None) -> str:
    if code is not None and code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with code {code}"
