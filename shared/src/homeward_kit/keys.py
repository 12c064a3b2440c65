"""The public keys of trusted issuers: fetched over HTTP, kept five minutes, fetched again for an unknown key."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey, import_key

from homeward_kit.http import trusted
from homeward_kit.logging import get_logger
from homeward_kit.settings import TrustedIssuer

KEPT_SECONDS = 300.0
AGAIN_SECONDS = 10.0  # an unknown key is looked for at most this often
OUTAGE_SECONDS = 1.0  # after a failure nobody waits for the issuer for this long
SMALLEST_RSA_BITS = 2048
PublicKey = ECKey | RSAKey

_log = get_logger(__name__)


class KeysUnavailableError(Exception):
    """The issuer's keys cannot be fetched now, so its tokens can be neither trusted nor refused."""


@dataclass
class IssuerKeys:
    """The keys of one issuer. Times are the process's own monotonic clock."""

    issuer: TrustedIssuer
    _keys: dict[str, PublicKey] = field(default_factory=dict)
    _fetched_at: float = -KEPT_SECONDS
    _failed_at: float = -OUTAGE_SECONDS
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def find(self, kid: str) -> PublicKey | None:
        """The key of that name, or None if the issuer does not publish it. Raises KeysUnavailableError."""
        if self._is_known(kid):
            return self._keys.get(kid)
        async with self._lock:  # one fetch however many requests wait for it
            if not self._is_known(kid):
                await self._fetch()
        return self._keys.get(kid)

    def _is_known(self, kid: str) -> bool:
        age = time.monotonic() - self._fetched_at
        return age < (KEPT_SECONDS if kid in self._keys else AGAIN_SECONDS)

    async def _fetch(self) -> None:
        if time.monotonic() - self._failed_at < OUTAGE_SECONDS:
            raise KeysUnavailableError
        try:
            async with httpx.AsyncClient(timeout=httpx.Timeout(3.0), verify=trusted()) as client:
                answer = await client.get(self.issuer.jwks_url)
            answer.raise_for_status()
            published = _usable(answer.json()["keys"])
        except (httpx.HTTPError, ValueError, KeyError, TypeError, JoseError) as error:
            self._failed_at = time.monotonic()
            _log.warning("issuer_keys_unavailable", issuer=self.issuer.issuer, error=type(error).__name__)
            raise KeysUnavailableError from error
        self._keys = published
        self._fetched_at = time.monotonic()


def _usable(published: Sequence[Mapping[str, Any]]) -> dict[str, PublicKey]:  # Any: members of a JSON Web Key
    """The keys that can check a signature here; one that cannot does not spoil the others."""
    found: dict[str, PublicKey] = {}
    for member in published:
        if member.get("kty") not in {"EC", "RSA"} or member.get("use", "sig") != "sig" or not member.get("kid"):
            continue
        try:
            key = import_key(dict(member))
        except (JoseError, ValueError, TypeError, KeyError):
            _log.warning("issuer_key_unusable")
            continue
        if isinstance(key, ECKey) or (isinstance(key, RSAKey) and key.public_key.key_size >= SMALLEST_RSA_BITS):
            found[str(member["kid"])] = key
    return found
