"""When a message that was not taken is tried again, when it is dead, and when a target is left alone for a while.

The times of the tries are the schedule that the Standard Webhooks specification recommends.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class DeliveryState(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"  # tried for a day; a replay makes it pending again
    DROPPED = "dropped"  # its subscription was deleted


LIFETIME = timedelta(hours=24)
# after the message was due first; the last try is when its day is over
TRIES_AFTER = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
JITTER = 0.1  # of the time to wait, added at random, so that many messages do not come back at once
FAILURES_UNTIL_LEFT_ALONE = 5
LEFT_ALONE_FIRST, LEFT_ALONE_MOST = timedelta(seconds=30), timedelta(minutes=10)
LONGEST_ASKED = timedelta(hours=1)  # of Retry-After

Random = Callable[[], float]  # from 0 up to 1


def next_try(counted_from: datetime, now: datetime, random: Random, asked: timedelta | None = None) -> datetime | None:
    """When a message that failed now is tried again; None: it is dead. `asked` is what the target asked for."""
    ends_at = counted_from + LIFETIME
    due_at = next((counted_from + after for after in TRIES_AFTER if counted_from + after > now), None)
    if due_at is None:
        return None
    if asked is not None:
        due_at = max(due_at, now + min(asked, LONGEST_ASKED))
    return min(due_at + (due_at - now) * JITTER * random(), ends_at)


@dataclass(frozen=True)
class Health:
    """How a target does: failures in a row, since when, and until when it is left alone."""

    failures: int = 0
    failing_since: datetime | None = None
    next_try_at: datetime | None = None
    last_error: str | None = None

    @property
    def is_left_alone(self) -> bool:
        """Only one message at a time is tried, to see whether the target is back."""
        return self.failures >= FAILURES_UNTIL_LEFT_ALONE


def after_failure(health: Health, error: str, now: datetime) -> Health:
    """One more failure; from the fifth in a row on the target has a rest, longer each time."""
    failures = health.failures + 1
    rest = None
    if failures >= FAILURES_UNTIL_LEFT_ALONE:
        doubled = LEFT_ALONE_FIRST * 2 ** min(failures - FAILURES_UNTIL_LEFT_ALONE, 10)
        rest = now + min(doubled, LEFT_ALONE_MOST)
    return replace(
        health,
        failures=failures,
        failing_since=health.failing_since or now,
        next_try_at=rest,
        last_error=error,
    )
