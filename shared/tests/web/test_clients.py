"""Registered clients: what their tokens may look like, what they may do, how much, and bound to which certificate."""

import asyncio
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Annotated
from urllib.parse import quote

import httpx
import pytest
from fastapi import APIRouter, Depends, Request
from joserfc.jwk import RSAKey
from pydantic import SecretStr

from homeward_kit.auth import Authenticator, Caller, InvalidTokenError, Role, require
from homeward_kit.clients import Client, Registry
from homeward_kit.database import Database
from homeward_kit.keys import _usable
from homeward_kit.rate_limits import RateLimits
from homeward_kit.service import Runtime, Service
from homeward_kit.settings import TrustedIssuer
from homeward_kit.testing.api import api_client
from homeward_kit.testing.tokens import TokenIssuer
from homeward_kit.web import create_app

WARD = Client(client_id="ward", organisations=("RJZ", "RJ1"), scopes=frozenset({"things", "more"}))
SLOW = Client(client_id="slow", organisations=("RJZ",), scopes=frozenset({"things"}), requests_per_second=1, burst=2)
SAFE = Client(client_id="safe", organisations=("RJZ",), scopes=frozenset({"things"}), needs_certificate=True)
BOTH = frozenset({"RJZ", "RJ1"})
CERTIFICATE = b"a certificate in DER"
THUMBPRINT = urlsafe_b64encode(sha256(CERTIFICATE).digest()).rstrip(b"=").decode()
BOUND = {"cnf": {"x5t#S256": THUMBPRINT}}

router = APIRouter(prefix="/api/v1/client-things")


@router.post("")
async def take_thing(
    request: Request, caller: Annotated[Caller, Depends(require(Role.WARD_SYSTEM, scope="things"))]
) -> str:
    await request.body()
    return caller.subject


@router.get("/unscoped")
async def without_a_scope(caller: Annotated[Caller, Depends(require(Role.WARD_SYSTEM))]) -> str:
    return caller.subject


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def foreign() -> Iterator[TokenIssuer]:
    """A provider that is trusted to name clients, not to say what somebody may do."""
    issuer = TokenIssuer("RS512")
    issuer.trusted = TrustedIssuer(issuer=issuer.url, jwks_url=f"{issuer.url}/jwks.json")
    yield issuer
    issuer.close()


def authenticator(*issuers: TokenIssuer) -> Authenticator:
    return Authenticator("triage", [issuer.trusted for issuer in issuers], [WARD, SLOW, SAFE])


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "PS256", "RS512"])
async def test_the_usual_algorithms_are_taken(algorithm: str) -> None:
    issuer = TokenIssuer(algorithm)
    try:
        caller = await authenticator(issuer).check(issuer.client_token("ward", "things"))
        assert (caller.subject, caller.role, caller.org) == ("client/ward", Role.WARD_SYSTEM, "RJZ")
        assert (caller.organisations, caller.scopes) == (BOTH, frozenset({"things"}))
    finally:
        issuer.close()


@pytest.mark.parametrize("algorithm", ["RS384", "PS512"])
async def test_others_are_not(algorithm: str) -> None:
    issuer = TokenIssuer(algorithm)
    try:
        with pytest.raises(InvalidTokenError):
            await authenticator(issuer).check(issuer.client_token("ward", "things"))
    finally:
        issuer.close()


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_keys_that_are_too_short_or_unknown_spoil_no_others() -> None:
    good = RSAKey.generate_key(2048, {"kid": "good"}).as_dict(private=False)
    short = RSAKey.generate_key(1024, {"kid": "short"}).as_dict(private=False)
    assert set(_usable([short, {"kty": "XX", "kid": "other"}, {"kty": "EC", "kid": "broken"}, good])) == {"good"}


async def test_a_token_gives_no_scope_that_is_not_registered_and_none_that_it_does_not_name(
    foreign: TokenIssuer,
) -> None:
    check = authenticator(foreign).check
    assert (await check(foreign.client_token("ward", "things admin"))).scopes == frozenset({"things"})
    assert (await check(foreign.client_token("ward", None))).scopes == frozenset()


