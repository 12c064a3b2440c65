"""Possible duplicates: the list, two records side by side, and the decision; an earlier one can be taken back."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from spa_intake.read_model import staff_sessions
from spa_intake.ui.context import READ_YOUR_WRITES, SignedIn, User, page, see_other
from spa_intake.ui.forms.duplicate import form_for
from spa_intake.ui.forms.fields import Checked, check
from spa_intake.ui.owners import INTAKE, Command, Done
from spa_intake.ui.presenters import duplicates as presenter
from spa_intake.ui.problems import error_page
from spa_intake.ui.security import is_same_origin
from spa_intake.ui.waiting import DECIDERS

router = APIRouter(prefix="/possible-duplicates")
API = "/api/v1/people/possible-duplicates"
PAGE_SIZE = "25"

Json = Mapping[str, Any]  # Any: JSON of the intake API


@router.get("")
async def show_duplicates(user: User, tab: str = "waiting", after: UUID | None = None, done: str = "") -> Response:
    is_decided = tab == "decided"
    params = {"decided": str(is_decided).lower(), "limit": PAGE_SIZE} | ({"after": str(after)} if after else {})
    part = await user.ui.owners.read(user.staff, INTAKE, API, params)
    if part.data is None:
        return error_page(user.request, 503, user=user)
    items = part.data["items"]
    names = await _names(user, items)
    values = {
        "pairs": [presenter.duplicate_view(item, names, user.ui.now()) for item in items],
        "is_decided": is_decided,
        "waiting": part.data["waiting"],
        "next": part.data["next"],
        "after": after,
        "done": presenter.DONE.get(done),
    }
    return page(user.request, "duplicates.jinja", values, user=user)


@router.get("/{duplicate_id}")
async def show_duplicate(user: User, duplicate_id: UUID) -> Response:
    item = await _item(user, duplicate_id)
    return item if isinstance(item, Response) else await _page(user, item, Checked({}, None, {}))


@router.post("/{duplicate_id}")
async def decide(user: User, duplicate_id: UUID) -> Response:
    item = await _item(user, duplicate_id)
    if isinstance(item, Response):
        return item
    data = await user.request.form()
    number = user.ui.tokens.number(user.session, str(data.get("form_token", "")))
    if number is None or not is_same_origin(user.request):
        sentence = "This form is no longer valid. Go back, load the page again and send the form once more."
        return error_page(user.request, 403, sentence, user=user)
    checked = check(form_for(item["decision"]), data)
    if checked.values is None:
        return await _page(user, item, checked, 422)
    seen = str(data.get("version", ""))
    body = checked.values.model_dump(mode="json")
    path = f"{API}/{duplicate_id}/decide"
    command = Command(INTAKE, path, body, int(seen) if seen.isdigit() else None, number)
    result = await user.ui.owners.command(user.staff, command)
    user.ui.waiting.forget()
    if not isinstance(result, Done):
        return error_page(user.request, result.status, result.detail or None, user=user)
    await user.ui.parts.live.has_applied(result.event_ids, READ_YOUR_WRITES)
    return see_other(f"/possible-duplicates?done={body['decision']}")


async def _item(user: SignedIn, duplicate_id: UUID) -> Json | Response:
    part = await user.ui.owners.read(user.staff, INTAKE, f"{API}/{duplicate_id}")
    if part.data is None:
        return error_page(user.request, 503 if part.is_down else 404, user=user)
    found: Json = part.data
    return found


async def _page(user: SignedIn, item: Json, checked: Checked, status: int = 200) -> Response:
    names = await _names(user, [item])
    form = form_for(item["decision"])
    values = {
        "pair": presenter.duplicate_view(item, names, user.ui.now()),
        "fields": form.fields if user.staff.role in DECIDERS else (),
        "raw": checked.raw,
        "errors": checked.errors,
    }
    return page(user.request, "duplicate.jinja", values, user=user, status=status)


async def _names(user: SignedIn, items: list[Json]) -> Mapping[UUID, str]:
    async with user.ui.parts.database.transaction() as tx:
        return await staff_sessions.names(tx, presenter.deciders(items))
