"""The audit log as a chain: a row's hash holds the one before, so that none is changed, removed or slipped in unseen.

A row's place is (the transaction that wrote it, its number). A seal takes only rows of transactions below the oldest
one still running: all that will ever be there is visible then, so each row is sealed once and nothing can follow later
in the sealed part, however late a transaction commits. Requests only add their rows and wait for nothing. Where a dump
was restored into another cluster, an epoch begins (audit_epochs).
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import Row

from homeward_kit import audit_epochs
from homeward_kit.audit_epochs import Clock, Head
from homeward_kit.database import Database, Tx
from homeward_kit.logging import get_logger

SEALED_AT_ONCE = 500  # rows: a few milliseconds of a worker's time
PAUSE_SECONDS = 2.0
_LOCK = 4_711_003  # one sealer at a time in a database
_HASH = 32

_log = get_logger(__name__)


class Tampering(StrEnum):
    """What was done to a row."""

    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"
    UNSEALED = "unsealed"  # the seal over it is gone, and later ones are there


@dataclass(frozen=True, slots=True)
class Fault:
    audit_id: int
    kind: Tampering


@dataclass(frozen=True, slots=True)
class Checked:
    """A part of the chain that was looked at: how many rows, how far, and the first fault."""

    rows: int
    head: Head
    fault: Fault | None
    is_done: bool  # there are no later seals


_ROWS = """
SELECT id, xact, recorded_at::text, action, subject, outcome, actor, role, organisation, purpose, patient_key::text,
    trace_id
FROM audit_log
"""
_SEALS = """
SELECT seq, ids, hashes, upto_xact, upto_id, cluster, rows_after, coalesce((
    SELECT e.rows_after FROM audit_seals e WHERE e.seq <= s.seq AND e.rows_after IS NOT NULL ORDER BY e.seq DESC LIMIT 1
    ), 0) AS epoch
FROM audit_seals s
"""
_AFTER = "WHERE id > :after AND (xact, id) > (:xact, :id)"


def hash_of(previous: bytes, row: Sequence[Any]) -> bytes:  # Any: texts, numbers and nothing
    """SHA-256 over the hash before and the row as a JSON array of its columns in their order, without blanks."""
    content = json.dumps(list(row), ensure_ascii=False, separators=(",", ":"))
    return sha256(previous + content.encode()).digest()


async def seal_next(tx: Tx, most: int = SEALED_AT_ONCE) -> int:
    """Seal the next rows that are final; how many there were. Nobody else's sealing is waited for."""
    if not (await tx.execute("SELECT pg_try_advisory_xact_lock(:number)", {"number": _LOCK})).scalar_one():
        return 0
    await _fix_forms(tx)
    last, clock = await head(tx), await audit_epochs.read_clock(tx)
    is_elsewhere = audit_epochs.is_elsewhere(last, clock)
    epoch = await (audit_epochs.next_epoch(tx, last, clock) if is_elsewhere else audit_epochs.copied_unsealed(tx, last))
    if epoch is not None and epoch.has_waiting:  # nothing of the copy can still be written
        return await _seal(tx, last, f"AND id <= {epoch.rows_after}", (most, None))
    if epoch is not None:
        await audit_epochs.write_down(tx, epoch.rows_after)
        last = replace(
            last, hash=audit_epochs.begun(last.hash, epoch.rows_after), upto=(-1, 0), rows_after=epoch.rows_after
        )
    elif clock.horizon < last.upto[0]:
        return 0
    # a statement of its own, begun after the horizon was read: what is below it is visible or was rolled back
    return await _seal(tx, last, f"AND xact < {clock.horizon}", (most, clock))


async def _seal(tx: Tx, last: Head, which: str, most: tuple[int, Clock | None]) -> int:
    """Seal so many of the rows after the last seal; where no clock is given, they are of the cluster before."""
    limit, clock = most
    rows = (await tx.execute(f"{_ROWS} {_AFTER} {which} ORDER BY xact, id LIMIT :most", _place(last, limit))).all()
    if not rows:
        return 0
    hashes, previous = [], last.hash
    for row in rows:
        previous = hash_of(previous, row)
        hashes.append(previous)
    upto = (clock.horizon, 0) if clock and len(rows) < limit else (rows[-1].xact, rows[-1].id)
    await tx.execute(
        "INSERT INTO audit_seals (seq, ids, hashes, upto_xact, upto_id, cluster, rows_after)"
        " VALUES (:seq, :ids, :hashes, :xact, :id, :cluster, :rows_after)",
        {
            "seq": last.seal + 1,
            "ids": [row.id for row in rows],
            "hashes": b"".join(hashes),
            "xact": upto[0],
            "id": upto[1],
            "cluster": clock.cluster if clock else last.cluster,
            "rows_after": last.rows_after if last.upto == (-1, 0) and last.seal else None,
        },
    )
    return len(rows)


async def keep_sealing(database: Database) -> None:
    """Seal what is final every two seconds, until cancelled; a failure is told and tried again."""
    while True:
        try:
            sealed = SEALED_AT_ONCE
            while sealed == SEALED_AT_ONCE:
                async with database.transaction() as tx:
                    sealed = await seal_next(tx)
        except Exception as error:  # noqa: BLE001 — an outage of the database is waited out
            _log.warning("audit_not_sealed", error=type(error).__name__)
        await asyncio.sleep(PAUSE_SECONDS)


