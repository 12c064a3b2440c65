"""Packages: what they are, and what brokers do to their lines."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from care_package.adapters.db import views
from care_package.api.dependencies import Broker, PageIn, Reader, database_of
from care_package.api.schemas import (
    CancelIn,
    EndIn,
    FellThroughIn,
    HandBackIn,
    PackageList,
    PackageOut,
    ResumeIn,
    StartIn,
)
from care_package.domain.errors import PackageNotFound
from care_package.domain.ids import LineId, PackageId
from care_package.domain.line import LineState
from care_package.domain.package import Package
from care_package.use_cases.cancel_line import cancel_line
from care_package.use_cases.commanding import VersionCheck
from care_package.use_cases.end_line import end_line
from care_package.use_cases.fall_through import fall_through
from care_package.use_cases.hand_back import hand_back
from care_package.use_cases.resume_line import resume_line
from care_package.use_cases.start_line import start_line
from homeward_kit import audit, telemetry
from homeward_kit.callers import Caller
from homeward_kit.commands import Answer, check_version, run_command
from homeward_kit.database import Tx

router = APIRouter(prefix="/api/v1/packages", tags=["packages"])
LINE = "/{package_id}/lines/{line_id}"
Command = Callable[[Tx, PackageId, LineId, VersionCheck], Awaitable[Package]]


@router.get("")
async def list_packages(
    request: Request,
    caller: Reader,
    page: PageIn,
    referral_id: UUID | None = None,
    state: Annotated[LineState | None, Query()] = None,
) -> PackageList:
    """Packages in the order they were opened."""
    async with database_of(request).transaction(actor=caller.subject) as tx:
        found = await views.packages(tx, referral_id, state.value if state else None, page)
        for each in found:
            await audit.record(tx, "list_packages", f"package/{each.package_id}", patient_key=each.patient_key)
    is_full = len(found) == page.limit
    return PackageList(
        items=[PackageOut.model_validate(each) for each in found], next=found[-1].package_id if is_full else None
    )


@router.get("/{package_id}")
async def get_package(request: Request, response: Response, caller: Reader, package_id: UUID) -> PackageOut:
    """One package with its lines, their offers and the questions for the broker."""
    async with database_of(request).transaction(actor=caller.subject) as tx:
        package = await read_package(tx, package_id)
        await audit.record(tx, "read_package", f"package/{package_id}", patient_key=package.patient_key)
    telemetry.set_referral(package.referral_id)
    response.headers["ETag"] = f'"{package.version}"'
    return package


async def read_package(tx: Tx, package_id: UUID) -> PackageOut:
    """The package as it is answered, or the refusal PackageNotFound."""
    found = await views.package(tx, package_id)
    if found is None:
        raise PackageNotFound
    return PackageOut.model_validate(found)


async def package_answer(tx: Tx, package: Package) -> Answer:
    """What a command on a package answers."""
    telemetry.set_referral(package.referral_id)
    body = await read_package(tx, package.package_id)
    return Answer(body, version=body.version)


@router.post(f"{LINE}/start", response_model=PackageOut)
async def start(request: Request, caller: Broker, package_id: UUID, line_id: UUID, body: StartIn) -> Response:
    """Care has begun."""
    return await _command(request, caller, (package_id, line_id), partial(start_line, started_at=body.started_at))


@router.post(f"{LINE}/fell-through", response_model=PackageOut)
async def fell_through(
    request: Request, caller: Broker, package_id: UUID, line_id: UUID, body: FellThroughIn
) -> Response:
    """The agreed provider does not take it after all."""
    return await _command(request, caller, (package_id, line_id), partial(fall_through, reason=body.reason))


@router.post(f"{LINE}/hand-back", response_model=PackageOut)
async def handed_back(request: Request, caller: Broker, package_id: UUID, line_id: UUID, body: HandBackIn) -> Response:
    """The provider gives back care it had started."""
    return await _command(request, caller, (package_id, line_id), partial(hand_back, reason=body.reason))


@router.post(f"{LINE}/end", response_model=PackageOut)
async def end(request: Request, caller: Broker, package_id: UUID, line_id: UUID, body: EndIn) -> Response:
    """Care is over."""
    return await _command(request, caller, (package_id, line_id), partial(end_line, reason=body.reason))


@router.post(f"{LINE}/resume", response_model=PackageOut)
async def resume(request: Request, caller: Broker, package_id: UUID, line_id: UUID, _body: ResumeIn) -> Response:
    """Ask everyone again for a line that nobody took."""
    return await _command(request, caller, (package_id, line_id), resume_line)


@router.post(f"{LINE}/cancel", response_model=PackageOut)
async def cancel(request: Request, caller: Broker, package_id: UUID, line_id: UUID, body: CancelIn) -> Response:
    """The line is not needed."""
    return await _command(request, caller, (package_id, line_id), partial(cancel_line, reason=body.reason))


async def _command(request: Request, caller: Caller, where: tuple[UUID, UUID], command: Command) -> Response:
    package_id, line_id = PackageId(where[0]), LineId(where[1])

    async def work(tx: Tx) -> Answer:
        package = await command(tx, package_id, line_id, partial(check_version, request))
        return await package_answer(tx, package)

    return await run_command(request, caller, work)
