"""OAuth2 client credentials with `private_key_jwt` (RFC 7523): a system proves who it is by a short-lived assertion."""

import json
import os
import sys
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey, import_key

from .config import DEMO_CLIENT, DEMO_SCOPES, Config
from .errors import StackError
from .local_http import local_http
from .secret_files import ensure_signing_key

GRANT_TYPE = "client_credentials"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ["ES256", "RS256", "PS256", "RS512"]
LONGEST_SECONDS = 300
LEEWAY_SECONDS = 10
TOKEN_PATH = "/oauth2/token"  # noqa: S105 - an address, not a password


class OAuthError(Exception):
    """The request is refused with an error code of RFC 6749."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


@dataclass(frozen=True)
class KnownClient:
    """A system that may ask for tokens: its public key and what it may ask for."""

    client_id: str
    key: ECKey | RSAKey
    scopes: frozenset[str]


@dataclass
class TokenDesk:
    """Checks assertions meant for one token endpoint; an assertion counts once."""

    token_url: str
    clients: Mapping[str, KnownClient]
    _used: dict[tuple[str, str], float] = field(default_factory=dict)  # (client, jti) → when it expires

    def grant(self, form: Mapping[str, str]) -> tuple[KnownClient, list[str]]:
        """The client and the scopes it gets; raises OAuthError."""
        if form.get("grant_type") != GRANT_TYPE:
            raise OAuthError(400, "unsupported_grant_type")
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise OAuthError(401, "invalid_client")
        client = self._authenticate(form.get("client_assertion", ""))
        wanted = form.get("scope", " ".join(sorted(client.scopes))).split()
        if not client.scopes.issuperset(wanted):
            raise OAuthError(400, "invalid_scope")
        return client, wanted

    def _authenticate(self, assertion: str) -> KnownClient:
        try:
            claimed = json.loads(jws.extract_compact(assertion.encode()).payload)["iss"]
            client = self.clients[claimed]
            claims = jwt.decode(assertion, client.key, algorithms=ALGORITHMS).claims
            jwt.JWTClaimsRegistry(
                leeway=LEEWAY_SECONDS,
                sub={"essential": True, "value": client.client_id},
                aud={"essential": True, "value": self.token_url},
                exp={"essential": True},
                jti={"essential": True},
            ).validate(claims)
        except (JoseError, ValueError, KeyError, TypeError):
            raise OAuthError(401, "invalid_client") from None
        now = time.time()
        if claims["exp"] > now + LONGEST_SECONDS + LEEWAY_SECONDS:
            raise OAuthError(401, "invalid_client")
        self._use(client.client_id, str(claims["jti"]), claims["exp"] + LEEWAY_SECONDS, now)
        return client

    def _use(self, client_id: str, jti: str, until: float, now: float) -> None:
        self._used = {used: end for used, end in self._used.items() if end > now}
        if (client_id, jti) in self._used:
            raise OAuthError(401, "invalid_client")
        self._used[client_id, jti] = until


def known_clients(text: str) -> dict[str, KnownClient]:
    """The clients of a JSON list of {"client_id", "jwk" or "key_file" (PEM), "scopes"}."""
    found = {}
    for entry in json.loads(text):
        key = _key_of_file(entry["key_file"]) if "key_file" in entry else import_key(dict(entry["jwk"]))
        if not isinstance(key, ECKey | RSAKey):
            raise TypeError("a client's key must be EC or RSA")
        found[entry["client_id"]] = KnownClient(entry["client_id"], key, frozenset(entry["scopes"]))
    return found


def _key_of_file(path: str) -> ECKey:
    """An EC key in PEM: the client's public one, or its own where the client lives beside the issuer."""
    return ECKey.import_key(Path(path).read_text())


def demo_client(config: Config) -> dict[str, Any]:  # JSON
    """The demo hospital's system as the issuer knows it: its public key only."""
    key = ECKey.import_key(demo_client_key(config).read_text())
    return {"client_id": DEMO_CLIENT, "jwk": key.as_dict(private=False), "scopes": DEMO_SCOPES}


def demo_client_key(config: Config) -> Path:
    """The file with the demo hospital's private key; made when there is none yet."""
    return ensure_signing_key(config.secrets / "demo-hospital-key.pem")


def client_token(token_url: str, client_id: str, key_file: Path, scope: str | None) -> str:
    """What a hospital's system does: sign an assertion with its own key and exchange it for a token."""
    now = int(time.time())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": token_url,
        "iat": now,
        "exp": now + LONGEST_SECONDS,
        "jti": str(uuid.uuid4()),
    }
    form = {
        "grant_type": GRANT_TYPE,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": jwt.encode({"alg": "ES256"}, claims, ECKey.import_key(key_file.read_text())),
        **({"scope": scope} if scope else {}),
    }
    try:
        answer = local_http().post(token_url, data=form)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise StackError(f"The token endpoint gave no token ({type(error).__name__}).") from error
    return str(answer.json()["access_token"])


def main() -> None:
    """Print a token for the first client whose key file lies here; scopes may follow. For the issuer in a container."""
    entries = [entry for entry in json.loads(os.environ["ISSUER_CLIENTS"]) if "key_file" in entry]
    if not entries:
        raise StackError("ISSUER_CLIENTS names no client with a key file.")
    token_url, client = os.environ["ISSUER_URL"] + TOKEN_PATH, entries[0]
    print(client_token(token_url, client["client_id"], Path(client["key_file"]), " ".join(sys.argv[1:]) or None))


if __name__ == "__main__":
    main()
