"""POST /api/v1/cases/{id}/…: what staff do to a case; each answers the case as it then is."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Request, Response

from homeward_kit.auth import Caller, require
from homeward_kit.auth import Role as CallerRole
from homeward_kit.commands import Answer, check_version, run_command
from homeward_kit.database import Tx
from triage.adapters.case_file import CaseFile
from triage.api import schemas
from triage.api.presenting import case_view
from triage.domain.codes import Role
from triage.domain.commands import DecisionOrder
from triage.domain.events import Assessment
from triage.use_cases.close_case import close_case
from triage.use_cases.decide_pathway import decide_pathway
from triage.use_cases.record_assessment import record_assessment
from triage.use_cases.reopen_case import reopen_case
from triage.use_cases.return_to_ward import return_to_ward
from triage.use_cases.set_target import set_target
from triage.use_cases.version_check import VersionCheck

router = APIRouter(prefix="/api/v1/cases/{case_id}", tags=["Cases"])

MDT_ROLES = tuple(CallerRole(role) for role in Role)
Step = Callable[[Tx, VersionCheck], Awaitable[CaseFile]]


@dataclass(frozen=True)
class _Acting:
    """A request of somebody who may make it."""

    request: Request
    caller: Caller

    async def run(self, step: Step) -> Response:
        async def work(tx: Tx) -> Answer:
            file = await step(tx, partial(check_version, self.request))
            return Answer(case_view(file), version=file.case.version)

        return await run_command(self.request, self.caller, work)


def _mdt(request: Request, caller: Annotated[Caller, Depends(require(*MDT_ROLES))]) -> _Acting:
    return _Acting(request, caller)


def _mdt_or_coordinator(
    request: Request, caller: Annotated[Caller, Depends(require(*MDT_ROLES, CallerRole.COORDINATOR))]
) -> _Acting:
    return _Acting(request, caller)


Mdt = Annotated[_Acting, Depends(_mdt)]
MdtOrCoordinator = Annotated[_Acting, Depends(_mdt_or_coordinator)]


@router.post("/assessments", response_model=schemas.CaseView, summary="Record an assessment")
async def post_assessment(acting: Mdt, case_id: UUID, body: schemas.AssessmentIn) -> Response:
    async def step(tx: Tx, check: VersionCheck) -> CaseFile:
        assessment = Assessment(
            assessment_id=uuid4(),
            role=body.role or Role(acting.caller.role),
            findings=tuple(dict.fromkeys(body.findings)),
            note_id=body.note_id,
            by=acting.caller.subject,
            assessed_at=tx.now,
        )
        return await record_assessment(tx, case_id, check, assessment)

    return await acting.run(step)


@router.post("/decision", response_model=schemas.CaseView, summary="Record the pathway decided")
async def post_decision(acting: Mdt, case_id: UUID, body: schemas.DecisionIn) -> Response:
    order = DecisionOrder(
        pathway=body.pathway,
        participants=tuple(body.participants),
        lines=None if body.lines is None else tuple(line.spec() for line in body.lines),
        differs_reason=body.differs_reason,
        note_id=body.note_id,
        target_on=body.target_on,
        by=acting.caller.subject,
    )
    return await acting.run(lambda tx, check: decide_pathway(tx, case_id, check, order))


@router.post("/target", response_model=schemas.CaseView, summary="Set the target date")
async def post_target(acting: MdtOrCoordinator, case_id: UUID, body: schemas.TargetIn) -> Response:
    return await acting.run(lambda tx, check: set_target(tx, case_id, check, body.target_on, body.reason))


@router.post("/return", response_model=schemas.CaseView, summary="Ask the ward")
async def post_return(acting: MdtOrCoordinator, case_id: UUID, body: schemas.ReturnIn) -> Response:
    missing = tuple(dict.fromkeys(body.missing))
    return await acting.run(lambda tx, check: return_to_ward(tx, case_id, check, missing))


@router.post("/reopen", response_model=schemas.CaseView, summary="Have the MDT look again")
async def post_reopen(acting: MdtOrCoordinator, case_id: UUID, body: schemas.ReopenIn) -> Response:
    return await acting.run(lambda tx, check: reopen_case(tx, case_id, check, body.reason))


@router.post("/close", response_model=schemas.CaseView, summary="Close a case that does not suit")
async def post_close(acting: MdtOrCoordinator, case_id: UUID, body: schemas.CloseIn) -> Response:
    return await acting.run(lambda tx, check: close_case(tx, case_id, check, body.reason))
