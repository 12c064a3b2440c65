"""HL7 v2 ADT messages over HTTP: the body is the message, the answer its acknowledgement."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from homeward_kit.auth import Caller, Role, require
from spa_intake.adapters.db.adt_messages import Door
from spa_intake.adapters.hl7.acknowledgement import MEDIA_TYPE
from spa_intake.adapters.hl7.refusal import Acknowledgement, Condition
from spa_intake.api.adt import AdtDesk
from spa_intake.api.dependencies import Scopes
from spa_intake.api.hl7_errors import RESPONSES, Hl7Route

router = APIRouter(prefix="/api/v1/hl7", tags=["HL7 v2"], route_class=Hl7Route, responses=RESPONSES)
Hl7Client = Annotated[Caller, Depends(require(Role.WARD_SYSTEM, scope=Scopes.HL7))]
# As HL7 over HTTP has it, an acknowledgement that says no is not a success; the body says what to do.
STATUS = {Acknowledgement.ACCEPTED: 200, Acknowledgement.ERROR: 422, Acknowledgement.REJECTED: 400}


@router.post("/adt", summary="Take an ADT message", response_class=Response, openapi_extra={
    "requestBody": {"required": True, "content": {MEDIA_TYPE: {"schema": {"type": "string"}}}},
    "responses": {"200": {"description": "Acknowledged: AA", "content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}},
})  # fmt: skip
async def receive_adt(request: Request, caller: Hl7Client) -> Response:
    """AA once it is recorded, a repeat included; AE: correct it and send it again; AR: it is not taken here.

    Where MSH-15 and MSH-16 ask for none, the status says it alone.
    """
    desk: AdtDesk = request.app.state.adt_desk
    receipt = await desk.take(await request.body(), Door.HTTP, lambda _header: caller)
    status = 500 if receipt.condition is Condition.INTERNAL else STATUS[receipt.code]
    return Response(receipt.answers.one, status, {"Homeward-Events": receipt.event_ids}, media_type=MEDIA_TYPE)
