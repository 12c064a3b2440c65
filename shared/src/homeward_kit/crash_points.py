"""Named points at which a test may end the process, to show that nothing is lost or repeated there.

`CRASH_AT=<label>` in the environment ends the process at that label, as `kill -9` would; without it nothing happens.
"""

import os
import signal

LABELS = tuple(
    f"{place}.{moment}"
    for place, moments in {
        "command": ("before_commit", "after_commit"),
        "group": ("taken", "before_commit", "after_commit"),
        "consumer": ("before_commit", "after_commit", "before_offset_commit", "after_offset_commit"),
        "dead_letter": ("before_commit", "after_commit"),
        "timer": ("before_commit", "after_commit"),
        "relay": ("before_send", "after_send", "after_acknowledgement", "after_move"),
    }.items()
    for moment in moments
)
_armed = os.environ.get("CRASH_AT")


def reach(label: str) -> None:
    """End the process here, when a test has asked for it."""
    if _armed == label:
        os.kill(os.getpid(), signal.SIGKILL)
