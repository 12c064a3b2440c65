"""FHIR reads and searches: a client's own referrals as ServiceRequests, and the work on them as Tasks."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from homeward_kit import audit, telemetry
from homeward_kit.auth import Caller, Role, require
from homeward_kit.database import Tx
from spa_intake.adapters.db import notes, referral_views
from spa_intake.adapters.db.referral_views import ReferralView
from spa_intake.adapters.fhir import headers, outcome, searching
from spa_intake.adapters.fhir.outcome import Json
from spa_intake.adapters.fhir.searching import Search
from spa_intake.adapters.fhir.service_request import service_request
from spa_intake.adapters.fhir.task import task
from spa_intake.api.dependencies import Scopes, organisations_of, reading
from spa_intake.api.fhir import BASE, endpoint_of
from spa_intake.api.fhir_errors import MEDIA_TYPE, RESPONSES, FhirJson, FhirRoute
from spa_intake.use_cases.find_referrals import find_referrals

MOST_OF_A_FORM = 4_096  # bytes
FORM: Json = {"requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}}}}

router = APIRouter(
    prefix=BASE, tags=["FHIR"], route_class=FhirRoute, default_response_class=FhirJson, responses=RESPONSES
)
FhirClient = Annotated[Caller, Depends(require(Role.WARD_SYSTEM, scope=Scopes.FHIR))]
Present = Callable[[Tx, ReferralView], Awaitable[Json]]


@router.get("/ServiceRequest/{resource_id}", summary="One of the client's referrals")
async def read_service_request(resource_id: str, request: Request, caller: FhirClient) -> Response:
    return await _read(request, caller, resource_id, _service_request)


@router.get("/ServiceRequest", summary="The client's referrals of a person, by patient:identifier")
async def search_service_requests(request: Request, caller: FhirClient) -> Response:
    """The query holds a person's number: it is in no log, span or answer. `_search` takes it in the body instead."""
    return await _search_requests(request, caller, request.scope["query_string"])


@router.post("/ServiceRequest/_search", summary="The same search, in a form", openapi_extra=FORM)
async def search_service_requests_by_form(request: Request, caller: FhirClient) -> Response:
    return await _search_requests(request, caller, await _form(request))


@router.get("/Task/{resource_id}", summary="The work on one of the client's referrals")
async def read_task(resource_id: str, request: Request, caller: FhirClient) -> Response:
    return await _read(request, caller, resource_id, _task)


@router.get("/Task", summary="The work on a referral, by focus or based-on")
async def search_tasks(request: Request, caller: FhirClient) -> Response:
    return await _search_tasks(request, caller, request.scope["query_string"])


@router.post("/Task/_search", summary="The same search, in a form", openapi_extra=FORM)
async def search_tasks_by_form(request: Request, caller: FhirClient) -> Response:
    return await _search_tasks(request, caller, await _form(request))


async def _read(request: Request, caller: Caller, resource_id: str, present: Present) -> Response:
    headers.check_formats(request.headers, has_body=False)
    if not headers.is_identifier(resource_id):
        raise _unknown()
    referral_id = UUID(resource_id)
    async with reading(request, caller) as tx:
        view = await referral_views.get(tx, referral_id, organisations_of(caller))
        if view is None:
            raise _unknown()
        telemetry.set_referral(referral_id)
        await audit.record(tx, "read_referral", f"referral/{referral_id}", caller=caller, patient_key=view.patient_key)
        resource = await present(tx, view)
    return _answer(request, resource)


async def _service_request(_tx: Tx, view: ReferralView) -> Json:
    return service_request(view)


async def _task(tx: Tx, view: ReferralView) -> Json:
    return task(view, (await notes.for_wards(tx, [view.referral_id])).get(view.referral_id, ()))


def _unknown() -> outcome.FhirRefusal:
    return outcome.not_found("There is nothing with this id that you may see.")


def _answer(request: Request, resource: Json) -> Response:
    """The resource with its version; 304 where the caller has it already."""
    tag = f'W/"{resource["meta"]["versionId"]}"'
    sent = {"ETag": tag}
    known = request.headers.get("If-None-Match", "")
    if tag.removeprefix("W/") in {each.strip().removeprefix("W/") for each in known.split(",")}:
        return Response(status_code=304, headers=sent)
    return JSONResponse(resource, headers=sent, media_type=MEDIA_TYPE)


async def _form(request: Request) -> bytes:
    body = await request.body()
    if len(body) > MOST_OF_A_FORM or request.scope["query_string"]:
        raise outcome.bad_request("value", "Give all search parameters in the body, and few.")
    return body


async def _search_requests(request: Request, caller: Caller, query: bytes) -> Response:
    search = searching.service_request_search(_parameters(request, query))
    async with reading(request, caller) as tx:
        found = await _find(tx, caller, search)
    is_by_person = search.referral_ids is None
    page = found[: search.count] if is_by_person else found
    following = f"_after={page[-1].referral_id}&_count={search.count}" if page and len(found) > len(page) else None
    return _page(request, "ServiceRequest", [service_request(view) for view in page], following)


async def _search_tasks(request: Request, caller: Caller, query: bytes) -> Response:
    search = searching.task_search(_parameters(request, query))
    async with reading(request, caller) as tx:
        found = await _find(tx, caller, search)
        written = await notes.for_wards(tx, [view.referral_id for view in found])
    return _page(request, "Task", [task(view, written.get(view.referral_id, ())) for view in found], None)


async def _find(tx: Tx, caller: Caller, search: Search) -> list[ReferralView]:
    own = organisations_of(caller) or frozenset({caller.org})
    found = await find_referrals(tx, search, own)
    people: set[UUID | None] = {view.patient_key for view in found}
    for patient_key in people or {None}:
        await audit.record(tx, "find_referrals", "referrals", caller=caller, patient_key=patient_key)
    return found


def _parameters(request: Request, query: bytes) -> Mapping[str, str]:
    headers.check_formats(request.headers, has_body=False)
    return searching.parameters(query.decode("latin-1"))


def _page(request: Request, name: str, resources: Sequence[Json], following: str | None) -> Response:
    bundle = searching.searchset(f"{endpoint_of(request)}/{name}", resources, following)
    return JSONResponse(bundle, media_type=MEDIA_TYPE)
