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
from spa_intake.ui.owners import INTAKE, Command, Done, Refused
from spa_intake.ui.presenters import duplicates as presenter
from spa_intake.ui.presenters.differences import Difference
from spa_intake.ui.problems import error_page, needs_role
from spa_intake.ui.sending import Sent, sent_form
from spa_intake.ui.waiting import DECIDERS

router = APIRouter(prefix="/possible-duplicates")
PLACE = "/possible-duplicates"
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
    sent = await sent_form(user, PLACE)
    if isinstance(sent, Response):
        return sent
    checked = check(form_for(item["decision"]), sent.data)
    if sent.is_again:
        return await _page(user, item, Checked(checked.raw, None, {}))
    if checked.values is None:
        return await _page(user, item, checked, 422)
    body = checked.values.model_dump(mode="json")
    path = f"{API}/{duplicate_id}/decide"
    command = Command(INTAKE, path, body, sent.version, sent.number)
    result = await user.ui.owners.command(user.staff, command)
    user.ui.waiting.forget()
    if not isinstance(result, Done):
        return await _refusal(user, duplicate_id, result, sent)
    await user.ui.parts.live.has_applied(result.event_ids, READ_YOUR_WRITES)
    return see_other(f"/possible-duplicates?done={body['decision']}")


async def _refusal(user: SignedIn, duplicate_id: UUID, refused: Refused, sent: Sent) -> Response:
    if refused.status == 403:
        return needs_role(user, "Decide about records", DECIDERS, PLACE)
    if refused.status not in {409, 412, 428}:
        return error_page(user.request, refused.status, refused.detail or None, user=user, back=PLACE)
    item = await _item(user, duplicate_id)
    if isinstance(item, Response):
        return item
    decided = presenter.duplicate_view(item, await _names(user, [item]), user.ui.now()).decided
    wanted = presenter.DECISIONS[str(sent.data["decision"])]
    values = {
        "heading": "Somebody decided about these records while you were working",
        "lines": [Difference("Decision", decided or "Not decided", wanted)],
        "typed": sent.typed(),
        "action": f"{PLACE}/{duplicate_id}",
        "back": PLACE,
        "back_text": "Leave it as it is now",
        "section": "duplicates",
    }
    return page(user.request, "stale.jinja", values, user=user, status=refused.status)


async def _item(user: SignedIn, duplicate_id: UUID) -> Json | Response:
    part = await user.ui.owners.read(user.staff, INTAKE, f"{API}/{duplicate_id}")
    if part.data is None:
        return error_page(user.request, 503 if part.is_down else 404, user=user, back=PLACE)
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
