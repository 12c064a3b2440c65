"""HL7 v2 ADT messages over HTTP: the body is the message, the answer its acknowledgement."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from homeward_kit import audit
from homeward_kit.auth import Caller, Role, require
from homeward_kit.database import Database
from homeward_kit.logging import get_logger
from homeward_kit.values import Refusal
from spa_intake.adapters.hl7.acknowledgement import MEDIA_TYPE, acknowledge
from spa_intake.adapters.hl7.message import Hl7Message, read_header, read_message
from spa_intake.adapters.hl7.movement import read_movement
from spa_intake.adapters.hl7.refusal import Acknowledgement, Condition, Hl7Refusal, in_error
from spa_intake.api.dependencies import Scopes, policy_of
from spa_intake.domain.policy import Policy
from spa_intake.use_cases.record_movement import record_movement

router = APIRouter(prefix="/api/v1/hl7", tags=["HL7 v2"])
Hl7Client = Annotated[Caller, Depends(require(Role.WARD_SYSTEM, scope=Scopes.HL7))]
# As HL7 over HTTP has it, an acknowledgement that says no is not a success; the body says what to do.
STATUS = {Acknowledgement.ACCEPTED: 200, Acknowledgement.ERROR: 422, Acknowledgement.REJECTED: 400}

_log = get_logger(__name__)


@router.post("/adt", summary="Take an ADT message", response_class=Response, openapi_extra={
    "requestBody": {"required": True, "content": {MEDIA_TYPE: {"schema": {"type": "string"}}}},
    "responses": {"200": {"description": "Acknowledged: AA", "content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}},
})  # fmt: skip
async def receive_adt(request: Request, caller: Hl7Client) -> Response:
    """AA once it is recorded, a repeat included; AE: correct it and send it again; AR: it is not taken here."""
    database: Database = request.app.state.database
    body = await request.body()
    event_ids = ""
    refusal = None
    try:
        message = read_message(body)
        event_ids = await _record(database, caller, message, policy_of(request))
    except Hl7Refusal as error:
        refusal = error
        async with database.transaction(actor=caller.subject) as tx:
            await audit.record(
                tx, "record_movement", "hl7-message", caller=caller, outcome=error.condition.name.lower()
            )
        _log.info("hl7_refused", acknowledgement=refusal.acknowledgement, condition=refusal.condition.name)
    answer = acknowledge(read_header(body), refusal, database.clock.now())
    status = STATUS[refusal.acknowledgement if refusal else Acknowledgement.ACCEPTED]
    return Response(answer, status, {"Homeward-Events": event_ids}, media_type=MEDIA_TYPE)


async def _record(database: Database, caller: Caller, message: Hl7Message, policy: Policy) -> str:
    """Record the movement; it is committed when this returns. The ids of the events it made."""
    async with database.transaction(actor=caller.subject) as tx:
        movement = read_movement(message, caller.org, tx.now)
        try:
            await record_movement(tx, movement, message.text, policy)
        except Refusal as refusal:
            raise in_error(Condition.UNKNOWN_KEY, refusal.message) from None
        return ",".join(str(event_id) for event_id in tx.event_ids)
