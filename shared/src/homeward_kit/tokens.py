"""Access tokens (RFC 9068) of trusted issuers, checked and turned into a caller."""

import json
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError

from homeward_kit.callers import Caller, Role
from homeward_kit.clients import Client, Registry
from homeward_kit.keys import IssuerKeys, PublicKey
from homeward_kit.settings import TrustedIssuer

ALGORITHM = "ES256"  # of the tokens we sign ourselves
ALGORITHMS = (ALGORITHM, "RS256", "PS256", "RS512")  # public keys only: a shared secret would let a service sign
TOKEN_TYPE = "at+jwt"  # noqa: S105 — RFC 9068's name for an access token
_TYPES = frozenset({TOKEN_TYPE, f"application/{TOKEN_TYPE}"})
_LEEWAY_SECONDS = 10
_MOST_KNOWN = 10_000  # tokens that are not checked again while nothing has changed
_SUBJECT = re.compile(r"(staff|provider)/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|client/[A-Za-z0-9._-]{1,60}")
_CODE = re.compile(r"[A-Za-z0-9._-]{1,60}")

# Any: claims are JSON.
Claims = dict[str, Any]


class InvalidTokenError(Exception):
    """The token is not one we accept; the message is a code."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A token that was checked: good until it expires, while the issuer publishes the key it was signed with."""

    caller: Caller
    keys: IssuerKeys
    key_id: str
    key: PublicKey
    until: float


class Authenticator:
    """Checks tokens meant for one service."""

    def __init__(self, audience: str, issuers: Sequence[TrustedIssuer], clients: Iterable[Client] = ()) -> None:
        self._issuers = {trusted.issuer: IssuerKeys(trusted) for trusted in issuers}
        self._claims = {
            trusted.issuer: jwt.JWTClaimsRegistry(
                leeway=_LEEWAY_SECONDS,
                aud={"essential": True, "value": trusted.audience or audience},
                exp={"essential": True},
                iss={"essential": True, "value": trusted.issuer},
            )
            for trusted in issuers
        }
        self.registry = Registry(clients)
        self._known: dict[tuple[bytes, str | None], _Known] = {}

    async def check(self, token: str, certificate: str | None = None) -> Caller:
        """The caller. Raises InvalidTokenError, or KeysUnavailableError when the issuer's keys cannot be had.

        `certificate` is the SHA-256 thumbprint (base64url) of the TLS certificate the caller has shown: a token that
        is bound to one (RFC 8705) is worth nothing without it. A token seen before is known by its digest: checking a
        signature costs as much as a third of what a request does.
        """
        place = (sha256(token.encode()).digest(), certificate)
        known = self._known.get(place)
        if known and time.time() < known.until and await known.keys.find(known.key_id) is known.key:
            return known.caller
        known = await self._check(token, certificate)
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[place] = known
        return known.caller

    async def _check(self, token: str, certificate: str | None) -> _Known:
        try:
            unverified = jws.extract_compact(token.encode())
            header, claims = unverified.headers(), _claims_of(unverified.payload)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise InvalidTokenError("malformed") from error
        if str(header.get("typ")).lower() not in _TYPES:
            raise InvalidTokenError("wrong_kind_of_token")
        issuer = str(claims.get("iss"))
        keys = self._issuers.get(issuer)
        key = await keys.find(str(header.get("kid"))) if keys else None
        if keys is None or key is None:
            raise InvalidTokenError("unknown_issuer_or_key")
        verified = _verified(token, key, self._claims[issuer])
        bound = _binding(verified)
        if bound is not None and bound != certificate:
            raise InvalidTokenError("bound_to_another_certificate")
        caller = self._caller(verified, asserts_roles=keys.issuer.asserts_roles)
        client = self.registry.of_subject(caller.subject)
        if client is not None and client.needs_certificate and bound is None:
            raise InvalidTokenError("not_bound_to_a_certificate")
        return _Known(caller, keys, str(header.get("kid")), key, float(verified["exp"]) + _LEEWAY_SECONDS)

    def _caller(self, claims: Claims, *, asserts_roles: bool) -> Caller:
        if not asserts_roles or "role" not in claims:
            return self._registered(claims)
        caller = _asserted(claims)
        client = self.registry.of_subject(caller.subject)
        if client is None:
            return caller
        if caller.org not in client.organisations or caller.role is not client.role:
            raise InvalidTokenError("not_as_registered")
        scopes = _scopes(claims) if "scope" in claims else client.scopes
        return replace(client.caller(scopes, caller.purpose), org=caller.org)

    def _registered(self, claims: Claims) -> Caller:
        """A registered client; its token can name fewer scopes than it has, and one that names none has none."""
        named = next((claims[name] for name in ("client_id", "azp", "sub") if name in claims), None)
        client = self.registry.find(str(named))
        if client is None:
            raise InvalidTokenError("unknown_client")
        return client.caller(_scopes(claims))


def _verified(token: str, key: PublicKey, expected: jwt.JWTClaimsRegistry) -> Claims:
    try:
        decoded = jwt.decode(token, key, algorithms=list(ALGORITHMS))
        expected.validate(decoded.claims)
    except (JoseError, ValueError) as error:
        raise InvalidTokenError("not_valid_here_or_now") from error
    if key.get("alg", decoded.header["alg"]) != decoded.header["alg"]:
        raise InvalidTokenError("another_algorithm_than_the_keys")
    return decoded.claims


def _claims_of(payload: bytes | None) -> Claims:
    claims = json.loads(payload or b"")
    if not isinstance(claims, dict):
        raise TypeError("claims")
    return claims


def _binding(claims: Claims) -> str | None:
    """The thumbprint a token is bound to; whatever else it is bound to cannot be checked here."""
    confirmation = claims.get("cnf")
    if confirmation is None:
        return None
    return str(confirmation.get("x5t#S256")) if isinstance(confirmation, dict) else ""


def _scopes(claims: Claims) -> frozenset[str]:
    named = claims.get("scope")
    return frozenset(named.split()) if isinstance(named, str) else frozenset()


def _asserted(claims: Claims) -> Caller:
    """Whoever an issuer of ours says it is."""
    subject, org, purpose = (str(claims.get(name)) for name in ("sub", "org", "purpose"))
    if not (_SUBJECT.fullmatch(subject) and _CODE.fullmatch(org) and _CODE.fullmatch(purpose)):
        raise InvalidTokenError("malformed_claims")
    try:
        return Caller(subject, Role(str(claims.get("role"))), org, purpose, organisations=frozenset({org}))
    except ValueError:
        raise InvalidTokenError("unknown_role") from None
