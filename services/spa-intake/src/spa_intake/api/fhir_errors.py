"""Routes whose every refusal is an OperationOutcome, and whose answers carry the sender's identifiers back."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from homeward_kit.logging import get_logger
from homeward_kit.problems import Problem, is_outage
from homeward_kit.values import Refusal
from spa_intake.adapters.fhir.headers import is_identifier
from spa_intake.adapters.fhir.outcome import FhirRefusal, Issue, operation_outcome

MEDIA_TYPE = "application/fhir+json"
MIRRORED = ("X-Request-Id", "X-Correlation-Id")
# HTTP status → BaRS error code and FHIR issue type, for refusals that are not made by the FHIR rules themselves.
BY_STATUS: Mapping[int, tuple[str, str]] = {
    400: ("REC_BAD_REQUEST", "invalid"),
    401: ("REC_UNAUTHORIZED", "security"),
    403: ("REC_FORBIDDEN", "forbidden"),
    404: ("REC_NOT_FOUND", "not-found"),
    405: ("REC_METHOD_NOT_ALLOWED", "not-supported"),
    406: ("REC_NOT_ACCEPTABLE", "processing"),
    408: ("REC_TIMEOUT", "timeout"),
    409: ("REC_CONFLICT", "conflict"),
    413: ("REC_BAD_REQUEST", "too-long"),
    415: ("REC_BAD_REQUEST", "not-supported"),
    422: ("REC_UNPROCESSABLE_ENTITY", "business-rule"),
    429: ("REC_TOO_MANY_REQUESTS", "throttled"),
    500: ("REC_SERVER_ERROR", "exception"),
    501: ("REC_NOT_IMPLEMENTED", "not-supported"),
    503: ("REC_SERVICE_UNAVAILABLE", "transient"),
}

# What the documentation says of every answer of this interface. Any: OpenAPI
RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"description": "OperationOutcome", "content": {MEDIA_TYPE: {"schema": {"type": "object"}}}}
    for status in ("4XX", "5XX", 422)
}

_log = get_logger(__name__)


class FhirJson(JSONResponse):
    """FHIR in JSON."""

    media_type = MEDIA_TYPE


class FhirRoute(APIRoute):
    """A route of the FHIR interface."""

    # Any: the signature is FastAPI's.
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def answer_in_fhir(request: Request) -> Response:
            try:
                response = await answer(request)
            except Exception as error:  # noqa: BLE001 — even a fault of ours is told in FHIR
                response = outcome_response(request, error)
            for name in MIRRORED:
                value = request.headers.get(name)
                if value is not None and is_identifier(value):
                    response.headers[name] = value
            return response

        return answer_in_fhir


def outcome_response(request: Request, error: Exception) -> Response:
    """The OperationOutcome for an error, whoever raised it."""
    refusal, headers = _as_refusal(request, error)
    _log.info("fhir_refused", status=refusal.status, code=refusal.error, issue=refusal.issues[0].code)
    return JSONResponse(
        operation_outcome(refusal.error, refusal.issues), refusal.status, headers=headers, media_type=MEDIA_TYPE
    )


def _as_refusal(request: Request, error: Exception) -> tuple[FhirRefusal, dict[str, str]]:
    """Whatever was raised as a FHIR refusal, and the headers that go with it."""
    if isinstance(error, FhirRefusal):
        return error, {}
    if isinstance(error, Problem):
        return _refusal(error.status, error.detail), dict(error.headers)
    if isinstance(error, Refusal):
        statuses = request.app.state.runtime.service.refusals
        status = next((statuses[kind] for kind in type(error).__mro__ if kind in statuses), 409)
        live = error.facts.get("referral_id")
        return _refusal(status, f"{error.message} It is ServiceRequest/{live}." if live else error.message), {}
    if isinstance(error, HTTPException):
        return _refusal(error.status_code, "The request cannot be taken: it is too long or malformed."), {}
    return _surprise(error)


def _surprise(error: Exception) -> tuple[FhirRefusal, dict[str, str]]:
    if isinstance(error, TimeoutError):
        return _refusal(408, "The message was not processed in time. Send it again, unchanged."), {}
    if is_outage(error):
        _log.warning("dependency_unavailable", exc_info=error)
        sentence = "A part this service needs is not available. Send it again, unchanged."
        return _refusal(503, sentence), {"Retry-After": "2"}
    _log.error("unhandled_error", exc_info=error)
    if isinstance(error, DBAPIError):
        issue = Issue("no-store", "The message could not be stored. Send it again, unchanged.")
        return FhirRefusal(500, "REC_SERVER_ERROR", [issue]), {}
    return _refusal(500, "Something went wrong on our side. Send it again, unchanged."), {}


def _refusal(status: int, sentence: str) -> FhirRefusal:
    code, issue = BY_STATUS.get(status, BY_STATUS[400])
    return FhirRefusal(status, code, [Issue(issue, sentence)])
