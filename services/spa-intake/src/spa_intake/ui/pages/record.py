"""The page of a person's referral: banner, what happens now, facts, triage, package, follow-up, timeline."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from spa_intake.read_model.worklist import JourneyRow
from spa_intake.ui.actions import BY_CODE, About, Action, offered
from spa_intake.ui.context import SignedIn, User, page
from spa_intake.ui.owners import CARE_PACKAGE, INTAKE, MONITOR, TRIAGE
from spa_intake.ui.presenters import content, dates, deciding, words
from spa_intake.ui.presenters import record as presenter
from spa_intake.ui.presenters.person import person_view
from spa_intake.ui.presenters.status import status_of
from spa_intake.ui.presenters.timeline import Names, timeline
from spa_intake.ui.presenters.worklist import due_in_words, flags_of, waiting_for
from spa_intake.ui.problems import error_page
from spa_intake.ui.record import Record, load

router = APIRouter()


@router.get("/referrals/{referral_id}")
async def show_record(
    user: User,
    referral_id: UUID,
    done: str | None = None,
    pending: bool = False,  # noqa: FBT001, FBT002 — in the address
) -> Response:
    record = await load(user, referral_id)
    if record is None:
        return await _not_here_yet(user, referral_id)
    action = BY_CODE.get(done or "")
    values = {**record_values(user, record), "done": action.done if action else None, "is_pending": pending}
    return page(user.request, "record.jinja", values, user=user)


async def _not_here_yet(user: SignedIn, referral_id: UUID) -> Response:
    part = await user.ui.owners.read(user.staff, INTAKE, f"/api/v1/referrals/{referral_id}")
    if part.data is None and not part.is_down:
        return error_page(user.request, 404, user=user, back="/worklist")
    sentence = "This referral has just come in and is being added to the worklist. Try again in a few seconds."
    return error_page(user.request, 503, sentence, user=user, back="/worklist")


def record_values(user: SignedIn, record: Record) -> dict[str, Any]:  # Any: what the template shows
    now = user.ui.now()
    case, package = record.resource(About.CASE), record.resource(About.PACKAGE)
    names = Names(record.staff_names, presenter.providers(package), now)
    return {
        **header_values(user, record),
        "facts": presenter.facts(record.referral.data, record.row, now),
        "place": presenter.place(record.row, now),
        "groups": content.groups(record.referral.data, record.content.data, now),
        "texts": content.texts(record.content.data),
        "scores": content.scores(record.referral.data),
        "findings": deciding.findings(record.referral.data),
        "still_missing": deciding.still_missing(record.referral.data),
        "advice": deciding.advice(record.referral.data),
        "is_before_leaving": presenter.is_before_leaving(record.row),
        "met": deciding.met(record.criteria.data, now),
        "assessments": deciding.assessments(record.criteria.data, record.staff_names, now),
        "case": case,
        "triage": presenter.triage(case, now) if case else [],
        "rules": presenter.rules(case) if case else [],
        "package": package,
        "lines": presenter.lines(package, now) if package else [],
        "asks": presenter.asks(package) if package else [],
        "holds": presenter.holds(package) if package else "",
        "days": timeline(record.entries, names),
        "contacts": presenter.contacts(person_view(record.person.data, now)),
        "watch": presenter.watch(record.watch.data, now) if record.watch.data else [],
        "notes": presenter.notes(record.notes.data, record.staff_names, now),
        "others": [_other(row, user) for row in record.others],
        "down": _down(record),
        **_buttons(user, record),
    }


def header_values(user: SignedIn, record: Record) -> dict[str, Any]:  # Any: what the template shows
    """The banner and the line that says where the journey stands; forms about the referral show them too."""
    now, row = user.ui.now(), record.row
    today = dates.london_day(now)
    return {
        "row": row,
        "person": person_view(record.person.data, now),
        "flags": flags_of(row),
        "stage": words.of_kind(words.STAGES[row.stage], row.kind),
        "waiting_for": waiting_for(row, now),
        "waiting_since": dates.moment(row.waiting_since, now),
        "now_sentence": words.of_kind(presenter.NOW[row.waiting_for], row.kind),
        "status_word": status_of(row, now),
        "due": f"{dates.day(row.due_on, today)}, {due_in_words(row, now)}" if row.due_on else "No date",
        "assignee": record.staff_names.get(row.assignee, "A colleague") if row.assignee else None,
        "is_mine": row.assignee == user.staff.staff_id,
        "updated": dates.moment(row.updated_at, now),
    }


def _down(record: Record) -> list[str]:
    parts = {INTAKE: record.referral, TRIAGE: record.case, CARE_PACKAGE: record.package, MONITOR: record.watch}
    return [words.SERVICE_NAMES[name] for name, part in parts.items() if part.is_down]


def _other(row: JourneyRow, user: SignedIn) -> dict[str, Any]:  # Any: what the template shows
    return {
        "referral_id": row.referral_id,
        "stage": words.STAGES[row.stage],
        "received": dates.moment(row.received_at, user.ui.now()),
    }


def _buttons(user: SignedIn, record: Record) -> dict[str, Any]:  # Any: what the template shows
    """What this role can do now: the next step on top, the rest beside what it is about."""
    role = user.staff.role
    referral = offered(About.REFERRAL, record.referral.data, role)
    case = offered(About.CASE, record.case.data, role)
    if record.row.assignee == user.staff.staff_id:
        referral = [action for action in referral if action.code != "take"]
    if (kind := record.row.kind) != words.ABOUT_A_STAY:
        referral = [
            replace(action, button=words.of_kind(action.button, kind))
            for action in referral
            if action.code != "readiness"
        ]
    line_actions = _by_state(user, record, ("start", "fell-through", "hand-back", "resume", "end", "cancel"))
    offer_actions = _by_state(user, record, ("offer-accept", "offer-decline"))
    return {
        "next_steps": [action for action in (*referral, *case) if action.is_next_step],
        "waits_for_care": presenter.waits_for_care(record.resource(About.PACKAGE), [line_actions, offer_actions]),
        "referral_actions": [action for action in referral if not action.is_next_step],
        "prefilled": deciding.prefilled(record.referral.data, [action.code for action in referral]),
        "case_actions": [action for action in case if not action.is_next_step],
        "line_actions": line_actions,
        "offer_actions": offer_actions,
        "versions": {about: (record.resource(about) or {}).get("version") for about in About},
    }


def _by_state(user: SignedIn, record: Record, codes: tuple[str, ...]) -> dict[str, list[Action]]:
    """Actions on lines or offers, by the state in which they are offered."""
    if record.resource(About.PACKAGE) is None:
        return {}
    states = {*words.LINE_STATES, *words.OFFER_STATES}
    found = {state: offered(About.PACKAGE, {"state": state}, user.staff.role) for state in states}
    return {state: [action for action in actions if action.code in codes] for state, actions in found.items()}