@pytest.mark.parametrize("claims", [{"role": "manager", "org": "RJZ", "purpose": "direct_care"}, {}])
async def test_a_foreign_provider_cannot_say_what_somebody_may_do(
    foreign: TokenIssuer, claims: dict[str, object]
) -> None:
    with pytest.raises(InvalidTokenError, match="unknown_client"):
        await authenticator(foreign).check(foreign.client_token("nobody", "things", **claims))
    caller = await authenticator(foreign).check(foreign.client_token("ward", "things", **claims))
    assert (caller.role, caller.subject) == (Role.WARD_SYSTEM, "client/ward")


async def test_our_own_issuers_token_of_a_registered_client_is_held_to_what_is_registered(
    token_issuer: TokenIssuer,
) -> None:
    check = authenticator(token_issuer).check
    caller = await check(token_issuer.token(Role.WARD_SYSTEM, subject="client/ward", org="RJ1"))
    assert (caller.org, caller.organisations, caller.scopes) == ("RJ1", BOTH, WARD.scopes)
    for role, org in ((Role.WARD_SYSTEM, "RXX"), (Role.MANAGER, "RJZ")):
        with pytest.raises(InvalidTokenError, match="not_as_registered"):
            await check(token_issuer.token(role, subject="client/ward", org=org))


async def test_a_bound_token_needs_its_certificate(foreign: TokenIssuer) -> None:
    check = authenticator(foreign).check
    token = foreign.client_token("safe", "things", **BOUND)
    assert (await check(token, THUMBPRINT)).subject == "client/safe"
    for shown in (None, "another"):
        with pytest.raises(InvalidTokenError, match="bound_to_another_certificate"):
            await check(token, shown)
    with pytest.raises(InvalidTokenError, match="not_bound"):
        await check(foreign.client_token("safe", "things"), THUMBPRINT)
    with pytest.raises(InvalidTokenError, match="bound_to_another"):  # a binding that is not known here
        await check(foreign.client_token("ward", "things", cnf={"jkt": "x"}), THUMBPRINT)


def test_a_client_is_found_by_the_names_in_its_messages() -> None:
    client = WARD.model_copy(update={"facilities": {"PAS": "RJZ", "OLD": "RXX"}})
    registry = Registry([client])
    assert [client.organisation_of(name) for name in ("RJ1", "PAS", "OLD", "RXX")] == ["RJ1", "RJZ", None, None]
    assert registry.by_facility("things", "PAS") is client
    assert registry.by_facility("hl7", "PAS") is None
    assert registry.by_facility("things", "RXX") is None


def test_a_bucket_fills_at_its_rate() -> None:
    now = [0.0]
    limits = RateLimits(Registry([SLOW]), lambda: now[0])
    turns = [limits.take("client/slow") for _ in range(4)]
    assert [turn.wait_seconds for turn in turns] == [0, 0, 1, 1]
    assert [turn.is_audited for turn in turns] == [False, False, True, False]
    now[0] = 1.5
    assert [limits.take("client/slow").wait_seconds for _ in range(2)] == [0, 0.5]
    assert all(limits.take("staff/one").wait_seconds == 0 for _ in range(1000))


@pytest.fixture
def clients_service(service: Service, foreign: TokenIssuer) -> Service:
    settings = service.settings.model_copy(
        update={
            "trusted_issuers": (foreign.trusted,),
            "clients": (WARD, SLOW, SAFE),
            "client_certificate_header": "Client-Cert",
            "proxy_secret": SecretStr("between us"),
            "request_seconds": 0.3,
        }
    )
    return replace(service, settings=settings, routers=[router], body_limits={"/api/v1/client": 100})


