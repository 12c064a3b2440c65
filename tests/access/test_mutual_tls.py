"""Tokens that are bound to a TLS certificate (RFC 8705), over real TLS: worth nothing without that certificate."""

import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from whole_intake import whole_intake

from homeward_kit.clients import Client
from homeward_kit.database import Database
from homeward_kit.testing.tokens import TokenIssuer

from .certificates import HEADER, SECRET_HEADER, Authority, Shown, proxy
from .conftest import MANY, SCOPES
from .served import served

SECRET = "known to the proxy alone"
PLACE = "/api/v1/referrals"
LIMITS = {"scopes": SCOPES, "requests_per_second": MANY, "burst": MANY}
BOUND = Client(client_id="bound", organisations=("RJZ",), needs_certificate=True, **LIMITS)
FREE = Client(client_id="free", organisations=("RJZ",), **LIMITS)


@dataclass(frozen=True)
class Site:
    """A service behind its proxy, with two clients' certificates."""

    inside: str
    outside: str
    authority: Authority
    issuer: TokenIssuer
    own: Shown
    another: Shown
    database: Database

    def token(self, client: str, bound_to: Shown | None = None) -> dict[str, str]:
        bound = {"cnf": {"x5t#S256": bound_to.thumbprint}} if bound_to else {}
        return {"Authorization": f"Bearer {self.issuer.client_token(client, 'referrals.read', **bound)}"}

    async def ask(self, shown: Shown | None, headers: dict[str, str]) -> int:
        """What a client is answered that shows this certificate."""
        context = ssl.create_default_context(cafile=str(self.authority.file))
        if shown:
            context.load_cert_chain(shown.file)
        async with httpx.AsyncClient(verify=context, trust_env=False) as client:
            return (await client.get(self.outside + PLACE, headers=headers)).status_code

    async def ask_inside(self, headers: dict[str, str]) -> int:
        """What somebody is answered who reaches the service and not the proxy."""
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(self.inside + PLACE, headers=headers)).status_code

    async def outcomes(self) -> set[str]:
        """Why what was refused was refused, as the audit log has it."""
        async with self.database.transaction() as tx:
            found = await tx.execute("SELECT outcome FROM audit_log WHERE outcome <> 'ok'")
            return {row.outcome for row in found}


@pytest.fixture
async def site(
    make_database: Callable[[str], Database],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    token_issuer: TokenIssuer,
) -> AsyncIterator[Site]:
    database = make_database("spa_intake")
    monkeypatch.setenv("CLIENT_CERTIFICATE_HEADER", HEADER)
    monkeypatch.setenv("PROXY_SECRET", SECRET)
    service = whole_intake(monkeypatch, tmp_path, database.address, [token_issuer.trusted], [BOUND, FREE])
    authority = Authority(tmp_path, "authority")
    own, another = authority.issue("own"), authority.issue("another")
    with served(service) as inside:
        async with proxy(inside, authority, SECRET) as outside:
            yield Site(inside, outside, authority, token_issuer, own, another, database)


async def test_a_bound_token_counts_with_its_certificate_alone(site: Site) -> None:
    bound = site.token("bound", site.own)
    assert await site.ask(site.own, bound) == 200
    assert await site.ask(site.another, bound) == 401
    assert await site.ask(site.own, site.token("bound")) == 401  # not bound, and its client must be
    assert await site.ask(site.another, site.token("free")) == 200
    assert await site.outcomes() == {"bound_to_another_certificate", "not_bound_to_a_certificate"}


async def test_the_header_counts_from_the_proxy_alone(site: Site) -> None:
    bound, stolen = site.token("bound", site.own), {HEADER: site.own.header}
    assert await site.ask_inside(bound | stolen) == 401
    assert await site.ask_inside(bound | stolen | {SECRET_HEADER: "a guess"}) == 401
    assert await site.ask_inside(bound | stolen | {SECRET_HEADER: SECRET}) == 200  # whoever knows it is the proxy
    assert await site.ask(site.another, bound | stolen | {SECRET_HEADER: SECRET}) == 401  # the proxy's own word counts


async def test_the_proxy_lets_nobody_in_without_a_certificate_of_the_sites(site: Site, tmp_path: Path) -> None:
    stranger = Authority(tmp_path, "stranger").issue("own")
    for shown in (None, stranger):
        with pytest.raises((httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError)):
            await site.ask(shown, site.token("free"))
    assert await site.outcomes() == set()
