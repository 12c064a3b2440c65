"""How much each registered client may ask: a token bucket each, kept by the process (docs/adr/0016)."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from homeward_kit.clients import Client, Registry
from homeward_kit.problems import Problem

AUDITED_EVERY_SECONDS = 1.0  # a client that is refused a thousand times a second is not written down each time


@dataclass
class _Bucket:
    tokens: float
    filled_at: float
    audited_at: float


@dataclass(frozen=True, slots=True)
class Turn:
    """Whether a request may go on: how long to wait, and whether a refusal is to be written down."""

    wait_seconds: float
    is_audited: bool = False


_NOW = Turn(0.0)


class RateLimits:
    """Buckets by subject. Somebody who is not registered (staff behind the interface) has none."""

    def __init__(self, registry: Registry, clock: Callable[[], float] = time.monotonic) -> None:
        self._registry = registry
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def take(self, subject: str) -> Turn:
        """Take a token of the client's, or say when there will be one."""
        client = self._registry.of_subject(subject)
        if client is None:
            return _NOW
        now = self._clock()
        bucket = self._bucket_of(client, now)
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return _NOW
        is_audited = now - bucket.audited_at >= AUDITED_EVERY_SECONDS
        if is_audited:
            bucket.audited_at = now
        return Turn((1 - bucket.tokens) / client.requests_per_second, is_audited)

    def _bucket_of(self, client: Client, now: float) -> _Bucket:
        bucket = self._buckets.setdefault(client.client_id, _Bucket(client.burst, now, -AUDITED_EVERY_SECONDS))
        bucket.tokens = min(client.burst, bucket.tokens + (now - bucket.filled_at) * client.requests_per_second)
        bucket.filled_at = now
        return bucket


def too_many(turn: Turn) -> Problem:
    """The answer to a request for which there is no token."""
    return Problem(
        429,
        "too_many_requests",
        "Too many requests",
        "Your client sends more than it is registered for. Wait as long as Retry-After says, then go on more slowly.",
        headers={"Retry-After": str(max(1, math.ceil(turn.wait_seconds)))},
    )
