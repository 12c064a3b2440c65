"""The worklist's queries: journeys by stage, the most urgent first, by keyset; and one journey."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from homeward_kit import aliases
from homeward_kit.database import Tx

from .states import Stage, WaitingFor

FAR_AWAY = date(9999, 12, 31)
OPEN_STAGES = tuple(stage for stage in Stage if stage is not Stage.FINISHED)

_COLUMNS = """referral_id, patient_key, kind, referral_state, stage, waiting_for, waiting_since, pathway, hospital,
    ward, assignee, is_ready, criteria_assessed_at, target_on, due_on, due_at, answer_by, received_at, left_at, flags,
    updated_at, change_number"""


@dataclass(frozen=True)
class JourneyRow:
    """A journey as the worklist and the record show it."""

    referral_id: UUID
    patient_key: UUID
    kind: str
    referral_state: str
    stage: Stage
    waiting_for: WaitingFor
    waiting_since: datetime
    pathway: int | None
    hospital: str
    ward: str | None
    assignee: UUID | None
    is_ready: bool
    criteria_assessed_at: datetime | None
    target_on: date | None
    due_on: date | None
    due_at: datetime | None
    answer_by: datetime | None
    received_at: datetime
    left_at: datetime | None
    flags: frozenset[str]
    updated_at: datetime
    change_number: int


@dataclass(frozen=True)
class Position:
    """Where a page ends: the sort key of its last row."""

    due_on: date
    received_at: datetime
    referral_id: UUID


@dataclass(frozen=True)
class Page:
    rows: Sequence[JourneyRow]
    next_position: Position | None


async def page(tx: Tx, stages: Sequence[Stage], *, size: int, after: Position | None = None) -> Page:
    """Journeys at these stages, the earliest due first (so the overdue lead), `size` of them after a position."""
    bounds: dict[str, Any] = {}  # Any: bound values
    condition = ""
    if after is not None:
        condition = "AND (coalesce(due_on, :far), received_at, referral_id) > (:due_on, :received_at, :referral_id)"
        bounds = {"due_on": after.due_on, "received_at": after.received_at, "referral_id": after.referral_id}
    result = await tx.execute(
        f"SELECT {_COLUMNS} FROM journeys WHERE stage = ANY(:stages) {condition}"  # noqa: S608 — constants only
        " ORDER BY coalesce(due_on, :far), received_at, referral_id LIMIT :limit",
        {"stages": list(stages), "limit": size + 1, "far": FAR_AWAY, **bounds},
    )
    rows = [_row(row) for row in result.mappings()]
    last = rows[size - 1] if len(rows) > size else None
    position = Position(last.due_on or FAR_AWAY, last.received_at, last.referral_id) if last else None
    return Page(rows[:size], position)


async def counts(tx: Tx) -> Mapping[Stage, int]:
    """How many journeys are at each stage."""
    rows = await tx.execute("SELECT stage, count(*) AS journeys FROM journeys GROUP BY stage")
    return {Stage(row.stage): row.journeys for row in rows}


async def ids(tx: Tx, stages: Sequence[Stage]) -> Sequence[UUID]:
    """Which journeys are at these stages."""
    rows = await tx.execute("SELECT referral_id FROM journeys WHERE stage = ANY(:stages)", {"stages": list(stages)})
    return [row.referral_id for row in rows]


async def by_ids(tx: Tx, referral_ids: Sequence[UUID]) -> Sequence[JourneyRow]:
    """The named journeys."""
    result = await tx.execute(
        f"SELECT {_COLUMNS} FROM journeys WHERE referral_id = ANY(:ids)",  # noqa: S608 — constants only
        {"ids": list(referral_ids)},
    )
    return [_row(row) for row in result.mappings()]


async def one(tx: Tx, referral_id: UUID) -> JourneyRow | None:
    """One journey, or nothing while no event of it has come."""
    return next(iter(await by_ids(tx, [referral_id])), None)


async def others_of_person(tx: Tx, row: JourneyRow) -> Sequence[JourneyRow]:
    """The person's other journeys, under whichever of their keys, the newest first."""
    keys = await aliases.keys_of(tx, row.patient_key)
    result = await tx.execute(
        f"SELECT {_COLUMNS} FROM journeys WHERE patient_key = ANY(:keys) AND referral_id <> :id"  # noqa: S608 — constants only
        " ORDER BY received_at DESC",
        {"keys": list(keys), "id": row.referral_id},
    )
    return [_row(row) for row in result.mappings()]


def _row(found: Mapping[Any, Any]) -> JourneyRow:  # Any: a row of the table above
    columns = dict(found)
    return JourneyRow(
        **{
            **columns,
            "stage": Stage(columns["stage"]),
            "waiting_for": WaitingFor(columns["waiting_for"]),
            "flags": frozenset(columns["flags"]),
        }
    )
