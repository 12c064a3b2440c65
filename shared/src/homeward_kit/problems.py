"""Problem details (RFC 9457) for everything that goes wrong: what to do next, never the caller's values."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import asyncpg
import httpx
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from homeward_kit import telemetry
from homeward_kit.logging import get_logger
from homeward_kit.refusals import note_refusal
from homeward_kit.values import Refusal

MEDIA_TYPE = "application/problem+json"
_FIELD_NAME = re.compile(r"[a-z][A-Za-z0-9_]{0,40}")
_log = get_logger(__name__)
# class 08: connection; 53: no resources; 57P: the server is stopping or starting; 40P01: ended for another (ADR 0013)
_OUTAGE_STATES = ("08", "53", "57P", "40P01")

# Any: members of a problem are any JSON.
Extra = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pointer:
    """One wrong field: a JSON pointer to it, a stable code and a plain sentence."""

    pointer: str
    code: str
    detail: str


class Problem(Exception):  # noqa: N818 — the standard's own word
    """An answer that says no. `type` is the last part of the URN ("version_conflict"); sentences are ours."""

    is_made_to_be_read = True  # in logs too

    def __init__(  # noqa: PLR0913 — the members of the standard
        self,
        status: int,
        type: str,  # noqa: A002 — the standard's own word
        title: str,
        detail: str,
        *,
        pointers: Sequence[Pointer] = (),
        extra: Extra | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {type}")
        self.status = status
        self.type = type
        self.title = title
        self.detail = detail
        self.pointers = pointers
        self.extra = extra or {}
        self.headers = headers or {}

    def response(self) -> JSONResponse:
        body: dict[str, Any] = {  # Any: JSON
            **self.extra,
            "type": f"urn:homeward:problem:{self.type}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "trace_id": telemetry.current_trace_id(),
        }
        if self.pointers:
            body["errors"] = [
                {"pointer": wrong.pointer, "code": wrong.code, "detail": wrong.detail} for wrong in self.pointers
            ]
        return JSONResponse(body, self.status, headers=dict(self.headers), media_type=MEDIA_TYPE)


def not_found() -> Problem:
    """For what does not exist and for what this caller may not know exists."""
    return Problem(404, "not_found", "Not found", "There is nothing here that you may see. Check the address.")


def too_large() -> Problem:
    """For a body over the limit."""
    return Problem(413, "content_too_large", "Too large", "The body is too large. Send less at a time.")


def too_slow() -> Problem:
    """For a body that does not come to its end in time."""
    return Problem(408, "request_timeout", "Too slow", "The body did not arrive in time. Send it again at once.")


def unavailable() -> Problem:
    """For an outage of something the service needs."""
    return Problem(
        503,
        "unavailable",
        "Not available now",
        "A part this service needs is not available. Nothing was changed. Try again in a few seconds.",
        headers={"Retry-After": "2"},
    )


def internal_error() -> Problem:
    """For a fault of ours."""
    return Problem(
        500,
        "internal_error",
        "Something went wrong",
        "Something went wrong on our side. Give the trace number to the help desk.",
    )


def from_refusal(refusal: Refusal, status: int) -> Problem:
    """A named refusal of the domain as an answer; its public facts become members."""
    title = refusal.code.replace("_", " ").capitalize()
    places = [Pointer(refusal.pointer, refusal.code, refusal.message)] if refusal.pointer else []
    return Problem(status, refusal.code, title, refusal.message, pointers=places, extra=refusal.facts)


def is_outage(error: BaseException) -> bool:
    """Whether an error says that something this service needs is down, rather than that it has a fault."""
    if isinstance(error, OSError):
        return error.filename is None  # a file that is not there is a fault of ours
    # the last two: what the driver itself says of a connection that closed
    if isinstance(
        error, PoolTimeoutError | httpx.TransportError | asyncpg.InterfaceError | asyncpg.InternalClientError
    ):
        return True
    state = str(getattr(getattr(error, "orig", error), "sqlstate", "") or "")
    if isinstance(error, asyncpg.PostgresError):
        return state.startswith(_OUTAGE_STATES)
    return isinstance(error, DBAPIError) and (
        error.connection_invalidated or state.startswith(_OUTAGE_STATES) or isinstance(error.__cause__, OSError)
    )


def from_error(error: Exception) -> Problem:
    """The answer to an error nobody expected; it is logged, its message never is."""
    if is_outage(error):
        _log.warning("dependency_unavailable", exc_info=error)
        return unavailable()
    _log.error("unhandled_error", exc_info=error)
    return internal_error()


_SENTENCES = {
    "missing": "This is needed.",
    "extra_forbidden": "There is a field here that is not known.",
    "json_invalid": "The body is not valid JSON.",
    "string_too_short": "This is too short.",
    "string_too_long": "This is too long.",
    "string_pattern_mismatch": "This does not have the right form.",
    "string_type": "This must be text.",
    "int_type": "This must be a whole number.",
    "int_parsing": "This must be a whole number.",
    "bool_type": "This must be true or false.",
    "bool_parsing": "This must be true or false.",
    "list_type": "This must be a list.",
    "too_long": "There are too many.",
    "too_short": "There are too few.",
    "uuid_parsing": "This must be a UUID.",
    "uuid_type": "This must be a UUID.",
    "enum": "This must be one of the codes in the documentation.",
    "literal_error": "This must be one of the codes in the documentation.",
    "date_out_of_range": "This is too early or too late to be meant.",
    "timezone_aware": "This must be a time with its offset from UTC.",
    "greater_than_equal": "This is too small.",
    "greater_than": "This is too small.",
    "less_than_equal": "This is too large.",
    "less_than": "This is too large.",
}


def pointers_of(errors: Sequence[Mapping[str, Any]]) -> list[Pointer]:  # Any: Pydantic's own error details
    """Pydantic's errors as pointers: the place and the code, not the input, nor names the caller made up."""
    return [Pointer(_pointer(error), str(error["type"]), _sentence(str(error["type"]))) for error in errors]


