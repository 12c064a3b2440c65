"""What of BaRS's interface is not built here, answered in FHIR; mounted after every other FHIR route."""

from fastapi import APIRouter, Request, Response

from spa_intake.adapters.fhir.outcome import FhirRefusal, Issue, not_built, not_found
from spa_intake.api.fhir import BASE
from spa_intake.api.fhir_errors import RESPONSES, FhirJson, FhirRoute

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
# Of BaRS, for bookings and documents.
NOT_BUILT = frozenset({"Slot", "Schedule", "Appointment", "DocumentReference", "HealthcareService", "Endpoint"})
BUILT = frozenset({"metadata", "MessageDefinition", "ServiceRequest", "Task", "$process-message"})

router = APIRouter(
    prefix=BASE, tags=["FHIR"], route_class=FhirRoute, default_response_class=FhirJson, responses=RESPONSES
)


@router.api_route("/{path:path}", methods=METHODS, include_in_schema=False)
async def anything_else(path: str, request: Request) -> Response:
    """501 for what BaRS has and this server has not, 405 for another method, 404 for the rest."""
    name = path.partition("/")[0]
    if name in NOT_BUILT:
        raise not_built("This part of BaRS is not built here.")
    if name in BUILT and (request.method != "GET" or name == "$process-message"):
        sentence = "This cannot be done here by this method; GET metadata says what can."
        raise FhirRefusal(405, "REC_METHOD_NOT_ALLOWED", [Issue("not-supported", sentence)])
    raise not_found("There is nothing at this address; GET metadata says what there is.")
