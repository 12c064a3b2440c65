import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from homeward_local.child import ChildSpec
from homeward_local.supervisor import RESTARTS_A_MINUTE, Supervisor
from homeward_local.waiting import wait_until

WAITS_FOR_A_SIGNAL = "import signal; print('up', flush=True); signal.pause()"
NOTES_ITS_END = """
import pathlib, signal, sys
def stop(*_):
    with pathlib.Path(sys.argv[1]).open("a") as file:
        file.write(sys.argv[2] + "\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
print("up", flush=True)
while True:
    signal.pause()
"""


class Watched:
    """A supervisor with what it said and what it last reported."""

    def __init__(self, **seconds: float) -> None:
        self.said: list[str] = []
        self.children: dict[str, dict[str, Any]] = {}
        self.supervisor = Supervisor(self.said.append, self._changed, **{"restart_seconds": 0.05, **seconds})

    def _changed(self, children: dict[str, dict[str, Any]]) -> None:
        self.children = children


@pytest.fixture
def watched() -> Iterator[Watched]:
    watched = Watched()
    yield watched
    watched.supervisor.stop([list(watched.children)])


def child(folder: Path, name: str, code: str, *arguments: str) -> ChildSpec:
    return ChildSpec(name, [sys.executable, "-c", code, *arguments], folder / f"{name}.log")


def becomes(condition: Callable[[], bool]) -> bool:
    return wait_until(condition, seconds=20)


def starts_of(spec: ChildSpec) -> int:
    return spec.log.read_text().count("up\n") if spec.log.exists() else 0


def test_a_killed_child_is_started_again(tmp_path: Path, watched: Watched) -> None:
    spec = child(tmp_path, "worker", WAITS_FOR_A_SIGNAL)
    watched.supervisor.start(spec)
    assert becomes(lambda: starts_of(spec) == 1)
    first = watched.children["worker"]["pid"]

    os.kill(first, signal.SIGKILL)

    assert becomes(lambda: starts_of(spec) == 2)
    assert watched.children["worker"]["pid"] != first
    assert watched.children["worker"]["restarts"] == 1
    assert watched.said == ["worker was ended by SIGKILL; it is started again"]


def test_a_child_that_has_run_for_a_while_is_started_again_at_once_and_one_that_ends_soon_after_a_pause(
    tmp_path: Path,
) -> None:
    watched = Watched(restart_seconds=3600, soon_seconds=0)
    spec = child(tmp_path, "worker", WAITS_FOR_A_SIGNAL)
    watched.supervisor.start(spec)
    impatient = Watched(restart_seconds=3600, soon_seconds=3600)
    other = child(tmp_path, "other", WAITS_FOR_A_SIGNAL)
    impatient.supervisor.start(other)
    try:
        assert becomes(lambda: starts_of(spec) == 1 and starts_of(other) == 1)

        os.kill(watched.children["worker"]["pid"], signal.SIGKILL)
        os.kill(impatient.children["other"]["pid"], signal.SIGKILL)

        assert becomes(lambda: starts_of(spec) == 2)
        assert becomes(lambda: impatient.children["other"]["state"] == "restarting")
        assert starts_of(other) == 1
    finally:
        watched.supervisor.stop([["worker"]])
        impatient.supervisor.stop([["other"]])


def test_a_child_that_ends_again_and_again_is_left_alone_and_its_log_named(tmp_path: Path, watched: Watched) -> None:
    spec = child(tmp_path, "broken", "print('up')\nraise SystemExit(3)")
    watched.supervisor.start(spec)

    assert becomes(lambda: watched.supervisor.given_up() == [spec])
    assert starts_of(spec) == RESTARTS_A_MINUTE + 1
    assert watched.children["broken"]["state"] == "given_up"
    assert "ended with code 3" in watched.said[-1]
    assert str(spec.log) in watched.said[-1]


def test_children_are_stopped_group_after_group(tmp_path: Path, watched: Watched) -> None:
    order = tmp_path / "order"
    specs = [child(tmp_path, name, NOTES_ITS_END, str(order), name) for name in ("database", "broker", "service")]
    for spec in specs:
        watched.supervisor.start(spec)
    assert becomes(lambda: [starts_of(spec) for spec in specs] == [1, 1, 1])

    watched.supervisor.stop([["service"], ["broker"], ["database"]])

    assert order.read_text().split() == ["service", "broker", "database"]


def test_nothing_is_started_again_while_stopping(tmp_path: Path, watched: Watched) -> None:
    spec = child(tmp_path, "worker", WAITS_FOR_A_SIGNAL)
    watched.supervisor.start(spec)
    assert becomes(lambda: starts_of(spec) == 1)

    watched.supervisor.stop([["worker"]])
    watched.supervisor.start(child(tmp_path, "late", WAITS_FOR_A_SIGNAL))

    assert "late" not in watched.children
    assert watched.said == []
