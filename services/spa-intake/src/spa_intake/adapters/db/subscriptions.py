"""Subscriptions, how their targets do, and the quick look whether anybody listens at all."""

import time
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from homeward_kit.database import Tx
from spa_intake.domain.delivery import Health
from spa_intake.domain.subscription import Subscription, SubscriptionId, SubscriptionState

KNOWN_SECONDS, DOUBTFUL_SECONDS = 1.0, 5.0
_COLUMNS = """subscription_id, organisation, url, event_types, secret, previous_secret, previous_until, state, version,
    created_at, created_by"""


@dataclass(frozen=True)
class Listener:
    """Who is told of an organisation's referrals, and of what (nothing named: everything)."""

    subscription_id: UUID
    organisation: str
    event_types: tuple[str, ...]


@dataclass(frozen=True)
class Watched:
    """A subscription with how its target does and what waits for it."""

    subscription: Subscription
    health: Health
    waiting: int
    dead: int


@dataclass
class _Known:
    listeners: Sequence[Listener] = ()
    until: float = 0.0
    doubtful_until: float = 0.0  # this process is changing one: asked every time until that is committed


_known: WeakKeyDictionary[AsyncEngine, _Known] = WeakKeyDictionary()


async def listeners(tx: Tx) -> Sequence[Listener]:
    """All that listen, as known for a second: with no subscription a change pays nothing."""
    known = _known.setdefault(tx.connection.engine, _Known())
    now = time.monotonic()
    if now > known.until or now < known.doubtful_until:
        rows = await tx.execute(
            "SELECT subscription_id, organisation, event_types FROM subscriptions WHERE state IN ('active', 'paused')"
        )
        known.listeners = [Listener(row.subscription_id, row.organisation, tuple(row.event_types)) for row in rows]
        known.until = now + KNOWN_SECONDS
    return known.listeners


def _doubt(tx: Tx) -> None:
    _known.setdefault(tx.connection.engine, _Known()).doubtful_until = time.monotonic() + DOUBTFUL_SECONDS


async def add(tx: Tx, subscription: Subscription) -> None:
    _doubt(tx)
    await tx.execute(
        f"""
        INSERT INTO subscriptions ({_COLUMNS})
        VALUES (:subscription_id, :organisation, :url, :event_types, :secret, :previous_secret, :previous_until, :state,
            :version, :created_at, :created_by)
        """,  # noqa: S608 — our own words
        _values(subscription),
    )
    await tx.execute(
        "INSERT INTO subscription_health (subscription_id) VALUES (:id)", {"id": subscription.subscription_id}
    )


async def update(tx: Tx, subscription: Subscription) -> None:
    """Save what may change of it."""
    _doubt(tx)
    await tx.execute(
        """
        UPDATE subscriptions SET secret = :secret, previous_secret = :previous_secret,
            previous_until = :previous_until, state = :state, version = :version
        WHERE subscription_id = :subscription_id
        """,
        {
            name: value
            for name, value in _values(subscription).items()
            if name in {"secret", "previous_secret", "previous_until", "state", "version", "subscription_id"}
        },
    )


async def forget(tx: Tx, subscription: Subscription) -> None:
    """Of a deleted one neither its secrets nor its address are kept."""
    await update(tx, subscription)
    await tx.execute(
        "UPDATE subscriptions SET url = '', secret = '', previous_secret = NULL WHERE subscription_id = :id",
        {"id": subscription.subscription_id},
    )


async def open_one(tx: Tx, subscription_id: UUID) -> Subscription | None:
    """To be changed: locked until the transaction ends. None where there is none or it was deleted."""
    rows = await tx.execute(
        f"SELECT {_COLUMNS} FROM subscriptions WHERE subscription_id = :id AND state <> 'deleted' FOR UPDATE",  # noqa: S608
        {"id": subscription_id},
    )
    row = rows.one_or_none()
    return _subscription(row) if row else None


