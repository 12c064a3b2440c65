import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from homeward_local.config import Config
from homeward_local.errors import StackError
from homeward_local.file_lock import is_locked, try_lock
from homeward_local.stack import run_stack
from homeward_local.state import (
    StackState,
    end_left_behind,
    lock_file,
    read_state,
    require_running,
    running_state,
    stop_running,
)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(home=tmp_path / "home", cache=tmp_path / "cache")


def test_a_second_stack_in_the_same_home_is_refused_naming_the_first(config: Config) -> None:
    lock = try_lock(lock_file(config))
    assert lock is not None
    with lock:
        StackState(config).begin()
        with pytest.raises(StackError, match=r"already running in .*127\.0\.0\.1:8000.*make stop.*HOMEWARD_PORT_BASE"):
            run_stack(config, lambda _: None, lambda _: None)


def test_a_state_file_without_its_supervisor_is_not_a_running_stack(config: Config) -> None:
    StackState(config).begin()

    assert read_state(config) is not None
    assert running_state(config) is None
    assert not is_locked(lock_file(config))
    with pytest.raises(StackError, match="make run"):
        require_running(config)


def test_what_a_killed_supervisor_left_behind_is_ended(config: Config) -> None:
    with subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"]) as left_behind:
        state = StackState(config)
        state.begin()
        state.processes_changed({"triage": {"pid": left_behind.pid}})

        assert not stop_running(config)

        assert left_behind.wait(10) == -signal.SIGTERM
    assert read_state(config) is None


def test_a_process_number_that_belongs_to_another_program_now_is_left_alone(config: Config) -> None:
    state = StackState(config)
    state.begin()
    state.processes_changed({"triage": {"pid": psutil.Process().pid}})
    state.facts["processes"]["triage"]["created_at"] -= 3600
    state.change()

    assert end_left_behind(config) == []


def test_a_torn_state_file_counts_as_none(config: Config) -> None:
    config.home.mkdir()
    (config.home / "state.json").write_text('{"phase": "rea')

    assert read_state(config) is None
