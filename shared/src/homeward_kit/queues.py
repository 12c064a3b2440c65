"""What waits or went by in a service, read for operators: outbox and event log, timers, dead letters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from homeward_kit.database import Tx
from homeward_kit.outbox import shard_of

# Any: rows of plain SQL have no static type
Rows = Sequence[Row[Any]]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Sizes of the queues a service keeps in its database."""

    outbox_rows: int
    outbox_oldest_seconds: float
    dead_letters_open: int
    timers_due: int
    last_seq: int  # the newest number the outbox has ever given
    emptied_topics: list[str]  # nothing is sent to these until they are refilled


async def waiting(tx: Tx) -> Waiting:
    """How much waits now; the outbox's age by the real clock, timers by the domain's."""
    found = await tx.execute(
        """
        SELECT (SELECT count(*) FROM outbox) AS outbox_rows,
               coalesce((SELECT extract(epoch FROM now() - created_at) FROM outbox ORDER BY seq LIMIT 1), 0)
                 AS outbox_oldest_seconds,
               (SELECT count(*) FROM dead_letters WHERE state = 'open') AS dead_letters_open,
               (SELECT count(*) FROM timers WHERE due_at <= :now) AS timers_due,
               (SELECT last_value FROM outbox_seq_seq) AS last_seq,
               ARRAY(SELECT topic FROM topics_sent WHERE is_emptied ORDER BY topic) AS emptied_topics
        """,
        {"now": tx.now},
    )
    values = found.one()._asdict()
    return Waiting(**values | {"outbox_oldest_seconds": float(values["outbox_oldest_seconds"])})


_COLUMNS = """
id, seq, type, topic, key, aggregatetype || '/' || aggregateid AS subject, event_time AS time, actor, causation_id,
tracingspancontext, referral_id, aggregate_version AS version
"""


async def events(tx: Tx, *, referral_id: UUID | None, key: str | None, after: int, limit: int) -> Rows:
    """Published events, sent or not yet, in the order they were recorded; without their payload."""
    where = "seq > :after"
    where += " AND referral_id = :referral_id" if referral_id else ""
    where += " AND shard = :shard AND key = :key" if key else ""  # the event log has its keys by shard
    # one statement, one snapshot: an event the relay moves meanwhile is seen in exactly one of the two
    both = " UNION ALL ".join(
        f"(SELECT {_COLUMNS} FROM {table} WHERE {where} ORDER BY seq LIMIT :limit)"  # noqa: S608 — constants of ours
        for table in ("event_log", "outbox")
    )
    shard = shard_of(key) if key else None
    wanted = {"after": after, "limit": limit, "referral_id": referral_id, "key": key, "shard": shard}
    found = await tx.execute(
        f"{both} ORDER BY seq LIMIT :limit", {name: value for name, value in wanted.items() if value is not None}
    )
    return found.all()


async def timers(tx: Tx, *, limit: int) -> Rows:
    """Timers that are set, the next first."""
    found = await tx.execute(
        "SELECT kind, aggregate_id, key, due_at, due_at <= :now AS is_due FROM timers ORDER BY due_at LIMIT :limit",
        {"now": tx.now, "limit": limit},
    )
    return found.all()


_LETTER = """
SELECT id, consumer_group AS "group", topic, partition, record_offset AS "offset", key, event_id, type,
       error_class, error_code, state, recorded_at, payload,
       (SELECT count(*) FROM parked
        WHERE parked.consumer_group = dead_letters.consumer_group AND parked.topic = dead_letters.topic
              AND parked.key = dead_letters.key) AS parked
FROM dead_letters
"""


async def dead_letters(tx: Tx, *, limit: int, state: str | None = None) -> Rows:
    """Dead letters, the newest first, with how many messages are parked behind each."""
    where = "WHERE state = :state" if state else ""
    found = await tx.execute(
        f"{_LETTER} {where} ORDER BY recorded_at DESC LIMIT :limit", {"limit": limit, "state": state}
    )
    return found.all()


async def dead_letter(tx: Tx, letter_id: UUID) -> Row[Any] | None:
    """One dead letter, as in the list; None when there is no such letter."""
    return (await tx.execute(f"{_LETTER} WHERE id = :id", {"id": letter_id})).one_or_none()
