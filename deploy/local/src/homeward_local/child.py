"""One process of the stack: how it is started, where it logs and how it is ended."""

import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .run_as import RunAs

LARGEST_LOG = 20 * 1024 * 1024


@dataclass(frozen=True)
class ChildSpec:
    """What to run. A child has a session of its own, so Ctrl-C reaches the supervisor only."""

    name: str
    command: list[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 15.0
    run_as: RunAs | None = None


def spawn(spec: ChildSpec) -> subprocess.Popen[bytes]:
    """Start the process with its output appended to its log."""
    spec.log.parent.mkdir(parents=True, exist_ok=True)
    if spec.log.exists() and spec.log.stat().st_size > LARGEST_LOG:
        spec.log.replace(spec.log.with_suffix(".log.1"))
    with spec.log.open("ab") as log:
        return subprocess.Popen(
            spec.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **spec.environment},
            cwd="/",
            start_new_session=True,
            **(spec.run_as.identity() if spec.run_as else {}),
        )


def end(process: subprocess.Popen[bytes], spec: ChildSpec) -> None:
    """Ask the process to stop, and end it by force when it takes too long."""
    if process.poll() is None:
        process.send_signal(spec.stop_signal)
    try:
        process.wait(spec.stop_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
