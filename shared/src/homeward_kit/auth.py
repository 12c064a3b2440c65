"""Who may do a thing: the dependency that routes name their roles and scope with; whoever is refused is audited."""

from collections.abc import Awaitable, Callable

from fastapi import Request
from fastapi.security import HTTPBearer

from homeward_kit import audit
from homeward_kit.callers import STAFF, Caller, Role
from homeward_kit.certificates import shown_certificate
from homeward_kit.keys import KeysUnavailableError
from homeward_kit.logging import get_logger
from homeward_kit.problems import Problem, unavailable
from homeward_kit.rate_limits import RateLimits, too_many
from homeward_kit.refusals import note_refusal
from homeward_kit.tokens import ALGORITHM, TOKEN_TYPE, Authenticator, InvalidTokenError

__all__ = ["ALGORITHM", "STAFF", "TOKEN_TYPE", "Authenticator", "Caller", "InvalidTokenError", "Role", "require"]

_log = get_logger(__name__)


def require(*roles: Role, scope: str | None = None) -> Callable[..., Awaitable[Caller]]:
    """A dependency that lets these roles pass (operators are named like any other) and answers the caller.

    A registered client needs the route's scope too; where a route names none, no such client passes. 401 without a
    good token, 403 for another role or without the scope, 429 for a client that asks too much; all are audited.
    """
    return _Required(frozenset(roles), scope)


class _Required(HTTPBearer):
    """The scheme and the check in one: FastAPI solves each dependency of a dependency as dearly as the first."""

    def __init__(self, roles: frozenset[Role], scope: str | None) -> None:
        description = "An access token of a trusted issuer."
        super().__init__(auto_error=False, bearerFormat="JWT", scheme_name="HTTPBearer", description=description)
        self.roles = roles
        self.scope = scope

    async def __call__(self, request: Request) -> Caller:  # type: ignore[override]  # who it is, not the token
        credentials = await super().__call__(request)
        if credentials is None:
            _refuse(request, "no_token")
            raise _unauthenticated()
        caller = await _authenticated(request, credentials.credentials)
        audit.acting.set(caller)  # forgotten at the end of the request, by the middleware
        _take_turn(request, caller)
        if caller.role not in self.roles:
            _refuse(request, "role_not_allowed")
            raise _forbidden()
        if caller.scopes is not None and self.scope not in caller.scopes:
            _refuse(request, "scope_missing")
            raise _scope_missing(self.scope)
        return caller


async def _authenticated(request: Request, token: str) -> Caller:
    authenticator: Authenticator = request.app.state.authenticator
    try:
        return await authenticator.check(token, shown_certificate(request))
    except KeysUnavailableError as error:
        raise unavailable() from error
    except InvalidTokenError as error:
        _refuse(request, str(error))
        raise _unauthenticated() from None


def _take_turn(request: Request, caller: Caller) -> None:
    limits: RateLimits = request.app.state.rate_limits
    turn = limits.take(caller.subject)
    if turn.wait_seconds:
        note_refusal(request.scope, "too_many_requests", is_audited=turn.is_audited)
        raise too_many(turn)


def _refuse(request: Request, reason: str) -> None:
    """Say why, for the audit row that is written before the answer leaves."""
    operation = getattr(request.scope.get("endpoint"), "__name__", "unknown")
    _log.warning("access_refused", operation=operation, reason=reason)
    note_refusal(request.scope, reason)


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
