"""Doing something to a journey: show the form, check it, send the command to its owner, go back to the record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from spa_intake.ui.actions import BY_CODE, About, Action
from spa_intake.ui.context import READ_YOUR_WRITES, SignedIn, User, page, see_other
from spa_intake.ui.forms import answer, decision
from spa_intake.ui.forms.fields import Checked, Field, FormModel, Kind, Raw, check
from spa_intake.ui.owners import INTAKE, Command, Done, Refused
from spa_intake.ui.presenters import record as presenter
from spa_intake.ui.presenters import words
from spa_intake.ui.presenters.timeline import Names, timeline
from spa_intake.ui.problems import error_page, needs_role
from spa_intake.ui.record import Record, load
from spa_intake.ui.sending import Sent, sent_form

from .record import header_values

router = APIRouter()
SEE_OTHER = 303
LATEST = 3  # events shown where two people met
# refusals that are about one answer of the decision, without naming it
IS_ABOUT = {"quorum_missing": "participants", "lines_missing": "lines_choice", "bed_missing": "lines_choice"}


@dataclass(frozen=True)
class Doing:
    """One action on one journey, as somebody is about to do it."""

    user: SignedIn
    record: Record
    action: Action
    target: str | None

    @property
    def resource(self) -> Mapping[str, Any]:  # Any: JSON
        return self.record.resource(self.action.about) or {}

    @property
    def back(self) -> str:
        return f"/referrals/{self.record.row.referral_id}"

    @property
    def fields(self) -> Sequence[Field]:
        if self.action.code == "decide":
            return decision.DECISION.fields
        return self.action.form.fields if self.action.form else ()

    def path(self) -> str:
        return self.action.path.format(
            referral_id=self.record.row.referral_id,
            case_id=self.resource.get("case_id"),
            package_id=self.resource.get("package_id"),
            target=self.target,
        )


@dataclass(frozen=True)
class Attempt:
    """A form that was sent: what was typed, the version that was seen, and the number that makes it count once."""

    checked: Checked
    number: str = ""
    version: int | None = None
    grid: Sequence[decision.GridRow] = ()
    typed: Sequence[tuple[str, str]] = ()
    is_again: bool = False

    def again(self) -> "Attempt":
        """The form with what was typed, on the version that is there now."""
        return replace(self, checked=Checked(self.checked.raw, None, {}), version=None, is_again=True)


@router.get("/referrals/{referral_id}/do/{code}")
@router.get("/referrals/{referral_id}/do/{code}/{target}")
async def show_form(user: User, referral_id: UUID, code: str, target: UUID | None = None) -> Response:
    doing = await _doing(user, referral_id, code, target)
    if not isinstance(doing, Doing):
        return doing
    if user.staff.role not in doing.action.roles:
        return _needs_role(doing)
    if doing.action.code == "decide":
        suggestion = doing.resource.get("suggestion") or {}
        grid = decision.grid_of(suggestion.get("lines") or [])
        return _form_page(doing, Attempt(_prefilled(doing, suggestion), grid=grid))
    if doing.action.code == "answer":
        record = doing.record
        known = answer.raw_of(doing.resource, record.content.data, record.person.data)
        return _form_page(doing, Attempt(Checked(known, None, {})))
    return _form_page(doing, Attempt(Checked(_asked_for(doing), None, {})))


@router.post("/referrals/{referral_id}/do/{code}")
@router.post("/referrals/{referral_id}/do/{code}/{target}")
async def do_it(user: User, referral_id: UUID, code: str, target: UUID | None = None) -> Response:
    doing = await _doing(user, referral_id, code, target)
    if not isinstance(doing, Doing):
        return doing
    sent = await sent_form(user, doing.back)
    if isinstance(sent, Response):
        return sent
    if doing.action.code == "decide":
        return await _decide(doing, sent)
    checked = check(doing.action.form, sent.data) if doing.action.form else Checked({}, None, {})
    attempt = Attempt(checked, sent.number, sent.version, typed=sent.typed())
    if sent.is_again:
        return _form_page(doing, attempt.again())
    if attempt.checked.errors:
        return _form_page(doing, attempt, 422)
    values = attempt.checked.values
    if isinstance(values, answer.AnswerForm):
        response = await _answer(doing, attempt, values)
    else:
        response = await _send(doing, attempt, _body(doing, values))
    note = getattr(values, "own_note", None)
    return await _with_note(doing, note, sent.number) if note and response.status_code == SEE_OTHER else response


async def _answer(doing: Doing, attempt: Attempt, values: answer.AnswerForm) -> Response:
    """The criteria to reside are an assessment, recorded first: the answer then follows its version."""
    if values.criteria_to_reside is not None:
        path = BY_CODE["readiness"].path.format(referral_id=doing.record.row.referral_id)
        body = {"criteria_to_reside": values.criteria_to_reside}
        command = Command(INTAKE, path, body, attempt.version, f"{attempt.number}-criteria")
        assessed = await doing.user.ui.owners.command(doing.user.staff, command)
        if isinstance(assessed, Refused):
            return _refusal(doing, assessed, attempt)
        attempt = replace(attempt, version=assessed.body["version"])
    return await _send(doing, attempt, values.body(doing.resource, doing.record.content.data))


async def _with_note(doing: Doing, note: str, number: str) -> Response:
    """What was done stands; its note is a thing of its own."""
    noted = await _note(doing, note, number)
    if isinstance(noted, Done):
        return see_other(f"{doing.back}?done={doing.action.code}")
    sentence = f"{doing.action.done} But your note could not be saved. Add it again on the referral's page."
    return error_page(doing.user.request, 503, sentence, user=doing.user, back=doing.back)


async def _doing(user: SignedIn, referral_id: UUID, code: str, target: UUID | None) -> Doing | Response:
    action = BY_CODE.get(code)
    record = await load(user, referral_id) if action else None
    if action is None or record is None or action.needs_target != (target is not None):
        return error_page(user.request, 404, user=user, back="/worklist")
    doing = Doing(user, record, action, str(target) if target else None)
    if not doing.resource:
        sentence = (
            f"{words.SERVICE_NAMES[action.service]} does not answer now. Nothing was changed. Try again in a minute."
        )
        return error_page(user.request, 503, sentence, user=user, back=doing.back)
    return doing


def _body(doing: Doing, values: FormModel | None) -> Mapping[str, Any]:  # Any: JSON
    """What the owner gets: the form, and what the interface itself knows."""
    body = values.model_dump(mode="json", exclude_none=True) if values else {}
    if doing.action.code == "take":
        return {"assignee": str(doing.user.staff.staff_id)}
    if doing.action.code == "note":
        return {**body, "referral_id": str(doing.record.row.referral_id)}
    return body


async def _decide(doing: Doing, sent: Sent) -> Response:
    suggested = (doing.resource.get("suggestion") or {}).get("pathway")
    decided = decision.check_decision(sent.data, suggested)
    attempt = Attempt(decided.checked, sent.number, sent.version, decided.grid, sent.typed())
    if sent.is_again:
        return _form_page(doing, attempt.again())
    if decided.body is None:
        return _form_page(doing, attempt, 422)
    if not decided.note:
        return await _send(doing, attempt, decided.body)
    noted = await _note(doing, decided.note, sent.number)
    if isinstance(noted, Refused):
        return _refusal(doing, noted, attempt)
    return await _send(doing, attempt, {**decided.body, "note_id": noted.body["note_id"]})


async def _note(doing: Doing, text: str, number: str) -> Done | Refused:
    """Free text is kept in spa-intake only; the decision carries the note's id."""
    body = {"referral_id": str(doing.record.row.referral_id), "text": text}
    command = Command(INTAKE, BY_CODE["note"].path, body, None, f"{number}-note")
    return await doing.user.ui.owners.command(doing.user.staff, command)


