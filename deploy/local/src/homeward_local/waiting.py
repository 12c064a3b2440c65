"""Waiting for a condition with a deadline."""

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], bool], *, seconds: float, pause: float = 0.05) -> bool:
    """True as soon as the condition holds, False when it did not within the seconds given."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True
