"""Notes: the only place for what somebody wrote about a person."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from homeward_kit.database import Tx
from spa_intake.domain.ids import NoteId


@dataclass(frozen=True)
class WrittenNote:
    note_id: NoteId
    referral_id: UUID
    text: str
    author: str  # "staff/<uuid>", "client/<id>"
    written_at: datetime


def add(tx: Tx, referral_id: UUID, text: str, note_id: NoteId | None = None) -> WrittenNote:
    note = WrittenNote(note_id or NoteId(uuid4()), referral_id, text, tx.actor, tx.now)
    tx.add_row("notes", dict(vars(note)))
    return note


async def of_referral(tx: Tx, referral_id: UUID) -> list[WrittenNote]:
    rows = await tx.execute(
        "SELECT * FROM notes WHERE referral_id = :id ORDER BY written_at, note_id", {"id": referral_id}
    )
    return [WrittenNote(NoteId(r.note_id), r.referral_id, r.text, r.author, r.written_at) for r in rows]
