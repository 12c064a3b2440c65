"""Sign-in. The demonstration has a card per role; other sign-in comes with the identity provider."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from spa_intake.read_model import staff_sessions
from spa_intake.ui import demo_staff
from spa_intake.ui.context import cookie_name, page, see_other, ui_of
from spa_intake.ui.presenters import words
from spa_intake.ui.problems import error_page
from spa_intake.ui.security import is_https, is_same_origin, safe_path

router = APIRouter()


@router.get("/sign-in")
async def show_sign_in(
    request: Request,
    next: str | None = None,  # noqa: A002 — the address's own word
    *,
    lost: bool = False,
) -> Response:
    cards = [
        {"role": staff.role, "title": words.ROLES[staff.role], "name": staff.name, "task": task}
        for staff, task in demo_staff.colleagues()
    ]
    return page(request, "sign_in.jinja", {"cards": cards, "next": safe_path(next), "is_lost": lost})


@router.post("/sign-in")
async def sign_in(
    request: Request, role: Annotated[str, Form()], to: Annotated[str, Form(alias="next")] = ""
) -> Response:
    ui = ui_of(request)
    staff = demo_staff.colleague(role) if ui.parts.is_demo else None
    if staff is None or not is_same_origin(request):
        return error_page(request, 403, "This sign-in is not possible here.")
    async with ui.parts.database.transaction() as tx:
        identifier = await staff_sessions.open_session(tx, staff)
    response = see_other(safe_path(to))
    response.set_cookie(
        cookie_name(request),
        identifier,
        path="/",
        httponly=True,
        samesite="lax",
        secure=is_https(request.headers, request.url.scheme),
        max_age=staff_sessions.SESSION_HOURS * 3600,
    )
    return response


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    identifier = request.cookies.get(cookie_name(request))
    if identifier and is_same_origin(request):
        async with ui_of(request).parts.database.transaction() as tx:
            await staff_sessions.close_session(tx, identifier)
    response = see_other("/sign-in")
    response.delete_cookie(cookie_name(request), path="/")
    return response
