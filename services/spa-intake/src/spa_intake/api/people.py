"""People over HTTP, for staff: who is behind a key; every read is audited."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from homeward_kit import audit
from homeward_kit.auth import STAFF, Caller, require
from spa_intake.adapters.db import people
from spa_intake.domain.errors import PersonNotFound

from .dependencies import reading
from .resources import PeopleOut, PersonOut, person_out
from .schemas import LookupBody

router = APIRouter(prefix="/api/v1/people", tags=["people"])
Staff = Annotated[Caller, Depends(require(*sorted(STAFF)))]


@router.get("/{patient_key}")
async def read_person(patient_key: UUID, request: Request, caller: Staff) -> PersonOut:
    """The record of one person."""
    async with reading(request, caller) as tx:
        records = await people.records(tx, [patient_key])
        if not records:
            raise PersonNotFound
        await audit.record(tx, "read_person", f"person/{patient_key}", caller=caller, patient_key=patient_key)
        return person_out(records[0])


@router.post("/lookup")
async def look_up_people(body: LookupBody, request: Request, caller: Staff) -> PeopleOut:
    """Who is behind these keys, for a list; keys that name nobody are left out. One audit row names them all."""
    keys = sorted(set(body.patient_keys))
    async with reading(request, caller) as tx:
        records = await people.records(tx, keys)
        subject = f"people/{len(keys)}: {' '.join(str(key) for key in keys)}"
        await audit.record(tx, "look_up_people", subject, caller=caller)
        return PeopleOut(people=[person_out(record) for record in records])
