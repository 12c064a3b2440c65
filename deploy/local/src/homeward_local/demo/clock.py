"""The demo clock: lets days pass in all four services at once."""

import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from homeward_local.client import StackClient
from homeward_local.errors import StackError

UNITS = {"d": "days", "h": "hours", "m": "minutes"}
SETTLE_SECONDS = 120.0
POLL_SECONDS = 0.15


def parse_duration(text: str) -> timedelta:
    """`5d`, `36h`, `90m` or a sum of them (`1d12h`)."""
    parts = re.findall(r"(\d+)([dhm])", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise StackError(f"{text!r} is not a length of time: write 5d, 36h, 90m or 1d12h (forward only).")
    return sum((timedelta(**{UNITS[unit]: int(number)}) for number, unit in parts), timedelta())


def now(client: StackClient) -> datetime:
    """The time it is in the demo."""
    return max(datetime.fromisoformat(state["now"]) for state in _clocks(client))


def advance(client: StackClient, by: timedelta) -> datetime:
    """Wait until nothing is under way, move all clocks on, and wait until all that became due has happened."""
    _wait(lambda: is_settled(client), "the events under way are not all handled")
    offset = max(state["offset_seconds"] for state in _clocks(client)) + by.total_seconds()
    for service in client.services:
        client.post(service, "/ops/demo-clock", "operator", {"offset_seconds": offset})
    _wait(lambda: _has_passed(client, offset), "timers that became due have not all fired")
    return now(client)


def is_settled(client: StackClient) -> bool:
    """True when every outbox is empty and every consumer has read everything."""
    reports = [client.get(service, "/ops/lag", "operator") for service in client.services]
    return all(report["outbox_rows"] == 0 and not any(row["lag"] for row in report["consumers"]) for report in reports)


def _has_passed(client: StackClient, offset: float) -> bool:
    has_arrived = all(state["offset_seconds"] >= offset and state["timers_due"] == 0 for state in _clocks(client))
    return has_arrived and is_settled(client)


def _clocks(client: StackClient) -> list[dict[str, Any]]:  # JSON of /ops/demo-clock
    return [client.get(service, "/ops/demo-clock", "operator") for service in client.services]


def _wait(condition: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + SETTLE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise StackError(
                f"After {SETTLE_SECONDS:.0f} s {otherwise}: `homeward status` shows which service is behind."
            )
        time.sleep(POLL_SECONDS)
