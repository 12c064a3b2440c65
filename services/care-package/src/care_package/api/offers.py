"""Offers: a provider sees and answers its own, without knowing whom they are for; brokers record answers."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from care_package.adapters.db import views
from care_package.adapters.db.views import OfferFilter, Page
from care_package.api.dependencies import Answerer, OfferReader, PageIn, database_of, own_provider
from care_package.api.packages import package_answer
from care_package.api.schemas import AcceptIn, AnonymousOfferOut, DeclineIn, OfferList, PackageOut
from care_package.domain.errors import OfferNotFound
from care_package.domain.ids import OfferId
from care_package.domain.offer import OfferState
from care_package.domain.package import Package
from care_package.use_cases.accept_offer import accept_offer
from care_package.use_cases.decline_offer import decline_offer
from homeward_kit import audit
from homeward_kit.callers import Caller
from homeward_kit.commands import Answer, check_version, run_command
from homeward_kit.database import Tx

router = APIRouter(prefix="/api/v1/offers", tags=["offers"])


@router.get("")
async def list_offers(
    request: Request,
    caller: OfferReader,
    page: PageIn,
    provider_id: UUID | None = None,
    state: Annotated[OfferState | None, Query()] = None,
) -> OfferList:
    """Offers, newest first; a provider gets its own."""
    wanted = OfferFilter(provider_id=own_provider(caller) or provider_id, state=state.value if state else None)
    async with database_of(request).transaction(actor=caller.subject) as tx:
        found = await views.offers(tx, wanted, page)
        await audit.record(tx, "list_offers", f"provider/{wanted.provider_id}" if wanted.provider_id else "offers")
    is_full = len(found) == page.limit
    return OfferList(
        items=[AnonymousOfferOut.model_validate(each) for each in found], next=found[-1].offer_id if is_full else None
    )


@router.get("/{offer_id}")
async def get_offer(request: Request, response: Response, caller: OfferReader, offer_id: UUID) -> AnonymousOfferOut:
    """One offer; its ETag is the version to answer it with."""
    async with database_of(request).transaction(actor=caller.subject) as tx:
        offer = await _read_offer(tx, caller, offer_id)
        await audit.record(tx, "read_offer", f"offer/{offer_id}")
    response.headers["ETag"] = f'"{offer.package_version}"'
    return offer


@router.post("/{offer_id}/accept", response_model=PackageOut | AnonymousOfferOut)
async def accept(request: Request, caller: Answerer, offer_id: UUID, body: AcceptIn) -> Response:
    """The provider takes it; staff get the package, the provider its offer."""

    async def work(tx: Tx) -> Answer:
        check, own = partial(check_version, request), own_provider(caller)
        package = await accept_offer(tx, OfferId(offer_id), check, start_on=body.start_on, only_for=own)
        return await _answer(tx, caller, offer_id, package)

    return await run_command(request, caller, work)


@router.post("/{offer_id}/decline", response_model=PackageOut | AnonymousOfferOut)
async def decline(request: Request, caller: Answerer, offer_id: UUID, body: DeclineIn) -> Response:
    """The provider does not take it; staff get the package, the provider its offer."""

    async def work(tx: Tx) -> Answer:
        check, own = partial(check_version, request), own_provider(caller)
        package = await decline_offer(tx, OfferId(offer_id), check, reason=body.reason, only_for=own)
        return await _answer(tx, caller, offer_id, package)

    return await run_command(request, caller, work)


async def _answer(tx: Tx, caller: Caller, offer_id: UUID, package: Package) -> Answer:
    if own_provider(caller) is None:
        return await package_answer(tx, package)
    offer = await _read_offer(tx, caller, offer_id)
    return Answer(offer, version=offer.package_version)


async def _read_offer(tx: Tx, caller: Caller, offer_id: UUID) -> AnonymousOfferOut:
    wanted = OfferFilter(offer_id=offer_id, provider_id=own_provider(caller))
    found = await views.offers(tx, wanted, Page(1, None))
    if not found:
        raise OfferNotFound
    return AnonymousOfferOut.model_validate(found[0])
