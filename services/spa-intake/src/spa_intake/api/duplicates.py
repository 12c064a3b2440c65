"""Possible duplicates over HTTP: two records side by side, and the decision whether they are one person's."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from homeward_kit import audit
from homeward_kit.auth import STAFF, Caller, Role, require
from homeward_kit.commands import Answer, check_version, run_command
from homeward_kit.database import Tx
from spa_intake.adapters.db import merges, people
from spa_intake.adapters.db.merges import PossibleDuplicate
from spa_intake.domain.errors import PossibleDuplicateNotFound
from spa_intake.domain.merging import Decision, DecisionReason, compared
from spa_intake.use_cases.decide_duplicate import decide_duplicate

from .dependencies import PolicyDep, reading
from .field_types import Body
from .resources import PersonOut, Resource, person_out

router = APIRouter(prefix="/api/v1/people/possible-duplicates", tags=["people"])
Staff = Annotated[Caller, Depends(require(*sorted(STAFF)))]
Coordinator = Annotated[Caller, Depends(require(Role.COORDINATOR))]


class DuplicateOut(Resource):
    """Two records that may be one person's. `because`: identifiers (a message named both), details (the same name,
    birth date and postcode) or hospital (a hospital merged them). `decision`: same, different, or none yet.
    """

    duplicate_id: UUID
    keys: list[UUID]
    because: str
    raised_at: datetime
    version: int
    decision: str | None
    reason: str | None
    decided_at: datetime | None
    decided_by: str | None


class ComparedOut(DuplicateOut):
    """With both records, and which of their details agree and which differ."""

    people: list[PersonOut]
    agrees: list[str]
    differs: list[str]
    is_one_person: bool  # as things stand: by this decision or by others


class DuplicatesOut(Resource):
    """`next`: give it as `after` for the page after this one. `waiting`: how many are not decided."""

    items: list[ComparedOut]
    next: UUID | None
    waiting: int


class WaitingOut(Resource):
    waiting: int


class ListQuery(Body):
    decided: bool = False
    limit: Annotated[int, Field(ge=1, le=100)] = 25
    after: UUID | None = None


class DecideBody(Body):
    decision: Decision
    reason: DecisionReason


@router.get("")
async def list_duplicates(request: Request, caller: Staff, page: Annotated[ListQuery, Query()]) -> DuplicatesOut:
    """Those not decided, or with `decided` those that were, in the order they were raised."""
    async with reading(request, caller) as tx:
        found = await merges.duplicates(tx, is_decided=page.decided, limit=page.limit, after=page.after)
        items = await _compared(tx, found)
        keys = sorted({key for item in items for key in item.keys})
        subject = f"people/{len(keys)}: {' '.join(str(key) for key in keys)}"
        await audit.record(tx, "list_possible_duplicates", subject, caller=caller)
        waiting = await merges.count_undecided(tx)
    return DuplicatesOut(
        items=items, next=items[-1].duplicate_id if len(items) == page.limit else None, waiting=waiting
    )


@router.get("/waiting")
async def count_duplicates(request: Request, caller: Staff) -> WaitingOut:
    """How many wait for a decision: no record is read."""
    async with reading(request, caller) as tx:
        return WaitingOut(waiting=await merges.count_undecided(tx))


@router.get("/{duplicate_id}")
async def read_duplicate(duplicate_id: UUID, request: Request, response: Response, caller: Staff) -> ComparedOut:
    """One of them; its version is the ETag that a decision needs as If-Match."""
    async with reading(request, caller) as tx:
        found = await merges.duplicate(tx, duplicate_id)
        if found is None:
            raise PossibleDuplicateNotFound
        (item,) = await _compared(tx, [found])
        for key in item.keys:
            await audit.record(tx, "read_possible_duplicate", f"person/{key}", caller=caller, patient_key=key)
    response.headers["ETag"] = f'"{item.version}"'
    return item


@router.post("/{duplicate_id}/decide", response_model=DuplicateOut)
async def decide(
    duplicate_id: UUID, body: DecideBody, request: Request, caller: Coordinator, policy: PolicyDep
) -> Response:
    """Same: one person from now on, both records stay. Different: two people; a merge made before is taken back."""

    async def work(tx: Tx) -> Answer:
        decided = await decide_duplicate(
            tx, duplicate_id, (body.decision, body.reason), policy, lambda current: check_version(request, current)
        )
        return Answer(DuplicateOut(**_fields(decided)), version=decided.version)

    return await run_command(request, caller, work)


async def _compared(tx: Tx, found: Sequence[PossibleDuplicate]) -> list[ComparedOut]:
    keys = sorted({key for one in found for key in (one.first, one.second)})
    records = {record.person.patient_key: record for record in await people.own_records(tx, keys)}
    groups = await tx.look_up_groups(keys)
    items = []
    for one in found:
        both = [records[one.first], records[one.second]]
        agreement = compared(both[0].person, both[1].person)
        items.append(
            ComparedOut(
                **_fields(one),
                people=[person_out(record) for record in both],
                agrees=[name for name, is_same in agreement.items() if is_same],
                differs=[name for name, is_same in agreement.items() if not is_same],
                is_one_person=one.second in groups[one.first],
            )
        )
    return items


def _fields(one: PossibleDuplicate) -> dict[str, Any]:  # Any: fields of the resource, checked by it
    return {
        "duplicate_id": one.duplicate_id,
        "keys": [one.first, one.second],
        "because": one.because,
        "raised_at": one.raised_at,
        "version": one.version,
        "decision": one.decision,
        "reason": one.reason,
        "decided_at": one.decided_at,
        "decided_by": one.decided_by,
    }
