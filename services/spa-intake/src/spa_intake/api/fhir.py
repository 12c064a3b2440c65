"""The FHIR interface: BaRS messages to `$process-message`, and what this server can do."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse

from homeward_kit import audit, telemetry
from homeward_kit.auth import Caller, Role, require
from homeward_kit.database import Database, Tx
from homeward_kit.values import Refusal
from spa_intake.adapters.db import fhir_messages
from spa_intake.adapters.fhir import outcome, rules
from spa_intake.adapters.fhir.answer import Receipt, response_message
from spa_intake.adapters.fhir.capability import capability_statement
from spa_intake.adapters.fhir.message import Message, read_message
from spa_intake.adapters.fhir.referral import read_referral
from spa_intake.adapters.fhir.structure import SchemaMissingError, Structure
from spa_intake.api.dependencies import Scopes, policy_of
from spa_intake.api.fhir_errors import MEDIA_TYPE, FhirRoute
from spa_intake.domain.referral import Referral
from spa_intake.use_cases.receive_referral import receive_referral

BASE = "/fhir/R4"
SCHEMA_FILE = "fhir.schema.json"
ANSWER_SECONDS = 5  # the standard's limit; after it the sender is told to try again

router = APIRouter(prefix=BASE, tags=["FHIR"], route_class=FhirRoute)
FhirClient = Annotated[Caller, Depends(require(Role.WARD_SYSTEM, scope=Scopes.FHIR))]


def prepare(app: FastAPI, assets: Path | None) -> None:
    """Load what the routes need; raises SchemaMissingError, with what to do about it, when it is not there."""
    if assets is None:
        raise SchemaMissingError("HOMEWARD_ASSETS is not set: run `make assets` and give it the folder it names.")
    app.state.fhir_structure = Structure.load(assets / SCHEMA_FILE)


@dataclass(frozen=True)
class _Delivery:
    """A request with a message in it, before anything is known about what it holds."""

    request: Request
    caller: Caller
    headers: rules.Headers
    body: bytes


@router.get("/metadata", summary="What this FHIR server can do")
async def metadata(request: Request) -> Response:
    return JSONResponse(capability_statement(_endpoint(request)), media_type=MEDIA_TYPE)


@router.post("/$process-message", summary="Take a BaRS message", openapi_extra={
    "requestBody": {"required": True, "content": {MEDIA_TYPE: {"schema": {"type": "object"}}}}
})  # fmt: skip
async def process_message(request: Request, caller: FhirClient) -> Response:
    """A new referral as a BaRS message bundle. The body is read as it comes, whatever its content type."""
    database: Database = request.app.state.database
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            delivery = _Delivery(request, caller, rules.check_headers(request.headers), await request.body())
            async with database.transaction(actor=caller.subject) as tx:
                return await _take(tx, delivery)
    except (outcome.FhirRefusal, Refusal) as refusal:
        reason = refusal.code if isinstance(refusal, Refusal) else refusal.error
        async with database.transaction(actor=caller.subject) as tx:
            await audit.record(tx, "process_message", "fhir-message", caller=caller, outcome=reason)
        raise


async def _take(tx: Tx, delivery: _Delivery) -> Response:
    claimed = await fhir_messages.claim(tx, delivery.caller.subject, delivery.headers.request_id)
    if claimed is fhir_messages.Claim.TAKEN:
        raise outcome.duplicate()
    if claimed is fhir_messages.Claim.BEING_TAKEN:
        raise outcome.too_early()
    message = _read(delivery)
    asked = read_referral(message, delivery.caller.org)
    referral = await receive_referral(tx, asked, policy_of(delivery.request))
    await fhir_messages.remember(tx, _taken(delivery, message, referral))
    telemetry.set_referral(referral.referral_id)
    receipt = Receipt(referral.referral_id, tx.now, _endpoint(delivery.request))
    return JSONResponse(
        response_message(message, receipt),
        headers={
            "Homeward-Events": ",".join(str(event_id) for event_id in tx.event_ids),
            "Location": f"/api/v1/referrals/{referral.referral_id}",
        },
        media_type=MEDIA_TYPE,
    )


def _read(delivery: _Delivery) -> Message:
    """The message, once it has passed every rule."""
    headers = delivery.request.headers
    rules.check_formats(headers)
    message = read_message(delivery.body, delivery.request.app.state.fhir_structure)
    rules.check_use_context(headers)
    rules.check_message(message)
    return message


def _taken(delivery: _Delivery, message: Message, referral: Referral) -> fhir_messages.TakenMessage:
    return fhir_messages.TakenMessage(
        sender=delivery.caller.subject,
        request_id=delivery.headers.request_id,
        correlation_id=delivery.headers.correlation_id,
        bundle_id=str(message.bundle.id),
        referral_id=referral.referral_id,
    )


def _endpoint(request: Request) -> str:
    return str(request.base_url).rstrip("/") + BASE
