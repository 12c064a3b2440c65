"""Who is signed in: staff names, and sessions whose identifiers are stored as hashes only."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from homeward_kit.database import Tx

SESSION_HOURS = 12  # a long shift
IDLE_MINUTES = 60


@dataclass(frozen=True)
class Staff:
    """A member of staff in one role."""

    staff_id: UUID
    name: str
    role: str
    organisation: str


async def open_session(tx: Tx, staff: Staff) -> str:
    """Start a session; returns the identifier for the cookie, which is kept nowhere else."""
    identifier = secrets.token_urlsafe(32)
    await tx.execute(
        "INSERT INTO staff (staff_id, name, role, organisation) VALUES (:staff_id, :name, :role, :organisation)"
        " ON CONFLICT (staff_id) DO UPDATE SET name = excluded.name, role = excluded.role,"
        " organisation = excluded.organisation",
        {
            "staff_id": staff.staff_id,
            "name": staff.name,
            "role": staff.role,
            "organisation": staff.organisation,
        },
    )
    now = datetime.now(UTC)  # real time: a demonstration's clock signs nobody out
    await tx.execute("DELETE FROM staff_sessions WHERE ends_at < :now", {"now": now})
    await tx.execute(
        "INSERT INTO staff_sessions (session_hash, staff_id, started_at, seen_at, ends_at)"
        " VALUES (:hash, :staff_id, :now, :now, :ends_at)",
        {
            "hash": _hash(identifier),
            "staff_id": staff.staff_id,
            "now": now,
            "ends_at": now + timedelta(hours=SESSION_HOURS),
        },
    )
    return identifier


async def find_session(tx: Tx, identifier: str) -> Staff | None:
    """Who holds this session, unless it is over or was idle too long."""
    now = datetime.now(UTC)
    result = await tx.execute(
        "UPDATE staff_sessions SET seen_at = :now FROM staff"
        " WHERE session_hash = :hash AND ends_at > :now AND seen_at > :idle_since"
        " AND staff.staff_id = staff_sessions.staff_id"
        " RETURNING staff.staff_id, staff.name, staff.role, staff.organisation",
        {"hash": _hash(identifier), "now": now, "idle_since": now - timedelta(minutes=IDLE_MINUTES)},
    )
    found = result.mappings().one_or_none()
    return Staff(**found) if found else None


async def close_session(tx: Tx, identifier: str) -> None:
    """Sign out."""
    await tx.execute("DELETE FROM staff_sessions WHERE session_hash = :hash", {"hash": _hash(identifier)})


async def names(tx: Tx, staff_ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """Names of staff by id; people who never signed in here have none."""
    rows = await tx.execute("SELECT staff_id, name FROM staff WHERE staff_id = ANY(:ids)", {"ids": list(staff_ids)})
    return {row.staff_id: row.name for row in rows}


def _hash(identifier: str) -> bytes:
    return hashlib.sha256(identifier.encode()).digest()
