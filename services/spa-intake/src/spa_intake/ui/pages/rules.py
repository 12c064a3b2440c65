"""Acceptance rules: what counts since when and by whom, how each came to be, and a change that is looked at first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from spa_intake.read_model import staff_sessions
from spa_intake.ui.context import SignedIn, User, page, see_other
from spa_intake.ui.forms import rule as forms
from spa_intake.ui.forms.fields import Checked, Form, Kind, check
from spa_intake.ui.navigation import RULE_CHANGERS
from spa_intake.ui.owners import INTAKE, Command, Done, Refused
from spa_intake.ui.presenters import dates
from spa_intake.ui.presenters import rules as presenter
from spa_intake.ui.problems import error_page, needs_role
from spa_intake.ui.sending import Sent, sent_form

router = APIRouter(prefix="/acceptance-rules")
PLACE = "/acceptance-rules"
API = "/api/v1/acceptance-rules"

Json = Mapping[str, Any]  # Any: JSON of the intake API


@dataclass(frozen=True)
class Changing:
    """A rule that somebody makes (`current` is None) or changes."""

    user: SignedIn
    current: Json | None

    @property
    def back(self) -> str:
        return f"{PLACE}/{self.current['code']}" if self.current else PLACE

    @property
    def form(self) -> Form:
        return forms.CHANGE if self.current else forms.NEW

    @property
    def action(self) -> str:
        return f"{self.back}/change" if self.current else f"{PLACE}/new"

    @property
    def heading(self) -> str:
        return "Change an acceptance rule" if self.current else "Make an acceptance rule"


@router.get("")
async def show_rules(user: User) -> Response:
    part = await user.ui.owners.read(user.staff, INTAKE, API)
    if part.data is None:
        return error_page(user.request, 503, user=user)
    views = await _views(user, part.data["items"])
    values = {
        "in_force": [view for view in views if view.is_in_force],
        "others": [view for view in views if not view.is_in_force],
        "may_change": user.staff.role in RULE_CHANGERS,
    }
    return page(user.request, "rules.jinja", values, user=user)


@router.get("/new")
async def show_new(user: User) -> Response:
    changing = Changing(user, None)
    if user.staff.role not in RULE_CHANGERS:
        return needs_role(user, changing.heading, RULE_CHANGERS, PLACE)
    today = dates.london_day(user.ui.now())
    return _form_page(changing, Checked(forms.day_raw("valid_from", today), None, {}))


@router.post("/new")
async def make(user: User) -> Response:
    return await _take(Changing(user, None))


@router.get("/{code}")
async def show_rule(user: User, code: str, done: str = "") -> Response:
    part = await user.ui.owners.read(user.staff, INTAKE, f"{API}/{code}/versions")
    if part.data is None:
        return _not_there(user, is_down=part.is_down)
    versions = await _views(user, part.data["items"])
    values = {
        "rule": versions[0],
        "earlier": versions[1:],
        "may_change": user.staff.role in RULE_CHANGERS,
        "done": presenter.DONE.get(done),
    }
    return page(user.request, "rule.jinja", values, user=user)


@router.get("/{code}/change")
async def show_change(user: User, code: str) -> Response:
    changing = await _changing(user, code)
    if isinstance(changing, Response):
        return changing
    return _form_page(changing, Checked(forms.raw_of(changing.current or {}), None, {}))


@router.post("/{code}/change")
async def change(user: User, code: str) -> Response:
    changing = await _changing(user, code)
    return changing if isinstance(changing, Response) else await _take(changing)


@router.get("/{code}/versions/{version}/restore")
async def show_restore(user: User, code: str, version: int) -> Response:
    """An earlier version, ready to be put in force again."""
    changing = await _changing(user, code)
    if isinstance(changing, Response):
        return changing
    part = await user.ui.owners.read(user.staff, INTAKE, f"{API}/{code}/versions")
    wanted = next((item for item in (part.data or {}).get("items", []) if item["version"] == version), None)
    if wanted is None:
        return _not_there(user, is_down=part.is_down)
    body = {name: wanted[name] for name in ("sentence", "effect", "reason", "kinds", "condition")}
    body |= {"valid_from": wanted["valid_from"], "valid_to": wanted["valid_to"]}
    return await _confirm_page(changing, body, forms.typed(forms.raw_of(wanted)))


async def _changing(user: SignedIn, code: str) -> Changing | Response:
    part = await user.ui.owners.read(user.staff, INTAKE, f"{API}/{code}")
    if part.data is None:
        return _not_there(user, is_down=part.is_down)
    changing = Changing(user, part.data)
    if user.staff.role not in RULE_CHANGERS:
        return needs_role(user, changing.heading, RULE_CHANGERS, changing.back)
    return changing


def _not_there(user: SignedIn, *, is_down: bool) -> Response:
    return error_page(user.request, 503 if is_down else 404, user=user, back=PLACE)


async def _take(changing: Changing) -> Response:
    """Check the form, show what the change would do, and make it once that is confirmed."""
    user = changing.user
    sent = await sent_form(user, changing.back)
    if isinstance(sent, Response):
        return sent
    if user.staff.role not in RULE_CHANGERS:
        return needs_role(user, changing.heading, RULE_CHANGERS, changing.back)
    checked = check(changing.form, sent.data)
    if sent.is_again:
        return _form_page(changing, Checked(checked.raw, None, {}))
    if not isinstance(checked.values, forms.RuleForm):
        return _form_page(changing, checked, 422, sent.version)
    body = checked.values.body()
    code = changing.current["code"] if changing.current else getattr(checked.values, "code", "")
    if not sent.is_confirmed:
        return await _confirm_page(changing, {**body, "code": code}, sent.typed(), sent.version)
    return await _put(changing, code, body, sent, checked)


async def _put(changing: Changing, code: str, body: Json, sent: Sent, checked: Checked) -> Response:
    user = changing.user
    command = (
        Command(INTAKE, f"{API}/{code}", body, sent.version, sent.number, "PUT")
        if changing.current
        else Command(INTAKE, API, {**body, "code": code}, None, sent.number)
    )
    result = await user.ui.owners.command(user.staff, command)
    if isinstance(result, Done):
        return see_other(f"{PLACE}/{code}?done={'changed' if changing.current else 'made'}")
    if result.status == 422 or (result.status == 409 and changing.current is None):
        names = [field.name for field in changing.form.fields]
        errors = {"code": "Enter another short name: there is a rule of this one"} if result.status == 409 else None
        return _form_page(changing, Checked(checked.raw, None, errors or result.on(names)), 422, sent.version)
    if result.status in {409, 412, 428}:
        return _stale_page(changing, body, sent, result)
    return error_page(user.request, result.status, result.detail or None, user=user, back=changing.back)


def _stale_page(changing: Changing, body: Json, sent: Sent, refused: Refused) -> Response:
    """Somebody else changed the rule meanwhile: both beside each other, and what was typed goes on from here."""
    user = changing.user
    values = {
        "heading": "Somebody changed this rule while you were working",
        "lines": presenter.differences(changing.current, body, user.ui.now()),
        "typed": sent.typed(),
        "action": changing.action,
        "back": changing.back,
        "back_text": "Leave it as it is now",
        "section": "rules",
    }
    return page(user.request, "stale.jinja", values, user=user, status=refused.status)


async def _confirm_page(
    changing: Changing, body: Json, typed: Sequence[tuple[str, str]], version: int | None = None
) -> Response:
    user = changing.user
    code = changing.current["code"] if changing.current else body["code"]
    asked = {name: value for name, value in body.items() if name != "code"}
    tried = await user.ui.owners.ask(user.staff, INTAKE, f"{API}/{code}/preview", asked)
    values = {
        "is_new": changing.current is None,
        "lines": presenter.differences(changing.current, body, user.ui.now()),
        "preview": presenter.preview(tried.data),
        "typed": typed,
        "action": changing.action,
        "back": changing.back,
        "version": _version(changing, version),
    }
    return page(user.request, "rule_confirm.jinja", values, user=user)


def _version(changing: Changing, seen: int | None) -> int | None:
    return seen if seen is not None else (changing.current or {}).get("version")


def _form_page(changing: Changing, checked: Checked, status: int = 200, version: int | None = None) -> Response:
    fields = {field.name: field for field in changing.form.fields}
    values = {
        "heading": changing.heading,
        "fields": fields,
        "of_test": forms.OF_TEST,
        "first_ids": {name: f"{name}-day" for name, field in fields.items() if field.kind is Kind.DATE},
        "raw": checked.raw,
        "errors": checked.errors,
        "back": changing.back,
        "action": changing.action,
        "version": _version(changing, version),
    }
    return page(changing.user.request, "rule_form.jinja", values, user=changing.user, status=status)


async def _views(user: SignedIn, rules: Sequence[Json]) -> Sequence[presenter.RuleView]:
    async with user.ui.parts.database.transaction() as tx:
        names: Mapping[UUID, str] = await staff_sessions.names(tx, presenter.changers(rules))
    return [presenter.rule_view(rule, names, user.ui.now()) for rule in rules]
