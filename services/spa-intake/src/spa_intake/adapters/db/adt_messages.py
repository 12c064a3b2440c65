"""ADT messages as they came, sealed, and what became of each: the record to look in, and to replay from."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row

from homeward_kit.database import Tx
from spa_intake.adapters.sealing import Sealed, Sealer


class Door(StrEnum):
    """How a message came in."""

    HTTP = "http"
    MLLP = "mllp"


class Outcome(StrEnum):
    """What became of a message; the first three were answered AA."""

    RECORDED = "recorded"
    MERGED = "merged"
    NOTED = "noted"  # an event that changes nothing here
    IN_ERROR = "in_error"  # AE
    REJECTED = "rejected"  # AR


TAKEN = (Outcome.RECORDED, Outcome.MERGED, Outcome.NOTED)
REFUSED = (Outcome.IN_ERROR, Outcome.REJECTED)


@dataclass(frozen=True)
class Arrived:
    """A message at the door, with what its header says."""

    name: str  # the same text of the same sender has the same name
    door: Door
    actor: str
    organisation: str
    sending_system: str
    control_id: str | None
    message_type: str | None
    raw: bytes


@dataclass(frozen=True)
class Verdict:
    """What became of it, and whom and what it was about where it was taken."""

    outcome: Outcome
    condition: str | None = None
    location: str | None = None
    patient_key: UUID | None = None
    stay_id: UUID | None = None
    referral_id: UUID | None = None


@dataclass(frozen=True)
class AdtMessage:
    """A message as an operator sees it, without what it says."""

    message_id: UUID
    name: str
    door: Door
    actor: str
    organisation: str
    sending_system: str
    control_id: str | None
    message_type: str | None
    received_at: datetime
    last_received_at: datetime
    times_received: int
    outcome: Outcome
    condition: str | None
    location: str | None
    patient_key: UUID | None
    stay_id: UUID | None
    referral_id: UUID | None
    replayed_at: datetime | None
    replayed_by: str | None
    replay_reason: str | None
    set_aside_at: datetime | None
    set_aside_by: str | None
    set_aside_reason: str | None
    key_id: str


@dataclass(frozen=True)
class Waiting:
    """Messages that were refused and that nobody has dealt with: for the metrics and the health."""

    count: int
    oldest_seconds: float


_SHOWN = ", ".join(AdtMessage.__dataclass_fields__)


async def outcome_of_repeat(tx: Tx, name: str) -> Outcome | None:
    """What became of this message when it was answered AA before (None: it was not); that it came again is noted."""
    found = await tx.execute(
        "UPDATE adt_messages SET last_received_at = :now, times_received = times_received + 1"
        " WHERE name = :name AND outcome = ANY(:taken) RETURNING outcome",
        {"now": tx.now, "name": name, "taken": list(TAKEN)},
    )
    outcome = found.scalar_one_or_none()
    return Outcome(outcome) if outcome else None


async def keep(tx: Tx, sealer: Sealer, arrived: Arrived, verdict: Verdict) -> None:
    """Keep a message with its verdict; one that was refused before gets the new verdict."""
    message_id = uuid4()
    sealed = sealer.seal(message_id, arrived.raw)
    values = asdict(arrived) | asdict(verdict)
    del values["raw"]
    await tx.execute(
        """
        INSERT INTO adt_messages (message_id, name, door, actor, organisation, sending_system, control_id, message_type,
            received_at, last_received_at, outcome, condition, location, patient_key, stay_id, referral_id,
            key_id, nonce, sealed)
        VALUES (:message_id, :name, :door, :actor, :organisation, :sending_system, :control_id, :message_type,
            :now, :now, :outcome, :condition, :location, :patient_key, :stay_id, :referral_id,
            :key_id, :nonce, :sealed)
        ON CONFLICT (name) DO UPDATE SET last_received_at = excluded.last_received_at,
            times_received = adt_messages.times_received + 1, outcome = excluded.outcome,
            condition = excluded.condition, location = excluded.location, patient_key = excluded.patient_key,
            stay_id = excluded.stay_id, referral_id = excluded.referral_id
        """,
        values
        | {"message_id": message_id, "now": tx.now}
        | {"key_id": sealed.key_id, "nonce": sealed.nonce, "sealed": sealed.text},
    )


async def listed(
    tx: Tx, outcomes: Sequence[Outcome] | None, *, sending_system: str | None, limit: int
) -> list[AdtMessage]:
    """Messages with these outcomes, or those that wait for somebody; those that came last first."""
    rows = await tx.execute(
        f"SELECT {_SHOWN} FROM adt_messages WHERE outcome = ANY(:outcomes)"  # noqa: S608 — our own columns
        " AND (CAST(:system AS text) IS NULL OR sending_system = :system) AND (:is_any OR set_aside_at IS NULL)"
        " ORDER BY last_received_at DESC, message_id LIMIT :limit",
        {
            "outcomes": list(REFUSED if outcomes is None else outcomes),
            "system": sending_system,
            "is_any": outcomes is not None,
            "limit": limit,
        },
    )
    return [_message(row) for row in rows]


async def get(tx: Tx, message_id: UUID) -> AdtMessage | None:
    rows = await tx.execute(
        f"SELECT {_SHOWN} FROM adt_messages WHERE message_id = :id",  # noqa: S608 — our own columns
        {"id": message_id},
    )
    row = rows.one_or_none()
    return _message(row) if row else None


async def raw_of(tx: Tx, sealer: Sealer, message_id: UUID) -> bytes:
    """The message as it came. Raises UnsealingError."""
    row = (
        await tx.execute("SELECT key_id, nonce, sealed FROM adt_messages WHERE message_id = :id", {"id": message_id})
    ).one()
    return sealer.unseal(message_id, Sealed(row.key_id, bytes(row.nonce), bytes(row.sealed)))


async def note_replay(tx: Tx, message_id: UUID, verdict: Verdict, reason: str) -> None:
    """The verdict of a replay, and who asked for it and why."""
    await tx.execute(
        """
        UPDATE adt_messages SET outcome = :outcome, condition = :condition, location = :location,
            patient_key = :patient_key, stay_id = :stay_id, referral_id = :referral_id,
            replayed_at = :now, replayed_by = :actor, replay_reason = :reason
        WHERE message_id = :id
        """,
        asdict(verdict) | {"now": tx.now, "actor": tx.actor, "reason": reason, "id": message_id},
    )


async def set_aside(tx: Tx, message_id: UUID, reason: str) -> None:
    """Nothing more is to be done about a refused message; who said so and why."""
    await tx.execute(
        "UPDATE adt_messages SET set_aside_at = :now, set_aside_by = :actor, set_aside_reason = :reason"
        " WHERE message_id = :id",
        {"now": tx.now, "actor": tx.actor, "reason": reason, "id": message_id},
    )


async def waiting(tx: Tx) -> Waiting:
    """How many wait for somebody, and for how long the oldest."""
    found = await tx.execute(
        "SELECT count(*) AS waiting, min(received_at) AS oldest FROM adt_messages"
        " WHERE outcome = ANY(:refused) AND set_aside_at IS NULL",
        {"refused": list(REFUSED)},
    )
    row = found.one()
    return Waiting(row.waiting, (tx.now - row.oldest).total_seconds() if row.oldest else 0.0)


async def forget(tx: Tx, before: datetime, limit: int) -> int:
    """Delete messages that came last before this moment; how many. Never one that waits for somebody."""
    found = await tx.execute(
        """
        DELETE FROM adt_messages WHERE message_id IN (
            SELECT message_id FROM adt_messages
            WHERE (outcome = ANY(:taken) AND last_received_at < :before)
               OR (outcome = ANY(:refused) AND last_received_at < :before AND set_aside_at < :before)
            LIMIT :limit FOR UPDATE SKIP LOCKED)
        """,
        {"before": before, "taken": list(TAKEN), "refused": list(REFUSED), "limit": limit},
    )
    return found.rowcount


def _message(row: Row[Any]) -> AdtMessage:  # Any: the row's columns
    values = dict(row._mapping)  # noqa: SLF001 — SQLAlchemy's documented way to a row's names
    return AdtMessage(**values | {"door": Door(row.door), "outcome": Outcome(row.outcome)})
