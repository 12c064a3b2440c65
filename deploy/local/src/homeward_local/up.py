"""`homeward up`: in the foreground, or detached with its supervisor left running."""

import subprocess
import sys
import time
from typing import IO

from .config import Config
from .errors import StackError
from .file_lock import is_locked
from .stack import run_stack
from .state import lock_file, running_state
from .welcome import welcome

SUPERVISOR_LOG = "supervisor.log"


def up(config: Config, *, seed: bool) -> None:
    """Run the stack in this process until it is asked to stop."""
    begun = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - begun:6.1f} s  {text}", flush=True)

    def when_ready(seconds: float) -> None:
        if seed:
            from .demo.seed import seed as load_ward

            load_ward(config, say)
        print(welcome(config, seconds), flush=True)

    run_stack(config, say, when_ready)


def up_detached(config: Config, *, seed: bool) -> None:
    """Start the supervisor in a session of its own, show its progress and return when all is ready."""
    log = config.logs / SUPERVISOR_LOG
    log.parent.mkdir(parents=True, exist_ok=True)
    if is_locked(lock_file(config)):
        raise StackError(f"A stack is already running in {config.home}: `homeward status` shows it.")
    command = [sys.executable, "-m", "homeward_local", "up", *([] if seed else ["--no-seed"])]
    with log.open("w") as output:
        supervisor = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    try:
        with log.open() as progress:
            is_ready = _follow(config, supervisor, progress)
    except KeyboardInterrupt:
        supervisor.terminate()
        supervisor.wait()
        raise
    if not is_ready:
        raise SystemExit(1)  # the sentence has been shown


def _follow(config: Config, supervisor: subprocess.Popen[bytes], progress: IO[str]) -> bool:
    """Print what the supervisor writes until its stack is ready (True) or it has ended (False)."""
    while True:
        has_ended = supervisor.poll() is not None
        state = running_state(config) or {}
        is_ready = state.get("phase") == "ready" and state.get("pid") == supervisor.pid
        print(progress.read(), end="", flush=True)
        if has_ended or is_ready:
            return is_ready
        time.sleep(0.05)
