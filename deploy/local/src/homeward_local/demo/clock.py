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
    settle(client)
    offset = max(state["offset_seconds"] for state in _clocks(client)) + by.total_seconds()
    for service in client.services:
        client.post(service, "/ops/demo-clock", "operator", {"offset_seconds": offset})
    _wait(lambda: _has_passed(client, offset), "timers that became due have not all fired")
    return now(client)


def settle(client: StackClient) -> None:
    """Wait until nothing is under way."""
    _wait(lambda: is_settled(client), "the events under way are not all handled")


def is_settled(client: StackClient) -> bool:
    """True when every outbox is empty, every consumer has read everything, and nothing happened meanwhile.

    The services are asked one after the other, so an event can pass between two of them unseen; if it had,
    somebody's newest event would differ between two rounds.
    """
    first = _newest_events(client)
    return first is not None and first == _newest_events(client)


def _newest_events(client: StackClient) -> dict[str, int] | None:
    """The number of the newest event of each service, or nothing while anything is waiting anywhere."""
    newest = {}
    for service in client.services:
        report = client.get(service, "/ops/lag", "operator")
        # A lag that is not known (a consumer without its partitions yet) is not zero.
        if report["outbox_rows"] or any(row["lag"] != 0 for row in report["consumers"]):
            return None
        newest[service] = int(report["last_seq"])
    return newest


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
