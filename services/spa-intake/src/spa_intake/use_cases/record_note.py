"""Write a note about a person on their referral: the only free text there is."""

from uuid import UUID

from homeward_kit.database import Tx
from spa_intake.adapters.db import notes
from spa_intake.adapters.db.notes import WrittenNote
from spa_intake.domain.referral import Referral, decide
from spa_intake.domain.referral_commands import Note

from .access import Access, open_referral
from .recording import record_change


async def record_note(
    tx: Tx, referral_id: UUID, text: str, access: Access, *, for_ward: bool = False
) -> tuple[WrittenNote, Referral]:
    """`for_ward`: the ward reads it too. Refuses with ReferralNotFound; an ended referral takes notes too."""
    referral = await open_referral(tx, referral_id, access)
    note = notes.add(tx, referral_id, text, for_ward=for_ward)
    return note, await record_change(tx, decide(referral, Note(note.note_id), tx.now), "record_note")