async def _send(doing: Doing, attempt: Attempt, body: Mapping[str, Any]) -> Response:  # Any: JSON
    command = Command(doing.action.service, doing.path(), body, attempt.version, attempt.number)
    result = await doing.user.ui.owners.command(doing.user.staff, command)
    if isinstance(result, Done):
        is_shown = await doing.user.ui.parts.live.has_applied(result.event_ids, READ_YOUR_WRITES)
        return see_other(f"{doing.back}?done={doing.action.code}{'' if is_shown else '&pending=true'}")
    if result.status == 422 and doing.fields:
        errors = result.on([field.name for field in doing.fields])
        if result.code in IS_ABOUT:
            errors = {IS_ABOUT[result.code]: result.detail}
        return _form_page(doing, replace(attempt, checked=replace(attempt.checked, values=None, errors=errors)), 422)
    return _refusal(doing, result, attempt)


def _refusal(doing: Doing, refused: Refused, attempt: Attempt) -> Response:
    if refused.status == 403:
        return _needs_role(doing)
    if refused.status in {409, 412, 428}:
        return _conflict(doing, refused, attempt)
    return error_page(doing.user.request, refused.status, refused.detail or None, user=doing.user, back=doing.back)


def _needs_role(doing: Doing) -> Response:
    return needs_role(doing.user, doing.action.button, doing.action.roles, doing.back)