@pytest.fixture
async def clients_api(clients_service: Service, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with api_client(clients_service, database) as client:
        yield client


@pytest.fixture
def outcomes(database: Database) -> Callable[[], "asyncio.Future[list[tuple[str, ...]]]"]:
    async def read() -> list[tuple[str, ...]]:
        async with database.transaction() as tx:
            rows = await tx.execute("SELECT action, actor, outcome FROM audit_log ORDER BY id")
            return [tuple(row) for row in rows]

    return lambda: asyncio.ensure_future(read())


async def test_a_scope_is_needed_and_a_route_without_one_is_closed_to_clients(
    clients_api: httpx.AsyncClient,
    foreign: TokenIssuer,
    outcomes: Callable[[], "asyncio.Future[list[tuple[str, ...]]]"],
) -> None:
    ward = bearer(foreign.client_token("ward", "things"))
    assert (await clients_api.post("/api/v1/client-things", headers=ward)).json() == "client/ward"
    other = await clients_api.post("/api/v1/client-things", headers=bearer(foreign.client_token("ward", "more")))
    assert (other.status_code, other.json()["scope"]) == (403, "things")
    assert (await clients_api.get("/api/v1/client-things/unscoped", headers=ward)).status_code == 403
    assert await outcomes() == [
        ("take_thing", "client/ward", "scope_missing"),
        ("without_a_scope", "client/ward", "scope_missing"),
    ]


async def test_who_asks_too_much_is_told_when_to_come_back(
    clients_api: httpx.AsyncClient,
    foreign: TokenIssuer,
    outcomes: Callable[[], "asyncio.Future[list[tuple[str, ...]]]"],
) -> None:
    slow = bearer(foreign.client_token("slow", "things"))
    answers = [await clients_api.post("/api/v1/client-things", headers=slow) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429, 429]
    assert answers[2].headers["retry-after"] == "1"
    assert answers[2].json()["type"] == "urn:homeward:problem:too_many_requests"
    assert await outcomes() == [("take_thing", "client/slow", "too_many_requests")]  # once, not for each


async def test_the_certificate_counts_only_from_the_proxy(clients_api: httpx.AsyncClient, foreign: TokenIssuer) -> None:
    token = bearer(foreign.client_token("safe", "things", **BOUND))
    der = b64encode(CERTIFICATE).decode()
    pem = quote(f"-----BEGIN CERTIFICATE-----\n{der}\n-----END CERTIFICATE-----\n")
    proxy = {"Homeward-Proxy-Secret": "between us"}
    for shown, status in (
        (proxy | {"Client-Cert": f":{der}:"}, 200),
        (proxy | {"Client-Cert": pem}, 200),
        ({"Client-Cert": f":{der}:"}, 401),
        ({"Client-Cert": f":{der}:", "Homeward-Proxy-Secret": "guessed"}, 401),
        (proxy | {"Client-Cert": f":{b64encode(b'another').decode()}:"}, 401),
        (proxy | {"Client-Cert": "nonsense"}, 401),
        (proxy, 401),
    ):
        answer = await clients_api.post("/api/v1/client-things", headers=token | shown)
        assert answer.status_code == status, shown


async def test_an_interface_has_its_own_limit_of_bytes(clients_api: httpx.AsyncClient, foreign: TokenIssuer) -> None:
    ward = bearer(foreign.client_token("ward", "things"))
    assert (await clients_api.post("/api/v1/client-things", headers=ward, content=b"x" * 100)).status_code == 200
    announced = await clients_api.post("/api/v1/client-things", headers=ward, content=b"x" * 101)
    assert (announced.status_code, announced.json()["type"]) == (413, "urn:homeward:problem:content_too_large")

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b"x" * 10

    streamed = await clients_api.post("/api/v1/client-things", headers=ward, content=pieces())
    assert streamed.status_code == 413


async def test_a_body_that_never_ends_is_given_up(
    clients_service: Service, database: Database, foreign: TokenIssuer
) -> None:
    app = create_app(clients_service, Runtime(clients_service, "api", database))
    token = foreign.client_token("ward", "things")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/api/v1/client-things", "raw_path": b"/api/v1/client-things", "query_string": b"", "root_path": "",
        "headers": [(b"authorization", f"Bearer {token}".encode())], "client": ("192.0.2.1", 1), "server": ("s", 80),
    }  # fmt: skip
    sent: list[None] = []

    async def receive() -> dict[str, object]:
        if not sent:
            sent.append(None)
            return {"type": "http.request", "body": b"{", "more_body": True}
        await asyncio.Event().wait()
        raise AssertionError

    answers: list[dict[str, object]] = []

    async def send(message: dict[str, object]) -> None:
        answers.append(message)

    await app(scope, receive, send)  # type: ignore[arg-type]  # plain dictionaries for ASGI's messages
    assert answers[0]["status"] == 408
    body = answers[1]["body"]
    assert isinstance(body, bytes)
    assert json.loads(body)["type"] == "urn:homeward:problem:request_timeout"
