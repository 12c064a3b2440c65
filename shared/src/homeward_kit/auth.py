"""Who may do a thing: the dependency that routes name their roles and scope with; whoever is refused is audited."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.exc import SQLAlchemyError

from homeward_kit import audit
from homeward_kit.callers import STAFF, Caller, Role
from homeward_kit.keys import KeysUnavailableError
from homeward_kit.logging import get_logger
from homeward_kit.problems import Problem, unavailable
from homeward_kit.tokens import ALGORITHM, TOKEN_TYPE, Authenticator, InvalidTokenError

__all__ = ["ALGORITHM", "STAFF", "TOKEN_TYPE", "Authenticator", "Caller", "InvalidTokenError", "Role", "require"]

_log = get_logger(__name__)
_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="An access token of a trusted issuer.")


def require(*roles: Role, scope: str | None = None) -> Callable[..., Awaitable[Caller]]:
    """A dependency that lets these roles pass (operators are named like any other) and answers the caller.

    A registered client needs the route's scope too; where a route names none, no such client passes. 401 without a
    good token, 403 for another role or without the scope; both are audited in a transaction of their own.
    """
    allowed = frozenset(roles)

    async def caller_of(
        request: Request,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    ) -> Caller:
        if credentials is None:
            await _refuse(request, "anonymous", "no_token")
            raise _unauthenticated()
        caller = await _authenticated(request, credentials.credentials)
        audit.acting.set(caller)  # forgotten at the end of the request, by the middleware
        if caller.role not in allowed:
            await _refuse(request, caller.subject, "role_not_allowed")
            raise _forbidden()
        if caller.scopes is not None and scope not in caller.scopes:
            await _refuse(request, caller.subject, "scope_missing")
            raise _scope_missing(scope)
        return caller

    caller_of.roles = allowed  # type: ignore[attr-defined]  # read by the test that holds every route against its rule
    caller_of.scope = scope  # type: ignore[attr-defined]  # as above
    return caller_of


async def _authenticated(request: Request, token: str) -> Caller:
    authenticator: Authenticator = request.app.state.authenticator
    try:
        return await authenticator.check(token)
    except KeysUnavailableError as error:
        raise unavailable() from error
    except InvalidTokenError as error:
        await _refuse(request, "anonymous", str(error))
        raise _unauthenticated() from None


async def _refuse(request: Request, actor: str, reason: str) -> None:
    """Audit a refused attempt; a database that is down must not turn the refusal into another answer."""
    operation = getattr(request.scope.get("endpoint"), "__name__", "unknown")
    _log.warning("access_refused", operation=operation, reason=reason)
    try:
        async with request.app.state.database.transaction(actor=actor) as tx:
            await audit.record(tx, operation, "access", outcome=reason)
    except (OSError, SQLAlchemyError) as error:
        _log.error("refusal_not_audited", operation=operation, error=type(error).__name__)


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


def _scope_missing(scope: str | None) -> Problem:
    challenge = 'Bearer error="insufficient_scope"' + (f', scope="{scope}"' if scope else "")
    return Problem(
        403,
        "scope_missing",
        "Not allowed",
        "The token does not hold the scope this needs. Ask for it where you get the token, or have it registered.",
        extra={"scope": scope},
        headers={"WWW-Authenticate": challenge},
    )