async def count(tx: Tx, organisation: str) -> int:
    """How many an organisation has; counted by one at a time, so that none slips past the limit."""
    await tx.lock(f"subscriptions/{organisation}")
    found = await tx.execute(
        "SELECT count(*) FROM subscriptions WHERE organisation = :organisation AND state <> 'deleted'",
        {"organisation": organisation},
    )
    return int(found.scalar_one())


_WITH_HEALTH = f"""
SELECT {_COLUMNS}, h.failures, h.failing_since, h.next_try_at, h.last_error
FROM subscriptions s JOIN subscription_health h USING (subscription_id)
WHERE s.subscription_id = :id AND s.state = 'active' AND (h.next_try_at IS NULL OR h.next_try_at <= :now)
"""  # noqa: S608 — our own words
_WATCHED = f"""
SELECT {_COLUMNS}, h.failures, h.failing_since, h.next_try_at, h.last_error,
    (SELECT count(*) FROM deliveries d WHERE d.subscription_id = s.subscription_id AND d.state = 'pending') AS waiting,
    (SELECT count(*) FROM deliveries d WHERE d.subscription_id = s.subscription_id AND d.state = 'dead') AS dead
FROM subscriptions s JOIN subscription_health h USING (subscription_id)
WHERE s.state <> 'deleted' AND (CAST(:organisations AS text[]) IS NULL OR s.organisation = ANY(:organisations))
"""  # noqa: S608 — our own words


async def get(tx: Tx, subscription_id: UUID, organisations: Collection[str] | None = None) -> Watched | None:
    """One subscription, where it is one of these organisations' (None: of any)."""
    values = {"id": subscription_id, "organisations": _listed(organisations)}
    row = (await tx.execute(f"{_WATCHED} AND s.subscription_id = :id", values)).one_or_none()
    return _watched(row) if row else None


async def page(tx: Tx, organisations: Collection[str] | None, after: UUID | None, limit: int) -> list[Watched]:
    rows = await tx.execute(
        f"""{_WATCHED} AND (CAST(:after AS uuid) IS NULL OR s.subscription_id > :after)
        ORDER BY s.subscription_id LIMIT :limit""",
        {"organisations": _listed(organisations), "after": after, "limit": limit},
    )
    return [_watched(row) for row in rows]


async def open_target(tx: Tx, subscription_id: UUID) -> tuple[Subscription, Health] | None:
    """Where to send to and how the target does; None: nothing is to be sent there now."""
    row = (await tx.execute(_WITH_HEALTH, {"id": subscription_id, "now": tx.now})).one_or_none()
    return (_subscription(row), _health(row)) if row else None


async def save_health(tx: Tx, subscription_id: UUID, health: Health) -> None:
    await tx.execute(
        """
        UPDATE subscription_health SET failures = :failures, failing_since = :failing_since,
            next_try_at = :next_try_at, last_error = :last_error
        WHERE subscription_id = :id
        """,
        asdict(health) | {"id": subscription_id},
    )


def _listed(organisations: Collection[str] | None) -> list[str] | None:
    return None if organisations is None else sorted(organisations)


def _values(subscription: Subscription) -> dict[str, Any]:  # Any: bound values
    return asdict(subscription) | {"event_types": list(subscription.event_types)}


def _watched(row: Row[Any]) -> Watched:  # Any: the row's columns
    return Watched(_subscription(row), _health(row), row.waiting, row.dead)


def _health(row: Row[Any]) -> Health:  # Any: the row's columns
    return Health(row.failures, row.failing_since, row.next_try_at, row.last_error)


def _subscription(row: Row[Any]) -> Subscription:  # Any: the row's columns
    return Subscription(
        subscription_id=SubscriptionId(row.subscription_id),
        organisation=row.organisation,
        url=row.url,
        event_types=tuple(row.event_types),
        secret=row.secret,
        state=SubscriptionState(row.state),
        version=row.version,
        created_at=row.created_at,
        created_by=row.created_by,
        previous_secret=row.previous_secret,
        previous_until=row.previous_until,
    )