async def head(tx: Tx, seal: int | None = None) -> Head:
    """The end of the chain, or the end of one of its seals; the chain's beginning where there is no such seal."""
    where = "" if seal is None else " WHERE seq = :seal"
    found = await tx.execute(f"{_SEALS}{where} ORDER BY seq DESC LIMIT 1", {} if seal is None else {"seal": seal})
    row = found.one_or_none()
    return Head() if row is None else _head_of(row)


async def check(tx: Tx, after: Head, most_rows: int) -> Checked:
    """Recompute the chain from a head that is known to be right; it ends at the first row that does not fit."""
    await _fix_forms(tx)
    checked, here = 0, after
    while checked < most_rows:
        seal = (await tx.execute(f"{_SEALS} WHERE seq > :seq ORDER BY seq LIMIT 1", {"seq": here.seal})).one_or_none()
        if seal is None:
            return Checked(checked, here, None, is_done=True)
        if (fault := await _fault_in(tx, here, seal)) is not None:
            return Checked(checked, here, fault, is_done=True)
        checked += len(seal.ids)
        here = _head_of(seal)
    return Checked(checked, here, None, is_done=False)


async def unsealed(tx: Tx, after: Head) -> int:
    """How many rows wait for a seal."""
    found = await tx.execute(f"SELECT count(*) FROM audit_log {_AFTER}", _place(after))  # noqa: S608 — our own words
    return int(found.scalar_one())


async def oldest_unsealed_seconds(tx: Tx) -> float:
    """For how long the oldest row has waited for its seal; some seconds are usual."""
    last = await head(tx)
    age = "coalesce(extract(epoch FROM now() - min(recorded_at)), 0)"
    found = await tx.execute(f"SELECT {age} FROM audit_log {_AFTER}", _place(last))  # noqa: S608 — our own words
    return float(found.scalar_one())


async def _fault_in(tx: Tx, before: Head, seal: Row[Any]) -> Fault | None:  # Any: the seal's columns
    """The first row under a seal that is not what was sealed."""
    if seal.rows_after is not None:
        before = replace(
            before, hash=audit_epochs.begun(before.hash, seal.rows_after), upto=(-1, 0), rows_after=seal.rows_after
        )
    bounds = _place(before, len(seal.ids) + 1) | {
        "upto_xact": seal.upto_xact,
        "upto_id": seal.upto_id,
        "last": await audit_epochs.last_row_of_epoch(tx, seal.seq),
    }
    rows = (
        await tx.execute(
            f"{_ROWS} {_AFTER} AND (xact, id) <= (:upto_xact, :upto_id) AND id <= :last ORDER BY xact, id LIMIT :most",
            bounds,
        )
    ).all()
    if seal.seq != before.seal + 1:
        return Fault(rows[0].id if rows else seal.ids[0], Tampering.UNSEALED)
    previous = before.hash
    for place, sealed_id in enumerate(seal.ids):
        row = rows[place] if place < len(rows) else None
        if row is None or row.id != sealed_id:
            return await _misplaced(tx, seal, place, previous, row)
        previous = hash_of(previous, row)
        if previous != _hash_at(seal, place):
            return Fault(sealed_id, Tampering.CHANGED)
    return Fault(rows[-1].id, Tampering.INSERTED) if len(rows) > len(seal.ids) else None


# Any: the columns of a seal and of a row
async def _misplaced(tx: Tx, seal: Row[Any], place: int, previous: bytes, row: Row[Any] | None) -> Fault:
    """Which row to name where another stands (or none) than the one that was sealed there."""
    sealed = (await tx.execute(f"{_ROWS} WHERE id = :id", {"id": seal.ids[place]})).one_or_none()
    if sealed is None:
        return Fault(seal.ids[place], Tampering.REMOVED)
    if row is None or hash_of(previous, sealed) != _hash_at(seal, place):
        return Fault(seal.ids[place], Tampering.CHANGED)
    return Fault(row.id, Tampering.CHANGED if row.id in seal.ids else Tampering.INSERTED)


def _hash_at(seal: Row[Any], place: int) -> bytes:  # Any: the seal's columns
    return bytes(seal.hashes)[place * _HASH : (place + 1) * _HASH]


def _head_of(seal: Row[Any]) -> Head:  # Any: the seal's columns
    upto = (seal.upto_xact, seal.upto_id)
    return Head(seal.seq, _hash_at(seal, len(seal.ids) - 1), seal.ids[-1], upto, seal.cluster, seal.epoch)


def _place(after: Head, most: int | None = None) -> dict[str, int]:
    """The values of `_AFTER`."""
    place = {"after": after.rows_after, "xact": after.upto[0], "id": after.upto[1]}
    return place if most is None else place | {"most": most}


async def _fix_forms(tx: Tx) -> None:
    """Times are hashed as text: always in the same form, whatever the role's settings."""
    await tx.execute("SELECT set_config('TimeZone', 'UTC', true), set_config('DateStyle', 'ISO, YMD', true)")
