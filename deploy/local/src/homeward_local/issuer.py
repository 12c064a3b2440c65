"""The demo's token issuer: gives anyone on this machine a token for any role. Never for real use."""

import os
import time
import uuid
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from fastapi import Body, FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey
from pydantic import BaseModel, ConfigDict, Field

from .config import DEMO_HOSPITAL, DEMO_PLACE, HOST, SERVICES

TOKEN_SECONDS = 3600
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


def create_app(key: ECKey, issuer: str) -> FastAPI:
    """The two endpoints: tokens, and the public key that checks them."""
    app = FastAPI(title="Homeward demo issuer", docs_url=None, redoc_url=None)
    key_id = key.thumbprint()

    @app.post("/token")
    def token(asked: Annotated[TokenRequest, Body()]) -> TokenAnswer:
        now = int(time.time())
        claims = {
            "iss": issuer,
            "sub": asked.sub or default_subject(asked.role),
            "aud": AUDIENCES,
            "role": asked.role,
            "org": asked.org or (DEMO_HOSPITAL if asked.role == "ward_system" else DEMO_PLACE),
            "purpose": "direct_care",
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "jti": str(uuid.uuid4()),
        }
        header = {"alg": "ES256", "typ": "at+jwt", "kid": key_id}
        return TokenAnswer(access_token=jwt.encode(header, claims, key))

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
    app = create_app(key, os.environ["ISSUER_URL"])
    uvicorn.run(
        app, host=os.environ.get("HOST", HOST), port=int(os.environ["PORT"]), access_log=False, log_level="warning"
    )


if __name__ == "__main__":
    main()