def _conflict(doing: Doing, refused: Refused, attempt: Attempt) -> Response:
    """What was wanted beside how things stand now; nothing that was typed is lost."""
    wanted = [(field.label, _typed(attempt.checked.raw.get(field.name), field)) for field in doing.fields]
    now = doing.user.ui.now()
    values = {
        **header_values(doing.user, doing.record),
        "is_stale": refused.status != 409,
        "detail": refused.detail,
        "action": doing.action,
        "wanted": [(label, text) for label, text in wanted if text],
        "seen_version": attempt.version,
        "current_version": refused.current_version or doing.resource.get("version"),
        "days": timeline(doing.record.entries[:LATEST], Names(doing.record.staff_names, {}, now)),
        "back": doing.back,
        "typed": attempt.typed if doing.fields and doing.action.is_offered(doing.resource) else (),
    }
    return page(doing.user.request, "conflict.jinja", values, user=doing.user, status=refused.status)


def _typed(raw: str | list[str] | None, field: Field) -> str:
    texts = {choice.value: choice.text for choice in field.choices}
    typed = raw if isinstance(raw, list) else [raw or ""]
    return ", ".join(texts.get(value, value) for value in typed if value)


def _prefilled(doing: Doing, suggestion: Mapping[str, Any]) -> Checked:  # Any: JSON
    """The suggestion and who is here; the team changes what it decided otherwise."""
    role, suggested = doing.user.staff.role, suggestion.get("pathway")
    raw: dict[str, str | list[str]] = {
        "pathway": "" if suggested is None else str(suggested),
        "participants": [role] if role in decision.MDT_ROLES else [],
        "lines_choice": decision.SUGGESTED,
    }
    return Checked(raw, None, {})


def _asked_for(doing: Doing) -> Raw:
    """The answers that a link of ours opens the form with; anything else in the address is not looked at."""
    asked = doing.user.request.query_params
    raw: dict[str, str | list[str]] = {}
    for field in doing.fields:
        known = {choice.value for choice in field.choices}
        wanted = [value for value in asked.getlist(field.name) if value in known]
        if wanted:
            raw[field.name] = wanted if field.kind is Kind.CHECKBOXES else wanted[0]
    return raw


def _form_page(doing: Doing, attempt: Attempt, status: int = 200) -> Response:
    case = doing.record.resource(About.CASE) or {}
    suggested = (case.get("suggestion") or {}).get("pathway")
    values = {
        **header_values(doing.user, doing.record),
        "action": doing.action,
        "fields": _explained(doing.fields, case),
        "about": presenter.about(doing.record.package.data, doing.target),
        "sections": _sections(doing),
        "is_again": attempt.is_again,
        "first_ids": {field.name: f"{field.name}-day" for field in doing.fields if field.kind is Kind.DATE},
        "raw": attempt.checked.raw,
        "errors": attempt.checked.errors,
        "version": doing.resource.get("version") if attempt.version is None else attempt.version,
        "back": doing.back,
        "grid": attempt.grid,
        "columns": decision.VISIT_COLUMNS,
        "rules": presenter.rules(case),
        "facts": presenter.facts(doing.record.referral.data, doing.record.row, doing.user.ui.now()),
        "suggested": "" if suggested is None else words.PATHWAYS[suggested],
    }
    return page(doing.user.request, "form.jinja", values, user=doing.user, status=status)


def _sections(doing: Doing) -> Sequence[answer.Section]:
    if doing.action.code != "answer":
        return ()
    return answer.sections(doing.resource.get("missing") or [], doing.record.row.kind)


def _explained(fields: Sequence[Field], case: Mapping[str, Any]) -> Sequence[Field]:  # Any: JSON
    """The questions of the decision, with what is known about this one."""
    needed = (case.get("quorum") or {}).get("needed") or []
    groups = [" or ".join(words.say(words.ROLES, role).lower() for role in group) for group in needed]
    lines = presenter.suggested_lines(case)
    hints = {
        "participants": f"Needed for the suggested pathway: {', and '.join(groups)}." if groups else None,
        "lines_choice": f"For the suggested pathway: {lines}." if lines else None,
    }
    return [replace(field, hint=hints.get(field.name) or field.hint) for field in fields]
