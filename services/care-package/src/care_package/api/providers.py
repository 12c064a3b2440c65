"""Providers and the places they have free."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from care_package.adapters.db import views
from care_package.adapters.db.providers import Registration
from care_package.adapters.db.views import Page
from care_package.api.dependencies import Declarer, PageIn, Reader, Registrar, database_of, own_provider
from care_package.api.schemas import CapacityIn, ProviderIn, ProviderList, ProviderOut
from care_package.domain.errors import ProviderNotFound
from care_package.domain.ids import ProviderId
from care_package.use_cases.declare_capacity import declare_capacity
from care_package.use_cases.register_provider import register_provider
from homeward_kit import audit
from homeward_kit.commands import Answer, run_command
from homeward_kit.database import Tx
from homeward_kit.problems import not_found

router = APIRouter(prefix="/api/v1", tags=["providers"])


@router.get("/providers")
async def list_providers(request: Request, caller: Reader, page: PageIn) -> ProviderList:
    """Providers by name, with the places they have left."""
    async with database_of(request).transaction(actor=caller.subject) as tx:
        found = await views.providers(tx, page)
        await audit.record(tx, "list_providers", "providers")
    is_full = len(found) == page.limit
    return ProviderList(
        items=[ProviderOut.model_validate(each) for each in found], next=found[-1].provider_id if is_full else None
    )


@router.get("/providers/{provider_id}")
async def get_provider(request: Request, response: Response, caller: Reader, provider_id: UUID) -> ProviderOut:
    """One provider."""
    async with database_of(request).transaction(actor=caller.subject) as tx:
        provider = await _read_provider(tx, provider_id)
        await audit.record(tx, "read_provider", f"provider/{provider_id}")
    response.headers["ETag"] = f'"{provider.version}"'
    return provider


@router.post("/providers", status_code=201, response_model=ProviderOut)
async def add_provider(request: Request, caller: Registrar, body: ProviderIn) -> Response:
    """Register an organisation that gives care."""
    services = tuple(sorted({service.value for service in body.services}))
    registration = Registration(body.name, services, tuple(sorted(set(body.areas))), body.ods_code, body.phone)

    async def work(tx: Tx) -> Answer:
        provider_id = await register_provider(tx, registration)
        provider = await _read_provider(tx, provider_id)
        location = f"/api/v1/providers/{provider_id}"
        return Answer(provider, status=201, version=provider.version, location=location)

    return await run_command(request, caller, work)


@router.post("/capacity", response_model=ProviderOut)
async def declare(request: Request, caller: Declarer, body: CapacityIn) -> Response:
    """Say how many places a provider has free now for a service; the newest declaration counts."""
    if own_provider(caller) not in {None, body.provider_id}:
        raise not_found()

    async def work(tx: Tx) -> Answer:
        version = await declare_capacity(tx, ProviderId(body.provider_id), body.service, body.places)
        return Answer(await _read_provider(tx, body.provider_id), version=version)

    return await run_command(request, caller, work)


async def _read_provider(tx: Tx, provider_id: UUID) -> ProviderOut:
    found = await views.providers(tx, Page(1, None), provider_id)
    if not found:
        raise ProviderNotFound
    return ProviderOut.model_validate(found[0])
