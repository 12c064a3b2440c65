"""Pages for what went wrong: each says what happened, what became of the work, and what to do next."""

from collections.abc import Iterable
from urllib.parse import quote, urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from homeward_kit import telemetry
from homeward_kit.problems import is_outage

from .context import SignedIn, SignInNeededError, page, see_other, signed_in
from .presenters import words

TITLES = {
    400: "This could not be read",
    403: "You cannot do this",
    404: "Page not found",
    405: "This address takes no such request",
    409: "This is not possible now",
    412: "Somebody changed this while you were working",
    413: "This is too long",
    422: "Something is missing or cannot be used",
    429: "Too many requests at once",
    500: "Sorry, something went wrong",
    503: "A part of the service does not answer",
}
SENTENCES = {
    400: "Nothing was saved. Go back, load the page again and try once more.",
    403: "Your role may look at this, but somebody in another role has to do it.",
    404: "Check the address, or start from the worklist. A referral that was there before has not been deleted: "
    "look for it on the worklist.",
    405: "Nothing was saved. Use the buttons and links of the pages.",
    409: "Nothing was saved. Look at how things stand now.",
    412: "Nothing was saved. Look at what is there now, then decide whether your change is still right.",
    413: "Nothing was saved. Go back and shorten what you entered: a note takes up to 4,000 characters.",
    422: "Nothing was saved. Go back and fill in the form again.",
    429: "Nothing was saved. Wait a minute, then go back and try again.",
    500: "Nothing you entered was saved. Try again, and if it happens again give this trace number to the help desk.",
    503: "Nothing was lost. Try again in a minute.",
}
BACK = {
    "/worklist": "Go to the worklist",
    "/possible-duplicates": "Back to the possible duplicates",
    "/acceptance-rules": "Back to the acceptance rules",
    "/subscriptions": "Back to the subscriptions",
    "/referrals": "Back to the referral",
}


def error_page(
    request: Request, status: int, detail: str | None = None, *, user: SignedIn | None = None, back: str | None = None
) -> HTMLResponse:
    """A page with a title, a sentence and the way on."""
    shown = status if status in TITLES else 500 if status >= 500 else 400
    values = {
        "title": TITLES[shown],
        "detail": detail or SENTENCES[shown],
        "trace_id": telemetry.current_trace_id() if status >= 500 else None,
        "back": back if back != "/worklist" else None,
        "back_text": next((text for place, text in BACK.items() if (back or "").startswith(place)), "Go back"),
    }
    return page(request, "error.jinja", values, user=user, status=status)


def needs_role(user: SignedIn, what: str, roles: Iterable[str], back: str) -> HTMLResponse:
    """Who may do what this person may not."""
    who = " or ".join(sorted(words.say(words.ROLES, role).lower() for role in roles))
    mine = words.say(words.ROLES, user.staff.role).lower()
    sentence = f"You are signed in as {mine}. “{what}” needs: {who}. Ask a colleague in that role."
    return error_page(user.request, 403, sentence, user=user, back=back)


def install(app: FastAPI) -> None:
    """Every error of the interface is a page."""

    async def to_sign_in(request: Request, _error: Exception) -> Response:
        if request.method == "GET":
            return see_other(f"/sign-in?next={quote(request.url.path)}")
        return see_other(f"/sign-in?next={quote(_form_of(request))}&lost=true")

    async def on_http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return error_page(request, status, user=await _who(request))

    async def on_invalid(request: Request, error: Exception) -> Response:
        """An address that names nothing, or a form that lacks something: pages of ours do neither."""
        faults = error.errors() if isinstance(error, RequestValidationError) else ()
        places = {str(fault["loc"][0]) for fault in faults}
        status = 404 if "path" in places else 422 if "body" in places else 400
        return error_page(request, status, user=await _who(request))

    async def on_fault(request: Request, error: Exception) -> Response:
        """The answer only: the kit's outermost layer logs what happened."""
        return error_page(request, 503 if is_outage(error) else 500)

    app.add_exception_handler(SignInNeededError, to_sign_in)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(Exception, on_fault)


def _form_of(request: Request) -> str:
    """The page of ours that a form was sent from."""
    page_of_form = urlsplit(request.headers.get("referer", ""))
    return page_of_form.path if page_of_form.netloc == request.headers.get("host") else "/worklist"


async def _who(request: Request) -> SignedIn | None:
    """For the navigation of the page."""
    try:
        return await signed_in(request)
    except SignInNeededError:
        return None
