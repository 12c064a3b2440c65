"""Only good tokens of trusted issuers for this service pass, and every refusal is audited."""

import json
import time
from base64 import urlsafe_b64encode
from uuid import uuid4

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from homeward_kit import keys
from homeward_kit.auth import Authenticator, InvalidTokenError, Role
from homeward_kit.database import Database
from homeward_kit.keys import KeysUnavailableError
from homeward_kit.settings import TrustedIssuer
from homeward_kit.testing.tokens import TokenIssuer


@pytest.fixture
def authenticator(token_issuer: TokenIssuer) -> Authenticator:
    return Authenticator("triage", [token_issuer.trusted])


async def test_a_good_token_names_its_caller(authenticator: Authenticator, token_issuer: TokenIssuer) -> None:
    who = uuid4()
    caller = await authenticator.check(token_issuer.token(Role.NURSE, subject=who, audience="triage"))
    assert (caller.subject, caller.role, caller.org) == (f"staff/{who}", Role.NURSE, "RJZ")


@pytest.mark.parametrize(
    "claims",
    [
        {"claims": {"exp": int(time.time()) - 60}},
        {"claims": {"exp": None}},
        {"audience": "care-package"},
        {"claims": {"iss": "https://elsewhere.test"}},
        {"header": {"typ": "JWT"}},
        {"header": {"kid": "unknown"}},
        {"claims": {"role": "king"}},
        {"subject": "Mary Smith"},
        {"claims": {"purpose": "a long story"}},
    ],
)
async def test_a_token_that_is_not_right_is_refused(
    authenticator: Authenticator, token_issuer: TokenIssuer, claims: dict[str, object]
) -> None:
    token = token_issuer.token(Role.NURSE, **claims)  # type: ignore[arg-type]  # of mixed kinds
    with pytest.raises(InvalidTokenError):
        await authenticator.check(token)


async def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(
    authenticator: Authenticator, token_issuer: TokenIssuer
) -> None:
    public = json.loads(token_issuer.public_keys())["keys"][0]
    claims = {"iss": token_issuer.url, "aud": "triage", "sub": f"staff/{uuid4()}", "exp": int(time.time()) + 60}
    forged = jwt.encode(
        {"alg": "HS256", "typ": "at+jwt", "kid": public["kid"]}, claims, OctKey.import_key(public["x"] * 2)
    )
    none = urlsafe_b64encode(json.dumps({"alg": "none", "typ": "at+jwt", "kid": public["kid"]}).encode()).decode()
    for token in (forged, f"{none.rstrip('=')}.{forged.split('.')[1]}.", "nonsense", "a.b.c", ""):
        with pytest.raises(InvalidTokenError):
            await authenticator.check(token)


async def test_keys_are_fetched_once_and_again_for_a_new_key(monkeypatch: pytest.MonkeyPatch) -> None:
    issuer = TokenIssuer()
    try:
        authenticator = Authenticator("triage", [issuer.trusted])
        for _ in range(3):
            await authenticator.check(issuer.token(Role.NURSE))
        assert issuer.fetches == 1
        issuer.rotate()
        with pytest.raises(InvalidTokenError):  # asked a moment ago: not again so soon
            await authenticator.check(issuer.token(Role.NURSE))
        assert issuer.fetches == 1
        monkeypatch.setattr(keys, "AGAIN_SECONDS", 0.0)
        await authenticator.check(issuer.token(Role.NURSE))
        assert issuer.fetches == 2
    finally:
        issuer.close()


async def test_a_token_seen_before_is_good_only_until_it_expires(
    authenticator: Authenticator, token_issuer: TokenIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = token_issuer.token(Role.NURSE)
    assert await authenticator.check(token) is await authenticator.check(token)
    later = time.time() + 3600 + 11
    monkeypatch.setattr(time, "time", lambda: later)
    with pytest.raises(InvalidTokenError):
        await authenticator.check(token)


async def test_a_token_seen_before_is_worth_nothing_once_its_key_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    issuer = TokenIssuer()
    try:
        authenticator = Authenticator("triage", [issuer.trusted])
        token = issuer.token(Role.NURSE)
        await authenticator.check(token)
        issuer.rotate()
        monkeypatch.setattr(keys, "KEPT_SECONDS", 0.0)
        with pytest.raises(InvalidTokenError):
            await authenticator.check(token)
    finally:
        issuer.close()


async def test_a_token_seen_before_is_bound_to_its_certificate_still(
    authenticator: Authenticator, token_issuer: TokenIssuer
) -> None:
    token = token_issuer.token(Role.NURSE, claims={"cnf": {"x5t#S256": "mine"}})
    await authenticator.check(token, "mine")
    for other in ("another's", None):
        with pytest.raises(InvalidTokenError):
            await authenticator.check(token, other)


async def test_an_outage_of_the_issuer_is_not_a_refusal() -> None:
    issuer = TokenIssuer()
    try:
        issuer.is_broken = True
        authenticator = Authenticator("triage", [issuer.trusted])
        for _ in range(2):
            with pytest.raises(KeysUnavailableError):
                await authenticator.check(issuer.token(Role.NURSE))
        assert issuer.fetches == 1  # nobody waits for it again at once
        gone = TrustedIssuer(issuer=issuer.url, jwks_url="http://127.0.0.1:1/jwks.json")
        with pytest.raises(KeysUnavailableError):
            await Authenticator("triage", [gone]).check(issuer.token(Role.NURSE))
    finally:
        issuer.close()


async def test_refused_attempts_are_audited(
    client: httpx.AsyncClient, token_issuer: TokenIssuer, database: Database
) -> None:
    body = {"name": "one"}
    anonymous = await client.post("/api/v1/things", json=body)
    expired = await client.post(
        "/api/v1/things", json=body, headers=token_issuer.headers(Role.NURSE, claims={"exp": 1})
    )
    nurse = await client.post("/api/v1/things", json=body, headers=token_issuer.headers(Role.NURSE))
    assert [anonymous.status_code, expired.status_code, nurse.status_code] == [401, 401, 403]
    assert anonymous.headers["www-authenticate"] == "Bearer"
    async with database.transaction() as tx:
        rows = (await tx.execute("SELECT action, actor, role, outcome FROM audit_log ORDER BY id")).all()
    assert [(row.action, row.outcome) for row in rows] == [
        ("make_thing", "no_token"),
        ("make_thing", "not_valid_here_or_now"),
        ("make_thing", "role_not_allowed"),
    ]
    assert rows[2].role == "nurse"
    assert rows[2].actor.startswith("staff/")
    assert rows[0].role is None


async def test_the_audit_log_is_insert_only(client: httpx.AsyncClient, database: Database) -> None:
    await client.post("/api/v1/things", json={"name": "one"})
    for statement in ("UPDATE audit_log SET actor = ''", "DELETE FROM audit_log", "TRUNCATE audit_log"):
        with pytest.raises(Exception, match="insert-only"):
            async with database.transaction() as tx:
                await tx.execute(statement)
