"""The key with which the UI's tokens are signed: one minute, for one service, for the member of staff who acts."""

import time
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID, uuid4

from joserfc import jwt
from joserfc.jwk import ECKey

ALGORITHM = "ES256"
TOKEN_TYPE = "at+jwt"  # noqa: S105 — RFC 9068's name for an access token
LIFE_SECONDS = 60


class StaffTokens:
    """Signs tokens in the name of spa-intake; `issuer` is its own address."""

    def __init__(self, key_file: Path, issuer: str) -> None:
        self._issuer = issuer
        key = ECKey.import_key(key_file.read_bytes())
        self._key = ECKey.import_key(
            key.as_dict(private=True) | {"kid": key.thumbprint(), "use": "sig", "alg": ALGORITHM}
        )

    def mint_staff_token(
        self, audience: str, *, staff_id: UUID, role: str, org: str, purpose: str = "direct_care"
    ) -> str:
        """A token for one service; the claims are those of architecture.md, section 8."""
        now = int(time.time())
        return jwt.encode(
            {"alg": ALGORITHM, "typ": TOKEN_TYPE, "kid": self._key.kid},
            {
                "iss": self._issuer,
                "sub": f"staff/{staff_id}",
                "aud": audience,
                "role": role,
                "org": org,
                "purpose": purpose,
                "iat": now,
                "exp": now + LIFE_SECONDS,
                "jti": str(uuid4()),
            },
            self._key,
            algorithms=[ALGORITHM],
        )

    def public_keys(self) -> Mapping[str, object]:
        """The key set that the services read."""
        return {"keys": [self._key.as_dict(private=False)]}
