"""GET /api/v1/cases: what the MDT sees."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from homeward_kit import audit, telemetry
from homeward_kit.auth import STAFF, Caller, Role, require
from homeward_kit.database import Database
from triage.adapters.case_file import take_out
from triage.adapters.db.case_queries import CaseFilter, list_cases
from triage.api.presenting import case_summary, case_view
from triage.api.schemas import CaseList, CaseView
from triage.domain.case import CaseState

router = APIRouter(prefix="/api/v1/cases", tags=["Cases"])
Reader = Annotated[Caller, Depends(require(*STAFF, Role.OPERATOR))]


@router.get("", summary="Cases")
async def read_cases(  # noqa: PLR0913, PLR0917 — the filters
    request: Request,
    caller: Reader,
    referral_id: UUID | None = None,
    state: CaseState | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    after: UUID | None = None,
) -> CaseList:
    database: Database = request.app.state.database
    if referral_id is not None:
        telemetry.set_referral(referral_id)
    async with database.transaction(actor=caller.subject) as tx:
        rows = await list_cases(tx, CaseFilter(referral_id, state), limit=limit + 1, after=after)
        shown = [case_summary(row) for row in rows[:limit]]
        for case in shown:
            await audit.record(tx, "read_cases", f"case/{case.case_id}", patient_key=case.patient_key)
    return CaseList(items=shown, next=shown[-1].case_id if len(rows) > limit else None)


@router.get("/{case_id}", summary="One case with its suggestion")
async def read_case(request: Request, response: Response, caller: Reader, case_id: UUID) -> CaseView:
    database: Database = request.app.state.database
    async with database.transaction(actor=caller.subject) as tx:
        file = await take_out(tx, case_id, is_read_only=True)
        await audit.record(tx, "read_case", f"case/{case_id}", patient_key=file.case.patient_key)
    response.headers["ETag"] = f'"{file.case.version}"'
    return case_view(file)
