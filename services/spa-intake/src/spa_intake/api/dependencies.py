"""What routes share: who calls, what they may touch, and the parts of the running process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, Request

from homeward_kit.auth import STAFF, Caller, Role
from homeward_kit.commands import check_version
from homeward_kit.database import Database, Tx
from spa_intake.adapters.signing import StaffTokens
from spa_intake.domain.policy import Policy
from spa_intake.use_cases.access import Access

READERS = (*sorted(STAFF), Role.OPERATOR)
WARD_OR_COORDINATOR = (Role.WARD_SYSTEM, Role.COORDINATOR)


def policy_of(request: Request) -> Policy:
    policy: Policy = request.app.state.policy
    return policy


def staff_tokens_of(request: Request) -> StaffTokens:
    tokens: StaffTokens = request.app.state.staff_tokens
    return tokens


def organisation_of(caller: Caller) -> str | None:
    """Whose referrals the caller may see: a ward system its own organisation's, everybody else all."""
    return caller.org if caller.role is Role.WARD_SYSTEM else None


def access_of(caller: Caller, request: Request) -> Access:
    """For a command on a referral; If-Match must be the version that is there."""
    return Access(organisation_of(caller), lambda current: check_version(request, current))


@asynccontextmanager
async def reading(request: Request, caller: Caller) -> AsyncIterator[Tx]:
    """A transaction for a read, with its audit row."""
    database: Database = request.app.state.database
    async with database.transaction(actor=caller.subject) as tx:
        yield tx


PolicyDep = Annotated[Policy, Depends(policy_of)]
