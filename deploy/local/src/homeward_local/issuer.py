"""The demo's token issuer: a token for any role to anyone on this machine, and client credentials as in real use."""

import os
import time
import uuid
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from fastapi import Body, FastAPI, Request
from fastapi.responses import JSONResponse
from joserfc import jwt
from joserfc.jwk import ECKey
from pydantic import BaseModel, ConfigDict, Field

from .client_credentials import TOKEN_PATH, OAuthError, TokenDesk, known_clients
from .config import DEMO_HOSPITAL, DEMO_PLACE, HOST, SERVICES

TOKEN_SECONDS = 3600
CLIENT_TOKEN_SECONDS = 300
AUDIENCES = [service.name for service in SERVICES]
# A fixed namespace, so that the nurse of yesterday's demo is the nurse of today's.
PEOPLE = uuid.UUID("6c1f5a1e-6f0a-4d0c-9d0a-0b6d1a5f7e10")


class TokenRequest(BaseModel):
    """Which role the token is for; the rest has defaults that suit the demo."""

    model_config = ConfigDict(extra="forbid")

    role: str = Field(pattern="^[a-z_]{3,30}$")
    sub: str | None = None
    org: str | None = None


class TokenAnswer(BaseModel):
    access_token: str
    token_type: str = "Bearer"  # noqa: S105 - the name of a scheme, not a password
    expires_in: int = TOKEN_SECONDS


def default_subject(role: str) -> str:
    """The demo's one person or system of a role."""
    if role == "ward_system":
        return "client/demo-ward"
    kind = "provider" if role == "provider" else "staff"
    return f"{kind}/{uuid.uuid5(PEOPLE, role)}"


def create_app(key: ECKey, issuer: str, clients: str = "[]") -> FastAPI:
    """The token endpoints, and the public key that checks tokens; `clients` as `known_clients` reads them."""
    app = FastAPI(title="Homeward demo issuer", docs_url=None, redoc_url=None)
    key_id = key.thumbprint()
    desk = TokenDesk(issuer + TOKEN_PATH, known_clients(clients))

    def signed(seconds: int, claims: dict[str, Any]) -> str:  # claims are JSON
        now = int(time.time())
        usual = {"iss": issuer, "aud": AUDIENCES, "iat": now, "exp": now + seconds, "jti": str(uuid.uuid4())}
        return jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": key_id}, usual | claims, key)

    @app.post("/token")
    def token(asked: Annotated[TokenRequest, Body()]) -> TokenAnswer:
        claims = {
            "sub": asked.sub or default_subject(asked.role),
            "role": asked.role,
            "org": asked.org or (DEMO_HOSPITAL if asked.role == "ward_system" else DEMO_PLACE),
            "purpose": "direct_care",
        }
        return TokenAnswer(access_token=signed(TOKEN_SECONDS, claims))

    @app.post(TOKEN_PATH, response_model=None)
    async def client_token(request: Request) -> JSONResponse:
        """RFC 6749, section 4.4, with private_key_jwt; what the client may do is registered with the services."""
        form = await request.form()
        try:
            client, scopes = desk.grant({name: value for name, value in form.items() if isinstance(value, str)})
        except OAuthError as error:
            return JSONResponse({"error": error.code}, error.status, {"Cache-Control": "no-store"})
        claims = {"sub": client.client_id, "client_id": client.client_id, "scope": " ".join(scopes)}
        answer = {
            "access_token": signed(CLIENT_TOKEN_SECONDS, claims),
            "token_type": "Bearer",
            "expires_in": CLIENT_TOKEN_SECONDS,
            "scope": claims["scope"],
        }
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})

    @app.get("/jwks.json")
    def keys() -> dict[str, Any]:  # a JSON Web Key Set
        public = key.as_dict(private=False) | {"kid": key_id, "use": "sig", "alg": "ES256"}
        return {"keys": [public]}

    @app.get("/health/ready")
    def ready() -> dict[str, str]:
        return {"status": "ready"}

    return app


def main() -> None:
    """Serve on the port, with the key and under the name that the environment gives."""
    key = ECKey.import_key(Path(os.environ["ISSUER_KEY_FILE"]).read_text())
    app = create_app(key, os.environ["ISSUER_URL"], os.environ.get("ISSUER_CLIENTS", "[]"))
    uvicorn.run(
        app, host=os.environ.get("HOST", HOST), port=int(os.environ["PORT"]), access_log=False, log_level="warning"
    )


if __name__ == "__main__":
    main()
