"""Who may read and change what, and the parts routes share."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request

from care_package.adapters.db.views import Page
from care_package.domain.ids import ProviderId
from homeward_kit.auth import require
from homeward_kit.callers import STAFF, Caller, Role
from homeward_kit.database import Database
from homeward_kit.problems import not_found

Reader = Annotated[Caller, Depends(require(Role.OPERATOR, *STAFF))]
Broker = Annotated[Caller, Depends(require(Role.BROKER))]
Answerer = Annotated[Caller, Depends(require(Role.BROKER, Role.PROVIDER))]
OfferReader = Annotated[Caller, Depends(require(Role.PROVIDER, Role.OPERATOR, *STAFF))]
Registrar = Annotated[Caller, Depends(require(Role.BROKER, Role.MANAGER, Role.OPERATOR))]
Declarer = Annotated[Caller, Depends(require(Role.PROVIDER, Role.BROKER, Role.MANAGER, Role.OPERATOR))]


def page(limit: Annotated[int, Query(ge=1, le=200)] = 50, after: UUID | None = None) -> Page:
    """Which part of a list is asked for."""
    return Page(limit, after)


PageIn = Annotated[Page, Depends(page)]


def database_of(request: Request) -> Database:
    """The service's database."""
    database: Database = request.app.state.database
    return database


def own_provider(caller: Caller) -> ProviderId | None:
    """The provider a caller speaks for; None for staff, who may act for any."""
    if caller.role is not Role.PROVIDER:
        return None
    kind, _, identifier = caller.subject.partition("/")
    try:
        return ProviderId(UUID(identifier if kind == "provider" else ""))
    except ValueError:
        raise not_found() from None
