"""Subscriptions of ward systems: how each address does, what was sent, and what can be done about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from spa_intake.ui.context import SignedIn, User, page, see_other
from spa_intake.ui.forms import subscription as forms
from spa_intake.ui.forms.fields import Checked, check
from spa_intake.ui.navigation import SUBSCRIBERS
from spa_intake.ui.owners import INTAKE, Command, Done, Refused
from spa_intake.ui.presenters import subscriptions as presenter
from spa_intake.ui.problems import error_page, needs_role
from spa_intake.ui.sending import sent_form

router = APIRouter(prefix="/subscriptions")
PLACE = "/subscriptions"
API = "/api/v1/subscriptions"
PAGE_SIZE = "25"
SINCE_EVER = "2020-01-01T00:00:00Z"  # messages are kept for thirty days

Json = Mapping[str, Any]  # Any: JSON of the intake API


@dataclass(frozen=True)
class Step:
    """Something that is done to a subscription; `question` where it is asked about first."""

    heading: str
    button: str
    question: str = ""
    needs_version: bool = True
    is_warning: bool = False


STEPS: Mapping[str, Step] = {
    "test": Step("Send a test message", "Send a test message", needs_version=False),
    "resume": Step("Resume", "Resume"),
    "replay": Step("Send again", "Send again", needs_version=False),
    "pause": Step(
        "Pause this subscription?",
        "Pause it",
        "Nothing is sent until somebody resumes it. Messages wait, for a day at most; then they are given up.",
    ),
    "rotate": Step(
        "Make a new secret?",
        "Make a new secret",
        "The new secret is shown once. For a day messages are signed with both, so that the ward's system can be set.",
    ),
    "remove": Step(
        "Remove this subscription?",
        "Remove it",
        "What still waits is dropped, and the address and its secret are forgotten. This cannot be undone.",
        is_warning=True,
    ),
}


@router.get("")
async def show_subscriptions(user: User, after: UUID | None = None, done: str = "") -> Response:
    if user.staff.role not in SUBSCRIBERS:
        return needs_role(user, "Subscriptions", SUBSCRIBERS, "/worklist")
    params = {"limit": PAGE_SIZE} | ({"after": str(after)} if after else {})
    part = await user.ui.owners.read(user.staff, INTAKE, API, params)
    if part.data is None:
        return error_page(user.request, 503, user=user)
    values = {
        "subscriptions": [presenter.subscription_view(item, user.ui.now()) for item in part.data["items"]],
        "next": part.data["next"],
        "after": after,
        "done": presenter.DONE.get(done),
    }
    return page(user.request, "subscriptions.jinja", values, user=user)


@router.get("/new")
async def show_new(user: User) -> Response:
    if user.staff.role not in SUBSCRIBERS:
        return needs_role(user, "Add a subscription", SUBSCRIBERS, PLACE)
    return _form_page(user, Checked({}, None, {}))


@router.post("/new")
async def add(user: User) -> Response:
    sent = await sent_form(user, PLACE)
    if isinstance(sent, Response):
        return sent
    checked = check(forms.NEW, sent.data)
    if not isinstance(checked.values, forms.SubscriptionForm):
        return _form_page(user, checked, 422)
    command = Command(INTAKE, API, checked.values.body(), None, sent.number)
    result = await user.ui.owners.command(user.staff, command)
    if isinstance(result, Done):
        return _secret_page(user, result.body, is_new=True)
    if result.status in {409, 422}:
        names = [field.name for field in forms.NEW.fields]
        is_target = result.code == "target_refused"
        errors = {"url": presenter.REFUSALS.get(result.reason, result.detail)} if is_target else result.on(names)
        return _form_page(user, Checked(checked.raw, None, errors), 422)
    return _refusal(user, result, PLACE)


@router.get("/{subscription_id}")
async def show_subscription(
    user: User, subscription_id: UUID, state: str = "", after: str = "", done: str = ""
) -> Response:
    item = await _item(user, subscription_id)
    if isinstance(item, Response):
        return item
    chosen = state if state in presenter.TABS else ""
    params = {"limit": PAGE_SIZE} | ({"state": chosen} if chosen else {}) | ({"after": after} if after else {})
    part = await user.ui.owners.read(user.staff, INTAKE, f"{API}/{subscription_id}/deliveries", params)
    sent = part.data or {"items": [], "next": None}
    values = {
        "one": presenter.subscription_view(item, user.ui.now()),
        "deliveries": [presenter.delivery_view(one, user.ui.now()) for one in sent["items"]],
        "next": sent["next"],
        "is_down": part.data is None,
        "state": chosen,
        "after": after,
        "tabs": presenter.tabs(chosen),
        "done": presenter.DONE.get(done),
    }
    return page(user.request, "subscription.jinja", values, user=user)


@router.get("/{subscription_id}/{code}")
async def ask_first(user: User, subscription_id: UUID, code: str) -> Response:
    step = STEPS.get(code)
    if step is None or not step.question:
        return error_page(user.request, 404, user=user, back=f"{PLACE}/{subscription_id}")
    item = await _item(user, subscription_id)
    if isinstance(item, Response):
        return item
    values = {"step": step, "code": code, "one": presenter.subscription_view(item, user.ui.now())}
    return page(user.request, "subscription_confirm.jinja", values, user=user)


@router.post("/{subscription_id}/{code}")
async def do_step(user: User, subscription_id: UUID, code: str) -> Response:
    back = f"{PLACE}/{subscription_id}"
    step = STEPS.get(code)
    if step is None:
        return error_page(user.request, 404, user=user, back=back)
    sent = await sent_form(user, back)
    if isinstance(sent, Response):
        return sent
    place = f"{API}/{subscription_id}"
    version = sent.version if step.needs_version else None
    if code == "remove":
        command = Command(INTAKE, place, {}, version, sent.number, "DELETE")
    elif code == "replay":
        chosen = str(sent.data.get("webhook_id", ""))
        body = {"webhook_id": chosen} if chosen else {"dead_since": SINCE_EVER}
        command = Command(INTAKE, f"{place}/replay", body, None, sent.number)
    else:
        command = Command(INTAKE, f"{place}/{code}", {}, version, sent.number)
    result = await user.ui.owners.command(user.staff, command)
    if isinstance(result, Refused):
        return _refusal(user, result, back)
    if code == "rotate":
        return _secret_page(user, result.body, is_new=False)
    return see_other(f"{PLACE}?done=remove" if code == "remove" else f"{back}?done={code}")


async def _item(user: SignedIn, subscription_id: UUID) -> Json | Response:
    if user.staff.role not in SUBSCRIBERS:
        return needs_role(user, "Subscriptions", SUBSCRIBERS, "/worklist")
    part = await user.ui.owners.read(user.staff, INTAKE, f"{API}/{subscription_id}")
    if part.data is None:
        return error_page(user.request, 503 if part.is_down else 404, user=user, back=PLACE)
    found: Json = part.data
    return found


def _refusal(user: SignedIn, refused: Refused, back: str) -> Response:
    if refused.status == 403:
        return needs_role(user, "Subscriptions", SUBSCRIBERS, "/worklist")
    return error_page(user.request, refused.status, refused.detail or None, user=user, back=back)


def _form_page(user: SignedIn, checked: Checked, status: int = 200) -> Response:
    values = {"fields": {field.name: field for field in forms.NEW.fields}, "raw": checked.raw, "errors": checked.errors}
    return page(user.request, "subscription_form.jinja", values, user=user, status=status)


def _secret_page(user: SignedIn, item: Json, *, is_new: bool) -> Response:
    """The answer to the form itself: the secret is in no address, and a reload sends the same form again."""
    values = {
        "one": presenter.subscription_view(item, user.ui.now()),
        "secret": item["secret"],
        "is_new": is_new,
    }
    return page(user.request, "subscription_secret.jinja", values, user=user)
