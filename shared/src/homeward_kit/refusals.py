"""Every access in the audit log, also refused: what its route has not written is written before the answer leaves."""

from collections.abc import MutableMapping
from typing import Any
from uuid import UUID

from homeward_kit import audit
from homeward_kit.logging import get_logger
from homeward_kit.outages import DATABASE_FAILURES

_REASON = "homeward.refused"
_UNAUDITED = "homeward.unaudited"
# how the machinery is, asked by pages and scripts every few seconds: nothing of anybody's record is in it
NOT_OF_PEOPLE = frozenset({"show_lag", "read_demo_clock", "show_read_model"})

# Any: ASGI's own type.
Scope = MutableMapping[str, Any]

_log = get_logger(__name__)


def note_refusal(scope: Scope, reason: str, *, is_audited: bool = True) -> None:
    """Say in a code why a request is refused; a flood of the same need not be written down each time."""
    scope.setdefault(_REASON, reason)
    if not is_audited:
        scope[_UNAUDITED] = True


async def audit_answer(scope: Scope, app: object, status: int) -> None:
    """Write down that a request of one of `app`'s own routes was refused, or read something, unless its route did so.

    A database that is down must not turn the answer into another one.
    """
    operation = getattr(scope.get("endpoint"), "__name__", None)
    if operation is None or scope.get("app") is not app or _UNAUDITED in scope:
        return  # no route of ours: nothing was asked for
    told, caller = audit.told.get() or audit.Told(), audit.acting.get()
    if 400 <= status < 500 and not told.refusal:
        outcome = str(scope.get(_REASON, f"http_{status}"))
    elif status < 300 and scope["method"] == "GET" and caller and not told.access and operation not in NOT_OF_PEOPLE:
        outcome = "ok"
    else:
        return
    try:
        async with scope["app"].state.database.transaction(actor=caller.subject if caller else "anonymous") as tx:
            await audit.record(tx, operation, _subject(scope), outcome=outcome)
    except DATABASE_FAILURES as error:
        _log.error("access_not_audited", operation=operation, error=type(error).__name__)


def _subject(scope: Scope) -> str:
    """What was asked for, as far as it is named by identifiers of ours: a path may hold what a caller typed."""
    named = []
    for name, value in scope.get("path_params", {}).items():
        try:
            named.append(f"{name.removesuffix('_id').removesuffix('_key')}/{UUID(str(value))}")
        except ValueError:
            continue
    return " ".join(named) or "access"
