"""The FHIR door: BaRS messages to `$process-message`, each taken once, and what this server can do."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from uuid import UUID

import pydantic_core
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse

from homeward_kit import audit, telemetry
from homeward_kit.auth import Caller, Role, require
from homeward_kit.commands import Answer
from homeward_kit.database import Database
from homeward_kit.logging import get_logger
from homeward_kit.values import Refusal
from spa_intake.adapters.db import fhir_messages
from spa_intake.adapters.db.fhir_messages import Claim, Sent
from spa_intake.adapters.fhir import definitions, headers, journey, outcome, rules
from spa_intake.adapters.fhir.answer import Heard, Receipt, response_message
from spa_intake.adapters.fhir.capability import capability_statement
from spa_intake.adapters.fhir.message import Message, read_message
from spa_intake.adapters.fhir.referral import read_referral, sender_of
from spa_intake.adapters.fhir.rules import Asked
from spa_intake.adapters.fhir.structure import SchemaMissingError, Structure
from spa_intake.api.arrivals import Arrival, arrivals_of
from spa_intake.api.content_faults import check_message
from spa_intake.api.dependencies import Scopes, policy_of, sending_organisation
from spa_intake.api.fhir_changes import Change, change_referral
from spa_intake.api.fhir_errors import MEDIA_TYPE, RESPONSES, FhirJson, FhirRoute
from spa_intake.use_cases.receive_referral import Taken

BASE = "/fhir/R4"
SCHEMA_FILE = "fhir.schema.json"
ANSWER_SECONDS = 5  # the standard's limit; after it the sender is told to try again
MOST_CLIENTS_TOLD = 1_000
MOST_NAMES_KNOWN = 100  # of this server, as callers write them

router = APIRouter(
    prefix=BASE, tags=["FHIR"], route_class=FhirRoute, default_response_class=FhirJson, responses=RESPONSES
)
FhirClient = Annotated[Caller, Depends(require(Role.WARD_SYSTEM, scope=Scopes.FHIR))]
_log = get_logger(__name__)


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
    headers: headers.Headers
    body: bytes

    @property
    def name(self) -> tuple[str, str]:
        return self.caller.subject, str(self.headers.request_id)


@router.get("/metadata", summary="What this FHIR server can do")
async def metadata(request: Request) -> Response:
    return JSONResponse(capability_statement(endpoint_of(request)), media_type=MEDIA_TYPE)


@router.get("/MessageDefinition", summary="The messages that are taken and sent")
async def message_definitions(request: Request) -> Response:
    found = definitions.all_of_them(endpoint_of(request))
    return JSONResponse(found, media_type=MEDIA_TYPE)


@router.get("/MessageDefinition/{definition_id}", summary="One of these messages")
async def message_definition(definition_id: str) -> Response:
    found = definitions.by_id(definition_id)
    if found is None:
        raise outcome.not_found("There is no MessageDefinition with this id.")
    return JSONResponse(found, media_type=MEDIA_TYPE)


@router.post("/$process-message", summary="Take a BaRS message", openapi_extra={
    "requestBody": {"required": True, "content": {MEDIA_TYPE: {"schema": {"type": "object"}}}}
})  # fmt: skip
async def process_message(request: Request, caller: FhirClient) -> Response:
    """A new, updated or cancelled referral as a BaRS message. The body is read as it comes, whatever its type."""
    async with asyncio.timeout(ANSWER_SECONDS):
        try:
            response = await _deliver(request, caller)
        except (outcome.FhirRefusal, Refusal) as refusal:
            await _audit(request, caller, refusal)
            raise
    telemetry.set_referral(UUID(response.headers["location"].rpartition("/")[2]))
    return response


async def _deliver(request: Request, caller: Caller) -> Response:
    checked = headers.check_headers(request.headers)
    _tell_missing(request.app, caller, checked)
    delivery = _Delivery(request, caller, checked, await request.body())
    in_hand = _in_hand(request.app)
    if delivery.name in in_hand:
        raise outcome.too_early()
    # Work goes on when the time is up: the sender asks again, and hears that it is being done or was done.
    taking = asyncio.ensure_future(_take(delivery))
    in_hand[delivery.name] = taking
    taking.add_done_callback(lambda task: _done(in_hand, delivery, task))
    return await asyncio.shield(taking)


def _in_hand(app: FastAPI) -> dict[tuple[str, str], "asyncio.Future[Response]"]:
    """What this process is doing just now, by client and X-Request-Id."""
    if not hasattr(app.state, "fhir_in_hand"):
        app.state.fhir_in_hand = {}
    in_hand: dict[tuple[str, str], asyncio.Future[Response]] = app.state.fhir_in_hand
    return in_hand


def _done(
    in_hand: dict[tuple[str, str], "asyncio.Future[Response]"], delivery: _Delivery, task: "asyncio.Future[Response]"
) -> None:
    del in_hand[delivery.name]
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.debug("fhir_message_failed", error=type(error).__name__)  # whoever still waits is told by the route


async def _take(delivery: _Delivery) -> Response:
    try:
        asked = _read(delivery)
    except outcome.FhirRefusal as refusal:
        raise await _first_of(delivery, refusal) from None
    if isinstance(asked, Change):
        return await _change(delivery, asked)
    # A new referral waits with the others of all doors for the next transaction.
    return await arrivals_of(delivery.request).run(delivery.request, delivery.caller, asked)


def _read(delivery: _Delivery) -> Arrival | Change:
    """What is asked for, once the message has passed every rule.

    Of a new referral's message nothing is kept: a hundred that wait would push one another out of the processor's
    cache, and be gone through by each collection of garbage.
    """
    request = delivery.request
    headers.check_formats(request.headers)
    message = read_message(delivery.body, request.app.state.fhir_structure)
    asked = rules.check_message(message, request.headers)
    sent = Sent(
        sender=delivery.caller.subject,
        request_id=delivery.headers.request_id,
        correlation_id=delivery.headers.correlation_id,
        bundle_id=str(message.bundle.id),
        reason=asked.value,
        sent_at=journey.sent_at(message),
    )
    return _arrival(delivery, message, sent) if asked is Asked.NEW else Change(message, asked, sent)


def _arrival(delivery: _Delivery, message: Message, sent: Sent) -> Arrival:
    request, caller = delivery.request, delivery.caller
    organisation = sending_organisation(caller, sender_of(message) or caller.org, "/MessageHeader/sender")
    asked = read_referral(message, organisation)
    database: Database = request.app.state.database
    check_message(asked, database.clock.now())
    endpoint, heard = endpoint_of(request), Heard.in_message(message)

    def answer(taken: Taken) -> Answer:
        receipt = Receipt(taken.referral.referral_id, taken.referral.received_at, endpoint)
        return Answer(
            pydantic_core.to_json(response_message(heard, receipt)).decode(),
            location=f"/api/v1/referrals/{receipt.referral_id}",
            event_ids=taken.event_ids,
            media_type=MEDIA_TYPE,
        )

    return Arrival(asked, answer, sent)


async def _first_of(delivery: _Delivery, refusal: outcome.FhirRefusal) -> outcome.FhirRefusal:
    """That a message was sent before comes before any fault of it; looked up only where there is one."""
    database: Database = delivery.request.app.state.database
    async with database.transaction(actor=delivery.caller.subject) as tx:
        claimed = await fhir_messages.claim(tx, delivery.caller.subject, delivery.headers.request_id)
    return {Claim.TAKEN: outcome.duplicate(), Claim.BEING_TAKEN: outcome.too_early()}.get(claimed, refusal)


async def _change(delivery: _Delivery, change: Change) -> Response:
    """An update or a cancellation, in a transaction of its own."""
    request = delivery.request
    changed = await change_referral(request.app.state.database, policy_of(request), delivery.caller, change)
    referral_id = changed.referral.referral_id
    receipt = Receipt(referral_id, changed.changed_at, endpoint_of(request), change.asked)
    return JSONResponse(
        response_message(Heard.in_message(change.message), receipt),
        headers={
            "Homeward-Events": ",".join(str(event_id) for event_id in changed.event_ids),
            "Location": f"/api/v1/referrals/{referral_id}",
        },
        media_type=MEDIA_TYPE,
    )


async def _audit(request: Request, caller: Caller, refusal: outcome.FhirRefusal | Refusal) -> None:
    database: Database = request.app.state.database
    reason = refusal.code if isinstance(refusal, Refusal) else refusal.error
    async with database.transaction(actor=caller.subject) as tx:
        await audit.record(tx, "process_message", "fhir-message", caller=caller, outcome=reason)


def _tell_missing(app: FastAPI, caller: Caller, checked: headers.Headers) -> None:
    """Log once a client which of the expected headers it leaves out."""
    told: set[str] = app.state.__dict__.setdefault("fhir_told", set())
    if checked.missing and caller.subject not in told and len(told) < MOST_CLIENTS_TOLD:
        told.add(caller.subject)
        _log.info("fhir_headers_missing", client=caller.subject, headers=sorted(checked.missing))


def endpoint_of(request: Request) -> str:
    """The address of this FHIR server."""
    called = (str(request.scope["scheme"]), request.headers.get("host"))
    known: dict[tuple[str, str | None], str] = request.app.state.__dict__.setdefault("fhir_endpoints", {})
    if called not in known:
        if len(known) >= MOST_NAMES_KNOWN:  # a sender can write what it likes there
            known.clear()
        known[called] = str(request.base_url).rstrip("/") + BASE
    return known[called]
