"""What every page needs: who is signed in, the services, the templates, and the answer as HTML."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment

from spa_intake.read_model import staff_sessions
from spa_intake.read_model.staff_sessions import Staff

from . import navigation
from .owners import Owners
from .parts import UiParts
from .presenters import dates, words
from .security import FormTokens, is_https
from .waiting import Waiting

READ_YOUR_WRITES = timedelta(seconds=1)


class SignInNeededError(Exception):
    """Nobody is signed in, or not any more."""


@dataclass(frozen=True)
class Ui:
    """One per process."""

    parts: UiParts
    owners: Owners
    templates: Environment
    tokens: FormTokens
    waiting: Waiting

    def now(self) -> datetime:
        return self.parts.database.clock.now()


@dataclass(frozen=True)
class SignedIn:
    """A request of a member of staff."""

    request: Request
    ui: Ui
    staff: Staff
    session: str
    duplicates_waiting: int | None = None  # for the navigation of those who decide them

    def form_token(self) -> str:
        return self.ui.tokens.make(self.session)


def ui_of(request: Request) -> Ui:
    ui: Ui = request.app.state.ui
    return ui


def cookie_name(request: Request) -> str:
    """Browsers take the `__Host-` prefix only by https; on a laptop the cookie has a plain name."""
    return "__Host-homeward" if is_https(request.headers, request.url.scheme) else "homeward_session"


async def signed_in(request: Request) -> SignedIn:
    """The session of the cookie."""
    ui = ui_of(request)
    identifier = request.cookies.get(cookie_name(request))
    if not identifier:
        raise SignInNeededError
    async with ui.parts.database.transaction() as tx:
        staff = await staff_sessions.find_session(tx, identifier)
    if staff is None:
        raise SignInNeededError
    return SignedIn(request, ui, staff, identifier, await ui.waiting.duplicates(staff))


User = Annotated[SignedIn, Depends(signed_in)]


def page(
    request: Request,
    template: str,
    values: dict[str, Any],  # Any: what the template shows
    *,
    user: SignedIn | None = None,
    status: int = HTTPStatus.OK,
) -> HTMLResponse:
    """A page; every value a template shows is in `values` or one of these."""
    ui = ui_of(request)
    now = ui.now()
    shared = {
        "cspNonce": request.state.csp_nonce,
        "staff": user.staff if user else None,
        "staff_role": words.say(words.ROLES, user.staff.role) if user else None,
        "printed_at": f"{dates.clock(now)} on {dates.day(dates.london_day(now), dates.london_day(now))} {now:%Y}",
        "form_token": user.form_token if user else None,
        "duplicates_waiting": user.duplicates_waiting if user else None,
        "goes_to": navigation.of_role(user.staff.role) if user else (),
    }
    return HTMLResponse(ui.templates.get_template(template).render(shared | values), status)


def see_other(path: str) -> RedirectResponse:
    """After a POST: the page that shows what it did."""
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)
