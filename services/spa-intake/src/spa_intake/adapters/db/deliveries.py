"""The messages to ward systems: written with the change they tell of, in order, until each is taken or dead."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row

from homeward_kit.database import Tx
from spa_intake.domain.delivery import LIFETIME, DeliveryState

KEPT = timedelta(days=30)  # after they were taken or given up
FORGOTTEN_AT_ONCE = 5_000


@dataclass(frozen=True)
class Waiting:
    """A message to be tried now."""

    delivery_id: UUID
    referral_id: UUID | None
    body: str
    counted_from: datetime

    @property
    def lane(self) -> UUID:
        """Messages of one lane are sent one after the other: those about one referral."""
        return self.referral_id or self.delivery_id


@dataclass(frozen=True)
class Tried:
    """What came of a try: still pending with when it is next due, or settled."""

    state: DeliveryState
    status: int | None = None
    error: str | None = None
    due_at: datetime | None = None


@dataclass(frozen=True)
class Delivery:
    """A message as its owner reads it."""

    delivery_id: UUID
    seq: int
    subscription_id: UUID
    referral_id: UUID | None
    type: str
    state: DeliveryState
    created_at: datetime
    attempts: int
    due_at: datetime
    last_attempt_at: datetime | None
    last_status: int | None
    last_error: str | None


@dataclass(frozen=True)
class Numbers:
    """For the metrics."""

    waiting: int
    oldest_seconds: float
    dead: int
    failing: int


def add(tx: Tx, subscription_id: UUID, referral_id: UUID | None, message: tuple[str, str]) -> UUID:
    """A message (its type and body) to be sent once this transaction is committed."""
    delivery_id = uuid4()
    message_type, body = message
    tx.add_row(
        "deliveries",
        {
            "delivery_id": delivery_id,
            "subscription_id": subscription_id,
            "referral_id": referral_id,
            "type": message_type,
            "body": body,
            "state": DeliveryState.PENDING,
            "created_at": tx.now,
            "counted_from": tx.now,
            "due_at": tx.now,
        },
    )
    return delivery_id


async def with_work(tx: Tx) -> Sequence[UUID]:
    """The subscriptions for which something is to be tried now."""
    found = await tx.execute(
        """
        SELECT s.subscription_id FROM subscriptions s JOIN subscription_health h USING (subscription_id)
        WHERE s.state = 'active' AND (h.next_try_at IS NULL OR h.next_try_at <= :now)
            AND EXISTS (SELECT FROM deliveries d WHERE d.subscription_id = s.subscription_id AND d.state = 'pending'
                        AND d.due_at <= :now)
        """,
        {"now": tx.now},
    )
    return found.scalars().all()


async def heads(tx: Tx, subscription_id: UUID, busy: Collection[UUID], limit: int) -> list[Waiting]:
    """What may be tried now: of each referral only its oldest message that waits.

    IS NOT DISTINCT FROM can use no index, so the one by referral is taken, also before the table has statistics.
    """
    rows = await tx.execute(
        """
        SELECT delivery_id, referral_id, body, counted_from FROM deliveries d
        WHERE subscription_id = :id AND state = 'pending' AND due_at <= :now
            AND delivery_id <> ALL(:busy) AND (referral_id IS NULL OR referral_id <> ALL(:busy))
            AND (referral_id IS NULL OR seq = (
                SELECT min(e.seq) FROM deliveries e WHERE e.referral_id = d.referral_id AND e.state = 'pending'
                    AND e.subscription_id IS NOT DISTINCT FROM d.subscription_id))
        ORDER BY seq LIMIT :limit
        """,
        {"id": subscription_id, "now": tx.now, "busy": list(busy), "limit": limit},
    )
    return [Waiting(row.delivery_id, row.referral_id, row.body, row.counted_from) for row in rows]


async def note_tries(tx: Tx, tries: Mapping[UUID, Tried]) -> None:
    """What came of tries, unless a message was settled meanwhile by something else."""
    await tx.execute(
        """
        UPDATE deliveries SET attempts = attempts + 1, last_attempt_at = :now, last_status = :status,
            last_error = :error, state = :state, due_at = coalesce(:due_at, due_at),
            settled_at = CASE WHEN :state <> 'pending' THEN CAST(:now AS timestamptz) END
        WHERE delivery_id = :id AND state = 'pending'
        """,
        [asdict(tried) | {"id": delivery_id, "now": tx.now} for delivery_id, tried in tries.items()],
    )


async def make_due(tx: Tx, subscription_id: UUID) -> None:
    """The target is back: all that waits for it is tried now."""
    await tx.execute(
        "UPDATE deliveries SET due_at = :now WHERE subscription_id = :id AND state = 'pending' AND due_at > :now",
        {"id": subscription_id, "now": tx.now},
    )


async def give_up(tx: Tx, subscription_id: UUID, state: DeliveryState, error: str | None, before: datetime) -> None:
    """What has waited since before then is dead, or dropped."""
    await tx.execute(
        """
        UPDATE deliveries SET state = :state, settled_at = :now, last_error = coalesce(:error, last_error)
        WHERE subscription_id = :id AND state = 'pending' AND counted_from <= :before
        """,
        {"id": subscription_id, "state": state, "error": error, "now": tx.now, "before": before},
    )


async def give_up_what_is_paused(tx: Tx) -> None:
    """A day is as long for a subscription that is not active."""
    await tx.execute(
        """
        UPDATE deliveries d SET state = 'dead', settled_at = :now, last_error = coalesce(last_error, s.state)
        FROM subscriptions s
        WHERE d.subscription_id = s.subscription_id AND d.state = 'pending' AND s.state <> 'active'
            AND d.counted_from <= :before
        """,
        {"now": tx.now, "before": tx.now - LIFETIME},
    )


async def forget_old(tx: Tx) -> int:
    """Remove some of those that were settled long ago; how many."""
    removed = await tx.execute(
        """
        DELETE FROM deliveries WHERE delivery_id IN (
            SELECT delivery_id FROM deliveries WHERE settled_at < :before ORDER BY settled_at LIMIT :limit)
        """,
        {"before": tx.now - KEPT, "limit": FORGOTTEN_AT_ONCE},
    )
    return removed.rowcount


_AGAIN = """
UPDATE deliveries SET state = 'pending', attempts = 0, counted_from = :now, due_at = :now, settled_at = NULL
WHERE subscription_id = :subscription
"""


async def replay(tx: Tx, subscription_id: UUID, delivery_id: UUID) -> bool:
    """Send one again under the same id, whatever became of it; False where there is none."""
    values = {"subscription": subscription_id, "id": delivery_id, "now": tx.now}
    again = await tx.execute(f"{_AGAIN} AND delivery_id = :id AND state <> 'dropped'", values)
    return again.rowcount == 1


async def replay_dead(tx: Tx, subscription_id: UUID, since: datetime) -> int:
    """Send all again that died and tell of a change since then; how many."""
    values = {"subscription": subscription_id, "since": since, "now": tx.now}
    again = await tx.execute(f"{_AGAIN} AND state = 'dead' AND created_at >= :since", values)
    return again.rowcount


async def page(tx: Tx, subscription_id: UUID, state: str | None, before: int | None, limit: int) -> list[Delivery]:
    """The newest first."""
    rows = await tx.execute(
        """
        SELECT delivery_id, seq, subscription_id, referral_id, type, state, created_at, attempts, due_at,
            last_attempt_at, last_status, last_error
        FROM deliveries WHERE subscription_id = :id AND (CAST(:state AS text) IS NULL OR state = :state)
            AND (CAST(:before AS bigint) IS NULL OR seq < :before)
        ORDER BY seq DESC LIMIT :limit
        """,
        {"id": subscription_id, "state": state, "before": before, "limit": limit},
    )
    return [_delivery(row) for row in rows]


async def numbers(tx: Tx) -> Numbers:
    """The oldest of those that are not held back by a pause."""
    found = await tx.execute(
        """
        SELECT count(*) AS waiting, (SELECT count(*) FROM deliveries WHERE state = 'dead') AS dead,
            coalesce(extract(epoch FROM CAST(:now AS timestamptz)
                - min(d.counted_from) FILTER (WHERE s.state = 'active')), 0) AS oldest,
            (SELECT count(*) FROM subscription_health h JOIN subscriptions f USING (subscription_id)
             WHERE h.failing_since IS NOT NULL AND f.state = 'active') AS failing
        FROM deliveries d LEFT JOIN subscriptions s USING (subscription_id) WHERE d.state = 'pending'
        """,
        {"now": tx.now},
    )
    row = found.one()
    return Numbers(row.waiting, float(row.oldest), row.dead, row.failing)


def _delivery(row: Row[Any]) -> Delivery:  # Any: the row's columns
    return Delivery(
        delivery_id=row.delivery_id,
        seq=row.seq,
        subscription_id=row.subscription_id,
        referral_id=row.referral_id,
        type=row.type,
        state=DeliveryState(row.state),
        created_at=row.created_at,
        attempts=row.attempts,
        due_at=row.due_at,
        last_attempt_at=row.last_attempt_at,
        last_status=row.last_status,
        last_error=row.last_error,
    )
