"""A system with a token of another's provider (npm's oidc-provider, private_key_jwt) uses every door of intake."""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from door_builders import adt, bars
from door_service import identifiers
from joserfc import jwt
from joserfc.jwk import RSAKey
from whole_intake import whole_intake

from homeward_kit.clients import Client
from homeward_kit.database import Database
from homeward_kit.settings import TrustedIssuer
from homeward_kit.testing.api import api_client
from homeward_local import assets

PROVIDER = Path(__file__).parent.parent / "provider"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SCOPES = "referrals.read referrals.write fhir hl7"
HOSPITAL = Client(
    client_id="rjz-ward-system", organisations=("RJZ",), scopes=frozenset({*SCOPES.split(), "subscriptions"})
)
REFERRAL = {
    "kind": "hospital_discharge",
    "person": {
        "hospital_number": "H550011",
        "family_name": "Provider",
        "given_name": "Test",
        "born_on": "1941-05-06",
    },
    "hospital": "RJZ",
    "ward": "W7",
    "needs": ["meals"],
}


@dataclass(frozen=True)
class Provider:
    """A running provider, and the key of the one client it knows."""

    url: str
    key: RSAKey

    def token(self, scope: str) -> str:
        """What a hospital's system does: sign an assertion as the NHS asks for (RS512) and exchange it."""
        now = int(time.time())
        claims = {
            "iss": HOSPITAL.client_id,
            "sub": HOSPITAL.client_id,
            "aud": f"{self.url}/token",
            "iat": now,
            "exp": now + 240,
            "jti": str(uuid4()),
        }
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION,
            "client_assertion": jwt.encode(
                {"alg": "RS512", "kid": self.key.kid}, claims, self.key, algorithms=["RS512"]
            ),
            "scope": scope,
        }
        answer = httpx.post(f"{self.url}/token", data=form)
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["access_token"]
        return token

    def headers(self, scope: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(scope)}"}


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    packages = assets.ensure_packages(print, PROVIDER)  # says what to do when npm's registry cannot be reached
    folder = tmp_path_factory.mktemp("provider")
    shutil.copy(PROVIDER / "package.json", folder)
    shutil.copy(PROVIDER / "provider.mjs", folder)
    (folder / "node_modules").symlink_to(packages / "node_modules", target_is_directory=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    key = RSAKey.generate_key(2048, {"kid": "hospital", "use": "sig"})
    signing = RSAKey.generate_key(2048, {"kid": "provider", "use": "sig", "alg": "PS256"})
    url = f"http://127.0.0.1:{port}"
    settings = {
        "issuer": url,
        "port": port,
        "keys": [signing.as_dict(private=True)],
        "client": {"client_id": HOSPITAL.client_id, "jwks": {"keys": [key.as_dict(private=False)]}},
        "scope": f"{SCOPES} subscriptions",
        "audience": "spa-intake",
    }
    environment = {**os.environ, "NODE_NO_WARNINGS": "1"}
    with subprocess.Popen(
        [assets.NODE, "provider.mjs", json.dumps(settings)],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert any(line.strip() == "ready" for line in process.stdout), "the provider did not start"
            yield Provider(url, key)
        finally:
            process.terminate()


@pytest.fixture
async def api(
    make_database: Callable[[str], Database], provider: Provider, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    database = make_database("spa_intake")
    issuer = TrustedIssuer(issuer=provider.url, jwks_url=f"{provider.url}/jwks")
    service = whole_intake(monkeypatch, tmp_path, database.address, [issuer], [HOSPITAL])
    async with api_client(service, database) as client:
        yield client


async def test_rest_fhir_and_hl7_with_the_providers_token(api: httpx.AsyncClient, provider: Provider) -> None:
    headers = provider.headers(SCOPES)
    sent = await api.post("/api/v1/referrals", json=REFERRAL, headers=headers)
    assert sent.status_code == 201, sent.text
    assert (await api.get(sent.headers["location"], headers=headers)).json()["referral_id"] == sent.json()[
        "referral_id"
    ]
    message = await api.post("/fhir/R4/$process-message", json=bars(), headers=headers | identifiers())
    assert message.status_code == 200, message.text
    moved = await api.post("/api/v1/hl7/adt", content=adt(), headers=headers)
    assert (moved.status_code, "\rMSA|AA|" in moved.text) == (200, True)


async def test_each_door_needs_its_scope_and_says_no_in_its_own_form(
    api: httpx.AsyncClient, provider: Provider
) -> None:
    headers = provider.headers("subscriptions")
    rest = await api.post("/api/v1/referrals", json=REFERRAL, headers=headers)
    assert (rest.status_code, rest.json()["type"], rest.json()["scope"]) == (
        403, "urn:homeward:problem:scope_missing", "referrals.write",
    )  # fmt: skip
    assert rest.headers["www-authenticate"] == 'Bearer error="insufficient_scope", scope="referrals.write"'
    fhir = await api.post("/fhir/R4/$process-message", json=bars(), headers=headers | identifiers())
    assert (fhir.status_code, fhir.json()["resourceType"]) == (403, "OperationOutcome")
    hl7 = await api.post("/api/v1/hl7/adt", content=adt(), headers=headers)
    assert (hl7.status_code, "\rMSA|AR|HW-A01-0001|" in hl7.text) == (403, True)


async def test_another_hospitals_code_is_refused_at_each_door(api: httpx.AsyncClient, provider: Provider) -> None:
    headers = provider.headers(SCOPES)
    rest = await api.post("/api/v1/referrals", json=REFERRAL | {"hospital": "RJ1"}, headers=headers)
    assert (rest.status_code, rest.json()["errors"][0]["pointer"]) == (403, "/hospital")
    hl7 = await api.post("/api/v1/hl7/adt", content=adt(MSH_4="RJ1"), headers=headers)
    assert "\rMSA|AR|HW-A01-0001|" in hl7.text


async def test_a_token_for_another_service_or_of_nobody_registered_is_refused(
    make_database: Callable[[str], Database], provider: Provider, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    database = make_database("spa_intake")
    issuer = TrustedIssuer(issuer=provider.url, jwks_url=f"{provider.url}/jwks")
    for issuers, clients in (([issuer.model_copy(update={"audience": "triage"})], [HOSPITAL]), ([issuer], [])):
        service = whole_intake(monkeypatch, tmp_path, database.address, issuers, clients)
        async with api_client(service, database) as client:
            answer = await client.get("/api/v1/referrals", headers=provider.headers(SCOPES))
            assert answer.status_code == 401
