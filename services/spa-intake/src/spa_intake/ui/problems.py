"""Pages for what went wrong: each says what to do next."""

from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from homeward_kit import telemetry
from homeward_kit.problems import is_outage

from .context import SignedIn, SignInNeededError, page, see_other

TITLES = {
    400: "This could not be read",
    403: "You cannot do this",
    404: "Page not found",
    405: "This does not work here",
    409: "This is not possible now",
    412: "Somebody changed this while you were working",
    500: "Sorry, something went wrong",
    503: "A part of the service does not answer",
}
SENTENCES = {
    403: "Your role may look at this, but somebody in another role has to do it.",
    404: "Check the address, or go back to the worklist.",
    500: "Nothing you entered was saved. Try again, and if it happens again give this trace number to the help desk.",
    503: "Nothing was lost. Try again in a minute.",
}


def error_page(
    request: Request, status: int, detail: str | None = None, *, user: SignedIn | None = None, back: str | None = None
) -> HTMLResponse:
    """A plain page with a title, a sentence and the way back."""
    values = {
        "status": status,
        "title": TITLES.get(status, TITLES[500]),
        "detail": detail or SENTENCES.get(status, ""),
        "trace_id": telemetry.current_trace_id() if status >= 500 else None,
        "back": back,
    }
    return page(request, "error.jinja", values, user=user, status=status)


def install(app: FastAPI) -> None:
    """Every error of the interface is a page."""

    async def to_sign_in(request: Request, _error: Exception) -> Response:
        wanted = request.url.path if request.method == "GET" else "/worklist"
        return see_other(f"/sign-in?next={quote(wanted)}")

    async def on_http(request: Request, error: Exception) -> Response:
        return error_page(request, error.status_code if isinstance(error, HTTPException) else 500)

    async def on_invalid(request: Request, _error: Exception) -> Response:
        return error_page(request, 400, "Go back and try again.")

    async def on_fault(request: Request, error: Exception) -> Response:
        """The answer only: the kit's outermost layer logs what happened."""
        return error_page(request, 503 if is_outage(error) else 500)

    app.add_exception_handler(SignInNeededError, to_sign_in)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(Exception, on_fault)
