"""Where the audit chain goes on in another cluster: a dump keeps the rows, and transaction numbers start anew there.

Rows of the restored copy and rows of the new cluster are told apart by their numbers, which a dump continues. The seal
that begins an epoch says after which number, and its hashes hold it; the first thing written down is that it began.
"""

from dataclasses import dataclass
from hashlib import sha256

from homeward_kit import audit
from homeward_kit.database import Tx
from homeward_kit.logging import get_logger

GENESIS = bytes(32)  # what stands for the hash before the first row
ACTION = "continue_audit_log"
_EVERY = 2**63 - 1

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Head:
    """How far a chain goes: its last seal, that seal's hash and last row, and the place up to which it holds.

    `cluster` is where the seal was made, `rows_after` the number after which its epoch's rows begin.
    """

    seal: int = 0
    hash: bytes = GENESIS
    last_id: int = 0
    upto: tuple[int, int] = (-1, 0)
    cluster: int | None = None
    rows_after: int = 0


@dataclass(frozen=True, slots=True)
class Clock:
    """The numbers of the cluster we are in: no transaction below `horizon` runs, none from `ahead` on is there."""

    cluster: int
    horizon: int
    ahead: int


@dataclass(frozen=True, slots=True)
class Epoch:
    """What of the last epoch still waits, and after which row's number the next begins."""

    rows_after: int
    has_waiting: bool


async def read_clock(tx: Tx) -> Clock:
    found = await tx.execute(
        "SELECT system_identifier AS cluster, CAST(CAST(pg_snapshot_xmin(s) AS text) AS bigint) AS horizon,"
        " CAST(CAST(pg_snapshot_xmax(s) AS text) AS bigint) AS ahead"
        " FROM pg_control_system(), pg_current_snapshot() AS s"
    )
    row = found.one()
    return Clock(row.cluster, row.horizon, row.ahead)


def is_elsewhere(last: Head, clock: Clock) -> bool:
    """Whether the chain's end was made in another cluster than this."""
    return last.seal > 0 and (last.cluster not in {None, clock.cluster} or clock.horizon < last.upto[0])


# the rows apart, so that they are found by the index of transactions: for a maximum alone the whole log may be read
_COPIED = """
WITH copied AS MATERIALIZED (
    SELECT id FROM audit_log WHERE xact >= CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS bigint))
SELECT max(id) FROM copied WHERE id > :after
"""


async def copied_unsealed(tx: Tx, last: Head) -> Epoch | None:
    """Rows that came with a copy whose end had no seal: their transactions have numbers that none here was given yet.

    Without this they would wait until one is. Asked in one statement: what it sees is older than its own snapshot.
    """
    found = (await tx.execute(_COPIED, {"after": last.rows_after})).scalar_one()
    return Epoch(found, has_waiting=True) if found is not None else None


async def next_epoch(tx: Tx, last: Head, clock: Clock) -> Epoch | None:
    """How to go on after a restore; None: not yet, or the numbers have gone on without a break.

    As long as this cluster has not given a number as high as the copy's, everything after the last seal's place came
    with the copy. Once it has, its first rows are those that stand before that place and were never sealed.
    """
    place = {"xact": last.upto[0], "id": last.upto[1], "after": last.rows_after}
    sealed = (await tx.execute("SELECT max(id) FROM audit_seals, unnest(ids) AS id")).scalar_one()
    if clock.ahead <= last.upto[0]:
        waiting = "SELECT max(id) FROM audit_log WHERE id > :after AND (xact, id) > (:xact, :id)"
        copied = (await tx.execute(waiting, place)).scalar_one()
        return Epoch(max(sealed, copied or 0), has_waiting=copied is not None)
    first = (
        "SELECT min(id) FROM audit_log WHERE id > :sealed AND (xact, id) <= (:xact, :id)"
        if clock.horizon >= last.upto[0]
        else "SELECT NULL"
    )
    found = (await tx.execute(first, {"sealed": sealed, "xact": place["xact"], "id": place["id"]})).scalar_one()
    if found is None:
        return None
    waiting = "SELECT EXISTS (SELECT FROM audit_log WHERE id > :after AND id < :first AND (xact, id) > (:xact, :id))"
    return Epoch(found - 1, has_waiting=(await tx.execute(waiting, place | {"first": found})).scalar_one())


async def write_down(tx: Tx, rows_after: int) -> None:
    """Add, once, the row that says that the log goes on here."""
    said = "SELECT EXISTS (SELECT FROM audit_log WHERE action = :action AND id > :after)"
    if not (await tx.execute(said, {"action": ACTION, "after": rows_after})).scalar_one():
        _log.warning("audit_log_restored", rows_after=rows_after)
        await audit.record(tx, ACTION, f"audit-log/{rows_after}")
        await tx.flush()


async def last_row_of_epoch(tx: Tx, seal: int) -> int:
    """The greatest number that a row of the epoch after this seal can have."""
    found = await tx.execute(
        "SELECT rows_after FROM audit_seals WHERE seq > :seal AND rows_after IS NOT NULL ORDER BY seq LIMIT 1",
        {"seal": seal},
    )
    number = found.scalar_one_or_none()
    return _EVERY if number is None else int(number)


def begun(previous: bytes, rows_after: int) -> bytes:
    """The hash that stands before the first row of an epoch."""
    return sha256(previous + f"rows after {rows_after}".encode()).digest()
