"""What routes share: who calls, what they may touch, and the parts of the running process."""

from collections.abc import AsyncIterator
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, Request

from homeward_kit.auth import STAFF, Caller, Role
from homeward_kit.commands import check_version
from homeward_kit.database import Database, Tx
from homeward_kit.problems import Pointer, Problem
from spa_intake.adapters.signing import StaffTokens
from spa_intake.domain.policy import Policy
from spa_intake.use_cases.access import Access

READERS = (*sorted(STAFF), Role.OPERATOR)
WARD_OR_COORDINATOR = (Role.WARD_SYSTEM, Role.COORDINATOR)


class Scopes:
    """What a registered client may be let do; staff need none of them."""

    READ = "referrals.read"
    WRITE = "referrals.write"
    FHIR = "fhir"
    HL7 = "hl7"
    SUBSCRIPTIONS = "subscriptions"


def policy_of(request: Request) -> Policy:
    policy: Policy = request.app.state.policy
    return policy


def staff_tokens_of(request: Request) -> StaffTokens:
    tokens: StaffTokens = request.app.state.staff_tokens
    return tokens


def organisations_of(caller: Caller) -> AbstractSet[str] | None:
    """Whose referrals the caller may see: a ward system those of its organisations, everybody else all (None)."""
    return caller.organisations | {caller.org} if caller.role is Role.WARD_SYSTEM else None


def sending_organisation(caller: Caller, named: str, pointer: str) -> str:
    """The organisation whose referral it is: a ward system names one of its own, staff any. Else 403."""
    if caller.role is not Role.WARD_SYSTEM:
        return named
    organisation = caller.organisation_named(named)
    if organisation is None:
        sentence = "You are not registered to speak for this organisation."
        raise Problem(
            403,
            "not_your_organisation",
            "Not allowed",
            "A client sends for its own organisations only. Correct the code, or have it registered for your client.",
            pointers=[Pointer(pointer, "not_your_organisation", sentence)],
        )
    return organisation


def access_of(caller: Caller, request: Request) -> Access:
    """For a command on a referral; If-Match must be the version that is there."""
    return Access(organisations_of(caller), lambda current: check_version(request, current))


@asynccontextmanager
async def reading(request: Request, caller: Caller) -> AsyncIterator[Tx]:
    """A transaction for a read, with its audit row."""
    database: Database = request.app.state.database
    async with database.transaction(actor=caller.subject) as tx:
        yield tx


PolicyDep = Annotated[Policy, Depends(policy_of)]
