"""Whatever goes wrong in a FHIR route is an OperationOutcome, coded as published, without the caller's values."""

import asyncio
from types import SimpleNamespace

import httpx
import pytest
from door_builders import structure
from fastapi import APIRouter, FastAPI
from sqlalchemy.exc import DBAPIError

from homeward_kit.problems import Problem
from spa_intake.api import errors
from spa_intake.api.fhir_errors import FhirRoute
from spa_intake.domain.errors import ReferralHasEnded, ReferralNotFound
from spa_intake.domain.message_errors import NhsNumberInvalid, PatientDiffers

SECRET = "9990001219"
IDS = {"X-Request-Id": "5a000000-0000-4000-8000-0000000000ff", "X-Correlation-Id": SECRET}


def problem(status: int) -> Problem:
    return Problem(status, "x", "X", "What to do next.", headers={"Retry-After": "1"})


def raised(error: Exception) -> httpx.Response:
    """The answer of a route that fails so."""

    async def fail() -> None:
        raise error

    async def ask() -> httpx.Response:
        router = APIRouter(route_class=FhirRoute)
        router.add_api_route("/", fail)
        app = FastAPI()
        app.state.runtime = SimpleNamespace(service=SimpleNamespace(refusals=errors.STATUSES))
        app.include_router(router)
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get("/", headers=IDS)

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("error", "status", "code", "issue"),
    [
        (problem(400), 400, "REC_BAD_REQUEST", "invalid"),
        (problem(401), 401, "REC_UNAUTHORIZED", "security"),
        (problem(403), 403, "REC_FORBIDDEN", "forbidden"),
        (problem(404), 404, "REC_NOT_FOUND", "not-found"),
        (problem(406), 406, "REC_NOT_ACCEPTABLE", "processing"),
        (problem(409), 409, "REC_CONFLICT", "conflict"),
        (problem(413), 413, "REC_BAD_REQUEST", "too-long"),
        (problem(415), 415, "REC_BAD_REQUEST", "not-supported"),
        (problem(429), 429, "REC_TOO_MANY_REQUESTS", "throttled"),
        (problem(501), 501, "REC_NOT_IMPLEMENTED", "not-supported"),
        (problem(503), 503, "REC_SERVICE_UNAVAILABLE", "transient"),
        (TimeoutError(SECRET), 408, "REC_TIMEOUT", "timeout"),
        (ConnectionRefusedError(SECRET), 503, "REC_SERVICE_UNAVAILABLE", "transient"),
        (ValueError(SECRET), 500, "REC_SERVER_ERROR", "exception"),
        (DBAPIError(SECRET, None, Exception(SECRET)), 500, "REC_SERVER_ERROR", "no-store"),
        (ReferralNotFound(), 404, "REC_NOT_FOUND", "not-found"),
        (ReferralHasEnded(state="closed"), 409, "REC_CONFLICT", "conflict"),
        (NhsNumberInvalid(), 422, "REC_UNPROCESSABLE_ENTITY", "business-rule"),
        (PatientDiffers(), 409, "REC_CONFLICT", "conflict"),
    ],
)
def test_every_error_is_told_as_published(error: Exception, status: int, code: str, issue: str) -> None:
    answer = raised(error)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/fhir+json")
    outcome = answer.json()
    assert list(structure().faults(outcome, "OperationOutcome")) == []
    (told,) = outcome["issue"]
    assert (told["code"], told["details"]["coding"][0]["code"]) == (issue, code)
    assert SECRET not in answer.text


def test_identifiers_are_sent_back_where_they_are_some() -> None:
    answer = raised(problem(429))
    assert answer.headers["X-Request-Id"] == IDS["X-Request-Id"]
    assert "X-Correlation-Id" not in answer.headers
    assert answer.headers["Retry-After"] == "1"