def _sentence(code: str) -> str:
    if code.startswith("date") and code != "date_out_of_range":
        return "This must be a date or time such as 2026-11-30 or 2026-11-30T14:05:00Z."
    return _SENTENCES.get(code, "This is not valid.")


def _pointer(error: Mapping[str, Any]) -> str:
    place = list(error["loc"])
    if error["type"] == "extra_forbidden":
        place.pop()  # the caller's own word: the object it stands in is named instead
    if place and place[0] == "body":
        place.pop(0)
    if error["type"] == "json_invalid":
        place = []
    known = [str(part) if isinstance(part, int) or _FIELD_NAME.fullmatch(part) else "*" for part in place]
    return "".join(f"/{part}" for part in known)


def invalid_request(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """The answer to a body or query that does not have the right form: 422, or 400 when it cannot be read at all."""
    if any(error["type"] == "json_invalid" for error in errors):
        return Problem(400, "malformed", "Not readable", "The body is not valid JSON.", pointers=pointers_of(errors))
    detail = "Correct the fields named in errors and send it again."
    return Problem(422, "invalid_request", "Fields to correct", detail, pointers=pointers_of(errors))


_TEXT = {"type": "string"}
_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "trace_id"],
    "properties": {
        **dict.fromkeys(("type", "title", "detail"), _TEXT),
        "status": {"type": "integer"},
        "trace_id": {"type": ["string", "null"]},
        "errors": {
            "type": "array",
            "items": {"type": "object", "properties": dict.fromkeys(("pointer", "code", "detail"), _TEXT)},
        },
    },
}

# What every operation's documentation says about errors (422 by its number, or FastAPI documents its own form).
RESPONSES: dict[int | str, dict[str, Any]] = {  # Any: OpenAPI
    status: {"description": "Problem details (RFC 9457)", "content": {MEDIA_TYPE: {"schema": _SCHEMA}}}
    for status in ("4XX", "5XX", 422)
}


def install(app: FastAPI, refusals: Mapping[type[Refusal], int]) -> None:
    """Answer every expected error with a problem; what nobody expected is caught by the outermost middleware."""

    async def on_problem(request: Request, problem: Problem) -> JSONResponse:
        note_refusal(request.scope, problem.type)
        _log.info("refused", code=problem.type, status=problem.status)
        return problem.response()

    async def on_refusal(request: Request, refusal: Refusal) -> JSONResponse:
        note_refusal(request.scope, refusal.code)
        status = next((refusals[kind] for kind in type(refusal).__mro__ if kind in refusals), 409)
        _log.info("refused", code=refusal.code, status=status)
        return from_refusal(refusal, status).response()

    async def on_invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        faults = error.errors()
        is_unread = any(fault["loc"] == ("body",) and fault["type"] != "missing" for fault in faults)
        if is_unread and "json" not in request.headers.get("content-type", ""):
            detail = "Send the body as JSON, and say so in Content-Type: application/json."
            return Problem(415, "unsupported_media_type", "Not JSON", detail).response()
        return invalid_request(faults).response()

    async def on_http(_request: Request, error: HTTPException) -> JSONResponse:
        if (named := {404: not_found, 413: too_large}.get(error.status_code)) is not None:
            return named().response()
        status = HTTPStatus(error.status_code)
        kind = status.name.lower()
        return Problem(status.value, kind, status.phrase, f"{status.phrase}.", headers=error.headers).response()

    for kind, handler in (
        (Problem, on_problem),
        (Refusal, on_refusal),
        (RequestValidationError, on_invalid),
        (HTTPException, on_http),
    ):
        app.add_exception_handler(kind, handler)  # type: ignore[arg-type]  # each handler takes its own kind
