"""The demo's token endpoint: an assertion of a registered client, signed with its key, good once and for minutes."""

import json
import time
from typing import Any
from uuid import uuid4

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from homeward_local.client_credentials import ASSERTION_TYPE, TOKEN_PATH
from homeward_local.issuer import AUDIENCES, create_app

ISSUER = "http://issuer.test"
KEY = ECKey.generate_key("P-256")
RSA = RSAKey.generate_key(2048)
CLIENTS = json.dumps(
    [
        {"client_id": "hospital", "jwk": KEY.as_dict(private=False), "scopes": ["fhir", "hl7"]},
        {"client_id": "practice", "jwk": RSA.as_dict(private=False), "scopes": ["referrals.write"]},
    ]
)


@pytest.fixture
def issuer() -> httpx.AsyncClient:
    app = create_app(ECKey.generate_key("P-256"), ISSUER, CLIENTS)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ISSUER)


def assertion(key: ECKey | RSAKey | OctKey = KEY, alg: str = "ES256", **changed: Any) -> str:  # Any: JSON
    now = int(time.time())
    claims: dict[str, Any] = {  # Any: JSON
        "iss": "hospital",
        "sub": "hospital",
        "aud": ISSUER + TOKEN_PATH,
        "exp": now + 300,
        "jti": str(uuid4()),
    }
    return jwt.encode({"alg": alg}, claims | changed, key, algorithms=[alg])


def form(signed: str, **changed: str) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": signed,
    } | changed


async def test_an_assertion_is_exchanged_for_a_token_of_the_client(issuer: httpx.AsyncClient) -> None:
    answer = await issuer.post(TOKEN_PATH, data=form(assertion(), scope="fhir"))
    keys = KeySet.import_key_set((await issuer.get("/jwks.json")).json())
    token = jwt.decode(answer.json()["access_token"], keys, algorithms=["ES256"])
    assert token.header["typ"] == "at+jwt"
    assert token.claims | {"iat": 0, "exp": 0, "jti": ""} == {
        "iss": ISSUER, "sub": "hospital", "client_id": "hospital", "aud": AUDIENCES, "scope": "fhir",
        "iat": 0, "exp": 0, "jti": "",
    }  # fmt: skip
    assert answer.headers["cache-control"] == "no-store"


async def test_the_algorithm_of_the_nhs_is_taken(issuer: httpx.AsyncClient) -> None:
    signed = assertion(RSA, "RS512", iss="practice", sub="practice")
    assert (await issuer.post(TOKEN_PATH, data=form(signed))).json()["scope"] == "referrals.write"


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": ISSUER},
        {"sub": "practice"},
        {"iss": "practice", "sub": "practice"},
        {"iss": "nobody", "sub": "nobody"},
        {"exp": int(time.time()) + 3600},
        {"exp": int(time.time()) - 60},
        {"jti": None},
        {"exp": None},
    ],
)
async def test_another_assertion_is_refused(issuer: httpx.AsyncClient, changed: dict[str, Any]) -> None:  # Any: JSON
    answer = await issuer.post(TOKEN_PATH, data=form(assertion(**changed)))
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


async def test_an_assertion_counts_once(issuer: httpx.AsyncClient) -> None:
    signed = assertion()
    assert (await issuer.post(TOKEN_PATH, data=form(signed))).status_code == 200
    assert (await issuer.post(TOKEN_PATH, data=form(signed))).status_code == 401


async def test_a_shared_secret_proves_nothing(issuer: httpx.AsyncClient) -> None:
    secret = OctKey.import_key(json.dumps(KEY.as_dict(private=False)))
    for signed in (assertion(secret, "HS256"), "nonsense", ""):
        assert (await issuer.post(TOKEN_PATH, data=form(signed))).status_code == 401


async def test_only_what_the_client_has_is_granted(issuer: httpx.AsyncClient) -> None:
    answer = await issuer.post(TOKEN_PATH, data=form(assertion(), scope="fhir subscriptions"))
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_scope"})
    answer = await issuer.post(TOKEN_PATH, data=form(assertion(), grant_type="password"))
    assert (answer.status_code, answer.json()) == (400, {"error": "unsupported_grant_type"})
