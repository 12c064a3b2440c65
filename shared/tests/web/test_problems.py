"""Every error is a problem with a trace number, a pointer and a plain sentence, and never the caller's values."""

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest
from sqlalchemy.exc import DBAPIError, OperationalError

from homeward_kit.auth import Role
from homeward_kit.problems import is_outage
from homeward_kit.testing.tokens import TokenIssuer

SECRET = "Zebedee-999-137-2465"


@pytest.fixture
def headers(token_issuer: TokenIssuer) -> dict[str, str]:
    return token_issuer.headers(Role.COORDINATOR)


def assert_problem(answer: httpx.Response, status: int, kind: str) -> None:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert {"type", "title", "status", "detail", "trace_id"} <= set(body)
    assert (body["type"], body["status"]) == (f"urn:homeward:problem:{kind}", status)
    assert "Zebedee" not in answer.text
    assert "999-137" not in answer.text


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/name", "missing"),
        ({"name": {"first": SECRET}}, "/name", "string_type"),
        ({"name": "one", "count": SECRET}, "/count", "int_parsing"),
        ({"name": "one", SECRET: 1}, "", "extra_forbidden"),
    ],
)
async def test_wrong_fields_are_pointed_at(
    client: httpx.AsyncClient, headers: dict[str, str], body: dict[str, object], pointer: str, code: str
) -> None:
    answer = await client.post("/api/v1/things", json=body, headers=headers)
    assert_problem(answer, 422, "invalid_request")
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)
    assert error["detail"].endswith(".")


async def test_a_body_that_is_not_json_is_malformed(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    sent = headers | {"Content-Type": "application/json"}
    assert_problem(await client.post("/api/v1/things", content=f"{{{SECRET}", headers=sent), 400, "malformed")


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded"])
async def test_a_body_that_is_not_said_to_be_json_is_told_to_say_so(
    client: httpx.AsyncClient, headers: dict[str, str], content_type: str | None
) -> None:
    sent = headers | ({"Content-Type": content_type} if content_type else {})
    answer = await client.post("/api/v1/things", content=f'{{"name": "{SECRET}"}}', headers=sent)
    assert_problem(answer, 415, "unsupported_media_type")
    assert "application/json" in answer.json()["detail"]


async def test_a_refusal_has_the_status_of_the_service_and_its_facts(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    known = await client.post("/api/v1/things", json={"name": "known"}, headers=headers)
    assert_problem(known, 409, "already_there")
    assert known.json()["thing_id"]
    assert known.json()["detail"] == "There is one of that name. Use it, or choose another name."
    forbidden = await client.post("/api/v1/things", json={"name": "forbidden"}, headers=headers)
    assert_problem(forbidden, 403, "forbidden_thing")


async def test_a_database_error_and_a_bug_say_nothing(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    for _ in range(2):
        answer = await client.post("/api/v1/things", json={"name": SECRET}, headers=headers)
    assert_problem(answer, 500, "internal_error")
    assert_problem(await client.get(f"/api/v1/fail/{SECRET}"), 500, "internal_error")


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", f"/{SECRET}", 404, "not_found"),
        ("DELETE", "/api/v1/things", 405, "method_not_allowed"),
        ("POST", f"/api/v1/things/{SECRET}/rename", 422, "invalid_request"),
    ],
)
async def test_what_the_framework_refuses_is_a_problem_too(
    client: httpx.AsyncClient, headers: dict[str, str], method: str, path: str, status: int, kind: str
) -> None:
    assert_problem(await client.request(method, path, headers=headers), status, kind)


async def test_a_body_over_one_mebibyte_is_refused(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 65536 * 2

    json_headers = headers | {"Content-Type": "application/json"}
    whole = await client.post("/api/v1/things", content=b"x" * 1_100_000, headers=json_headers)
    parts = await client.post("/api/v1/things", content=chunks(), headers=json_headers)
    assert_problem(whole, 413, "content_too_large")
    assert_problem(parts, 413, "content_too_large")


async def test_security_headers_are_on_every_answer(client: httpx.AsyncClient) -> None:
    for path in ("/health/live", "/nowhere", "/api/v1/fail/x"):
        answer = await client.get(path)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["cache-control"] == "no-store"


def test_an_outage_is_told_from_a_fault() -> None:
    class LostError(Exception):
        sqlstate = "57P01"

    assert is_outage(ConnectionRefusedError())
    assert is_outage(OperationalError("", {}, LostError()))
    assert not is_outage(DBAPIError("", {}, ValueError()))
    assert not is_outage(ValueError())


async def test_the_documentation_says_what_errors_look_like(client: httpx.AsyncClient) -> None:
    operation = (await client.get("/openapi.json")).json()["paths"]["/api/v1/things"]["post"]
    for status in ("4XX", "5XX", "422"):
        assert list(operation["responses"][status]["content"]) == ["application/problem+json"]


def test_what_the_driver_says_of_a_lost_connection_is_an_outage_also_out_of_a_copy() -> None:
    assert is_outage(asyncpg.ConnectionDoesNotExistError())
    assert is_outage(asyncpg.AdminShutdownError())
    assert is_outage(asyncpg.InterfaceError("connection is closed"))
    assert not is_outage(asyncpg.UniqueViolationError())
    assert not is_outage(asyncpg.DataError())
