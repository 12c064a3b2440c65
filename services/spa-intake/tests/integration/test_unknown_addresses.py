"""What programs ask for and is not there is told in their form, beside an interface that answers the rest."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
from whole_intake import whole_intake

from homeward_kit.database import Database
from homeward_kit.testing.api import api_client
from homeward_kit.testing.tokens import TokenIssuer

PROBLEM, FHIR, PAGE = "application/problem+json", "application/fhir+json", "text/html; charset=utf-8"


@pytest.fixture
async def client(
    make_database: Callable[[str], Database],
    token_issuer: TokenIssuer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[httpx.AsyncClient]:
    database = make_database("spa_intake")
    service = whole_intake(monkeypatch, tmp_path, database.address, [token_issuer.trusted])
    async with api_client(service, database) as opened:
        yield opened


@pytest.mark.parametrize(
    ("method", "path", "status", "form"),
    [
        ("GET", "/api/v1/nonsense", 404, PROBLEM),
        ("GET", "/api/v1/referrals/", 404, PROBLEM),
        ("PUT", "/api/v1/referrals", 405, PROBLEM),
        ("GET", "/api/v1/hl7/adt", 405, PROBLEM),
        ("GET", "/ops/nonsense", 404, PROBLEM),
        ("GET", "/fhir/STU3/metadata", 404, PROBLEM),
        ("GET", "/fhir/R4/Nonsense", 404, FHIR),
        ("GET", "/nonsense", 404, PAGE),
        ("GET", "/referrals/nonsense", 303, None),
    ],
)
async def test_each_is_told_in_its_callers_form(
    client: httpx.AsyncClient, method: str, path: str, status: int, form: str | None
) -> None:
    answer = await client.request(method, path)
    assert (answer.status_code, answer.headers.get("content-type")) == (status, form), answer.text
    if status == 405:
        assert answer.headers["allow"]
