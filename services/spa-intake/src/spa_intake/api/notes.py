"""Notes over HTTP: the only free text about a person; every read is audited."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from homeward_kit import audit, telemetry
from homeward_kit.auth import STAFF, Caller, Role, require
from homeward_kit.commands import Answer, run_command
from homeward_kit.database import Tx
from spa_intake.adapters.db import notes, referral_views
from spa_intake.domain.errors import ReferralNotFound
from spa_intake.use_cases.access import Access
from spa_intake.use_cases.record_note import record_note

from .dependencies import Scopes, organisations_of, reading
from .resources import NotesOut, NoteWrittenOut, notes_out
from .schemas import NoteBody

_BY_CLIENT = "client/"
router = APIRouter(prefix="/api/v1/notes", tags=["notes"])


@router.post("", status_code=201, response_model=NoteWrittenOut)
async def write_note(
    body: NoteBody,
    request: Request,
    caller: Annotated[Caller, Depends(require(*sorted(STAFF), Role.WARD_SYSTEM, scope=Scopes.WRITE))],
) -> Response:
    """Write a note on a referral. Notes do not contradict each other, so no If-Match is needed."""

    async def work(tx: Tx) -> Answer:
        access = Access(organisations_of(caller))
        note, _ = await record_note(tx, body.referral_id, body.text, access, for_ward=body.for_ward)
        return Answer(NoteWrittenOut(note_id=note.note_id, referral_id=note.referral_id), status=201)

    return await run_command(request, caller, work)


@router.get("")
async def read_notes(
    referral_id: UUID,
    request: Request,
    caller: Annotated[Caller, Depends(require(*sorted(STAFF), Role.WARD_SYSTEM, scope=Scopes.READ))],
) -> NotesOut:
    """The notes on a referral, oldest first; a ward system reads its own and those that are for the ward."""
    organisations = organisations_of(caller)
    async with reading(request, caller) as tx:
        view = await referral_views.get(tx, referral_id, organisations)
        if view is None:
            raise ReferralNotFound
        telemetry.set_referral(referral_id)
        subject = f"referral/{referral_id}"
        await audit.record(tx, "read_notes", subject, caller=caller, patient_key=view.patient_key)
        written = await notes.of_referral(tx, referral_id)
    if organisations is None:
        return notes_out(written)
    return notes_out([note for note in written if note.for_ward or note.author.startswith(_BY_CLIENT)])
