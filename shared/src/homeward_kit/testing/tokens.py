"""Pytest plugin: an issuer of tokens whose public keys are fetched over HTTP, as those of a real one."""

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID, uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeyParameters, KeySet, RSAKey

from homeward_kit.auth import ALGORITHM, TOKEN_TYPE, Role
from homeward_kit.settings import TrustedIssuer

SERVICES = ("spa-intake", "triage", "care-package", "readmission-monitor")


class TokenIssuer:
    """Signs tokens and serves its public keys on a free port until it is closed."""

    def __init__(self, algorithm: str = ALGORITHM) -> None:
        self._algorithm = algorithm
        self.fetches = 0  # how often the public keys were asked for
        self.is_broken = False  # answers 500 while set
        self._key = _new_key(algorithm)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.trusted = TrustedIssuer(issuer=self.url, jwks_url=f"{self.url}/jwks.json", asserts_roles=True)

    def token(  # noqa: PLR0913 — the claims
        self,
        role: Role | str,
        *,
        subject: str | UUID | None = None,
        org: str = "RJZ",
        audience: str | Sequence[str] = SERVICES,
        header: Mapping[str, str] | None = None,
        claims: Mapping[str, object] | None = None,
    ) -> str:
        """A token for a role; `claims` and `header` fields replace the usual ones."""
        now = int(time.time())
        kind = {Role.PROVIDER: "provider", Role.WARD_SYSTEM: "client"}.get(Role(role), "staff")
        who = subject or uuid4()
        return jwt.encode(
            {"alg": self._algorithm, "typ": TOKEN_TYPE, "kid": self._key.kid} | dict(header or {}),
            {
                "iss": self.url,
                "sub": f"{kind}/{who}" if isinstance(who, UUID) else who,
                "aud": audience if isinstance(audience, str) else list(audience),
                "role": str(role),
                "org": org,
                "purpose": "direct_care",
                "iat": now,
                "exp": now + 3600,
                "jti": str(uuid4()),
            }
            | dict(claims or {}),
            self._key,
            algorithms=[self._algorithm],
        )

    def client_token(self, client_id: str, scope: str | None, **claims: object) -> str:
        """A token as a provider of somebody else's gives it: a client and its scopes, no role."""
        now = int(time.time())
        usual = {"iss": self.url, "sub": client_id, "client_id": client_id, "aud": list(SERVICES), "exp": now + 300}
        named = {} if scope is None else {"scope": scope}
        header = {"alg": self._algorithm, "typ": TOKEN_TYPE, "kid": self._key.kid}
        return jwt.encode(header, usual | named | claims, self._key, algorithms=[self._algorithm])

    def headers(self, role: Role | str, **options: Any) -> dict[str, str]:  # Any: the options of token()
        """The Authorization header for a role."""
        return {"Authorization": f"Bearer {self.token(role, **options)}"}

    def rotate(self) -> None:
        """Sign with a new key from now on; the old one is no longer published."""
        self._key = _new_key(self._algorithm)

    def public_keys(self) -> bytes:
        return json.dumps(KeySet([self._key]).as_dict(private=False)).encode()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture(scope="session")
def token_issuer() -> Iterator[TokenIssuer]:
    """One issuer for the test run; put `token_issuer.trusted` into a service's `trusted_issuers`."""
    issuer = TokenIssuer()
    yield issuer
    issuer.close()


def _new_key(algorithm: str) -> ECKey | RSAKey:
    parameters: KeyParameters = {"kid": uuid4().hex, "use": "sig", "alg": algorithm}
    return ECKey.generate_key("P-256", parameters) if algorithm == ALGORITHM else RSAKey.generate_key(2048, parameters)


def _handler_of(issuer: TokenIssuer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.fetches += 1
            self.send_response(500 if issuer.is_broken else 200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            if not issuer.is_broken:
                self.wfile.write(issuer.public_keys())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 — the base class's name
            """Tests print enough."""

    return Handler
