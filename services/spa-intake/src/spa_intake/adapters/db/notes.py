"""Notes: the only place for what somebody wrote about a person."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row

from homeward_kit.database import Tx
from spa_intake.domain.ids import NoteId


@dataclass(frozen=True)
class WrittenNote:
    note_id: NoteId
    referral_id: UUID
    text: str
    author: str  # "staff/<uuid>", "client/<id>"
    written_at: datetime
    for_ward: bool = False  # the ward reads it too


def add(tx: Tx, referral_id: UUID, text: str, note_id: NoteId | None = None, *, for_ward: bool = False) -> WrittenNote:
    note = WrittenNote(note_id or NoteId(uuid4()), referral_id, text, tx.actor, tx.now, for_ward)
    tx.add_row("notes", dict(vars(note)))
    return note


async def of_referral(tx: Tx, referral_id: UUID) -> list[WrittenNote]:
    rows = await tx.execute(
        "SELECT * FROM notes WHERE referral_id = :id ORDER BY written_at, note_id", {"id": referral_id}
    )
    return [_written(row) for row in rows]


async def for_wards(tx: Tx, referral_ids: Iterable[UUID]) -> Mapping[UUID, Sequence[WrittenNote]]:
    """By referral, what staff wrote for the ward to read; oldest first."""
    found: dict[UUID, list[WrittenNote]] = defaultdict(list)
    rows = await tx.execute(
        "SELECT * FROM notes WHERE for_ward AND referral_id = ANY(:ids) ORDER BY written_at, note_id",
        {"ids": list(referral_ids)},
    )
    for row in rows:
        found[row.referral_id].append(_written(row))
    return found


def _written(row: Row[Any]) -> WrittenNote:  # Any: the row's columns
    return WrittenNote(NoteId(row.note_id), row.referral_id, row.text, row.author, row.written_at, row.for_ward)
