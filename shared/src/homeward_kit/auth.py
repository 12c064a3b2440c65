"""Who calls: short-lived ES256 tokens of trusted issuers, checked here, and the roles that may do a thing."""

import json
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any

from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from joserfc import jws, jwt
from joserfc.errors import JoseError
from sqlalchemy.exc import SQLAlchemyError

from homeward_kit import audit
from homeward_kit.callers import STAFF, Caller, Role
from homeward_kit.keys import IssuerKeys, KeysUnavailableError
from homeward_kit.logging import get_logger
from homeward_kit.problems import Problem, unavailable
from homeward_kit.settings import TrustedIssuer

__all__ = ["STAFF", "Authenticator", "Caller", "InvalidTokenError", "Role", "require"]

ALGORITHM = "ES256"
TOKEN_TYPE = "at+jwt"  # noqa: S105 — RFC 9068's name for an access token
_LEEWAY_SECONDS = 10
_SUBJECT = re.compile(r"(staff|provider)/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|client/[A-Za-z0-9._-]{1,60}")
_CODE = re.compile(r"[A-Za-z0-9._-]{1,60}")

_log = get_logger(__name__)
_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="An access token of a trusted issuer.")


class InvalidTokenError(Exception):
    """The token is not one we accept; the message is a code."""


class Authenticator:
    """Checks tokens meant for one service."""

    def __init__(self, audience: str, issuers: Sequence[TrustedIssuer]) -> None:
        self._issuers = {trusted.issuer: IssuerKeys(trusted) for trusted in issuers}
        self._claims = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_SECONDS,
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            iss={"essential": True, "values": list(self._issuers)},
        )

    async def check(self, token: str) -> Caller:
        """The caller. Raises InvalidTokenError, or KeysUnavailableError when the issuer's keys cannot be had."""
        try:
            unverified = jws.extract_compact(token.encode())
            header, claims = unverified.headers(), _claims_of(unverified.payload)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise InvalidTokenError("malformed") from error
        if str(header.get("typ")).lower() != TOKEN_TYPE:
            raise InvalidTokenError("wrong_kind_of_token")
        keys = self._issuers.get(str(claims.get("iss")))
        key = await keys.find(str(header.get("kid"))) if keys else None
        if key is None:
            raise InvalidTokenError("unknown_issuer_or_key")
        try:
            verified = jwt.decode(token, key, algorithms=[ALGORITHM]).claims
            self._claims.validate(verified)
        except (JoseError, ValueError) as error:
            raise InvalidTokenError("not_valid_here_or_now") from error
        return _caller(verified)


def require(*roles: Role) -> Callable[..., Awaitable[Caller]]:
    """A dependency that lets these roles pass (operators are named like any other) and answers the caller.

    401 without a good token, 403 for another role; both are audited in a transaction of their own.
    """
    allowed = frozenset(roles)

    async def caller_of(
        request: Request,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    ) -> Caller:
        authenticator: Authenticator = request.app.state.authenticator
        if credentials is None:
            await _refuse(request, "anonymous", "no_token")
            raise _unauthenticated()
        try:
            caller = await authenticator.check(credentials.credentials)
        except KeysUnavailableError as error:
            raise unavailable() from error
        except InvalidTokenError as error:
            await _refuse(request, "anonymous", str(error))
            raise _unauthenticated() from None
        audit.acting.set(caller)  # forgotten at the end of the request, by the middleware
        if caller.role not in allowed:
            await _refuse(request, caller.subject, "role_not_allowed")
            raise _forbidden()
        return caller

    return caller_of


async def _refuse(request: Request, actor: str, reason: str) -> None:
    """Audit a refused attempt; a database that is down must not turn the refusal into another answer."""
    operation = getattr(request.scope.get("endpoint"), "__name__", "unknown")
    _log.warning("access_refused", operation=operation, reason=reason)
    try:
        async with request.app.state.database.transaction(actor=actor) as tx:
            await audit.record(tx, operation, "access", outcome=reason)
    except (OSError, SQLAlchemyError) as error:
        _log.error("refusal_not_audited", operation=operation, error=type(error).__name__)


def _claims_of(payload: bytes | None) -> dict[str, Any]:  # Any: JSON
    claims = json.loads(payload or b"")
    if not isinstance(claims, dict):
        raise TypeError("claims")
    return claims


def _caller(claims: dict[str, Any]) -> Caller:  # Any: JSON
    subject, org, purpose = (str(claims.get(name)) for name in ("sub", "org", "purpose"))
    if not (_SUBJECT.fullmatch(subject) and _CODE.fullmatch(org) and _CODE.fullmatch(purpose)):
        raise InvalidTokenError("malformed_claims")
    try:
        return Caller(subject, Role(str(claims.get("role"))), org, purpose)
    except ValueError:
        raise InvalidTokenError("unknown_role") from None


def _unauthenticated() -> Problem:
    return Problem(
        401,
        "unauthenticated",
        "Sign in first",
        "A valid access token for this service is needed. Get a new one and try again.",
        headers={"WWW-Authenticate": "Bearer"},
    )


def _forbidden() -> Problem:
    return Problem(403, "forbidden", "Not allowed", "Your role may not do this. Ask somebody whose role may.")
