"""Waiting for a condition, or for the end of a process that is not ours, with a deadline."""

import time
from collections.abc import Callable

import psutil


def wait_until(condition: Callable[[], bool], *, seconds: float, pause: float = 0.05) -> bool:
    """True as soon as the condition holds, False when it did not within the seconds given."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def has_ended(process: psutil.Process) -> bool:
    """True also for a process that has ended and whose parent has not noticed yet."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
