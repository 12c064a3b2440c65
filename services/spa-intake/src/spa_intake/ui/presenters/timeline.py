"""The timeline: every event of a journey as a sentence, with where it came from and who did it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from spa_intake.read_model.timeline import Entry

from . import dates, words

Details = Mapping[str, Any]  # Any: coded JSON
Sentence = Callable[[Details, "Names"], str]


@dataclass(frozen=True)
class Names:
    """Who is behind the ids of events; what is not known stays general."""

    staff: Mapping[UUID, str]
    providers: Mapping[UUID, str]
    now: datetime

    def provider(self, details: Details) -> str:
        return self.providers.get(UUID(details["provider_id"]), "a provider")


@dataclass(frozen=True)
class EntryView:
    text: str
    at: str
    service: str
    by: str
    is_milestone: bool


@dataclass(frozen=True)
class DayView:
    """The events of one day, the newest first."""

    day: str
    entries: Sequence[EntryView]


def timeline(entries: Sequence[Entry], names: Names) -> Sequence[DayView]:
    """Events grouped by their London day."""
    days: dict[date, list[EntryView]] = {}
    for entry in entries:
        days.setdefault(dates.london_day(entry.recorded_at), []).append(_view(entry, names))
    today = dates.london_day(names.now)
    return [DayView(dates.day(on, today), views) for on, views in days.items()]


def _view(entry: Entry, names: Names) -> EntryView:
    name = entry.type.removeprefix("discharge.").rpartition(".")[0]
    say = SENTENCES.get(name)
    return EntryView(
        text=say(entry.details, names) if say else name.replace(".", " ").replace("_", " ").capitalize(),
        at=dates.clock(entry.recorded_at),
        service=words.say(words.SERVICE_NAMES, entry.service),
        by=_by(entry.actor, names),
        is_milestone=name in MILESTONES,
    )


def _by(actor: str, names: Names) -> str:
    sort, _, identifier = actor.partition("/")
    if sort == "staff":
        return names.staff.get(UUID(identifier), "A member of staff")
    return {"client": "Ward system", "provider": "Care provider"}.get(sort, "Homeward")


def _fixed(text: str) -> Sentence:
    return lambda _details, _names: text


def _reason(text: str) -> Sentence:
    return lambda details, _names: f"{text}: {_lower(words.say(words.REASONS, details.get('reason')))}"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _missing(text: str) -> Sentence:
    return lambda details, _names: f"{text}: {words.listed(words.MISSING, details.get('missing', []))}"


def _at(text: str, field: str) -> Sentence:
    def say(details: Details, names: Names) -> str:
        when = details.get(field)
        return f"{text} at {dates.moment(datetime.fromisoformat(when), names.now)}" if when else text

    return say


def _readiness(details: Details, _names: Names) -> str:
    if details.get("reason") == "lapsed":
        return _lapsed(details)
    if details.get("is_ready"):
        return "Ready to leave hospital: no criteria to reside are met"
    return f"Not ready to leave hospital: {words.listed(words.CRITERIA, details.get('criteria_to_reside', []))}"


def _lapsed(details: Details) -> str:
    """Nobody said it: the clock did."""
    left = words.listed(words.CRITERIA, details.get("criteria_to_reside", []))
    return f"The time after an operation is over. {f'Still met: {left}' if left else 'Ready to leave hospital'}"


def _assigned(details: Details, names: Names) -> str:
    assignee = details.get("assignee")
    return f"Taken by {names.staff.get(UUID(assignee), 'a colleague')}" if assignee else "Given back to the team"


def _decided(details: Details, _names: Names) -> str:
    text = f"Pathway {details['pathway']} decided"
    if details["pathway"] == details["suggested_pathway"]:
        return f"{text}, as suggested"
    reason = _lower(words.say(words.REASONS, details.get("differs_reason")))
    return f"{text}; pathway {details['suggested_pathway']} was suggested: {reason}"


def _target(details: Details, names: Names) -> str:
    return f"Target date set to {dates.day(date.fromisoformat(details['target_on']), dates.london_day(names.now))}"


def _assessed(details: Details, _names: Names) -> str:
    return f"Assessment recorded: {_lower(words.say(words.ROLES, details.get('role')))}"


def _offered(details: Details, names: Names) -> str:
    verb = "Asked to confirm again:" if details.get("is_reconfirmation") else "Offered to"
    by = dates.moment(datetime.fromisoformat(details["respond_by"]), names.now)
    return f"{verb} {names.provider(details)}, answer by {by}"


def _offer(text: str, *, with_reason: bool = False) -> Sentence:
    def say(details: Details, names: Names) -> str:
        sentence = text.format(provider=names.provider(details))
        reason = f": {_lower(words.say(words.REASONS, details.get('reason')))}" if with_reason else ""
        return sentence[:1].upper() + sentence[1:] + reason

    return say


def _held(details: Details, _names: Names) -> str:
    return f"Arranging care is paused: {words.listed(words.REASONS, details.get('holds', []))}"


def _readmitted(details: Details, names: Names) -> str:
    days = details["days_since_discharge"]
    admitted_at = dates.moment(datetime.fromisoformat(details["admitted_at"]), names.now)
    return f"Readmitted as an emergency on day {days} after leaving hospital (admitted {admitted_at})"


def _declined(details: Details, _names: Names) -> str:
    reason = _lower(words.say(words.REASONS, details.get("reason")))
    to = f" ({words.say({}, details['redirected_to'])})" if details.get("redirected_to") else ""
    advice = words.listed(words.ADVICE, details.get("advice") or [])
    return f"Referral declined: {reason}{to}{f'. Advice: {advice}' if advice else ''}"


SENTENCES: Mapping[str, Sentence] = {
    "referral.received": _fixed("Referral received"),
    "referral.amended": _fixed("Referral amended"),
    "referral.queried": _missing("Ward asked for"),
    "referral.answered": _fixed("The ward answered"),
    "referral.accepted": _fixed("Referral accepted"),
    "referral.declined": _declined,
    "referral.withdrawn": _reason("Referral withdrawn"),
    "referral.readiness_changed": _readiness,
    "referral.stay_linked": _fixed("Linked to the hospital stay"),
    "referral.stay_unlinked": _fixed("No longer linked to a hospital stay"),
    "referral.assigned": _assigned,
    "referral.noted": _fixed("Note added"),
    "referral.closed": _reason("Referral closed"),
    "patient.admitted": _at("Admitted to hospital", "occurred_at"),
    "patient.transferred": _at("Moved to another ward", "occurred_at"),
    "patient.discharged": _at("Left hospital", "occurred_at"),
    "patient.died": _at("Died", "died_at"),
    "patient.merged": _fixed("Two records were found to belong to this person"),
    "patient.unmerged": _fixed("Another record was found to belong to somebody else"),
    "patient.death_corrected": _fixed("The record of death was a mistake"),
    "admission.cancelled": _fixed("The admission was cancelled"),
    "transfer.cancelled": _fixed("The ward move was cancelled"),
    "discharge.cancelled": _fixed("The discharge was cancelled: still in hospital"),
    "stay.corrected": _fixed("The hospital stay was corrected"),
    "case.opened": _fixed("Triage case opened"),
    "assessment.recorded": _assessed,
    "pathway.decided": _decided,
    "case.target_set": _target,
    "case.paused": _fixed("Triage paused: not ready to leave hospital"),
    "case.resumed": _fixed("Triage goes on"),
    "case.returned": _missing("Sent back to the ward for"),
    "case.reopened": _reason("Case reopened"),
    "case.overdue": _fixed("Target date passed"),
    "case.closed": _reason("Case closed"),
    "package.opened": _fixed("Care package opened"),
    "package.agreed": _fixed("Care package agreed"),
    "package.unfilled": _fixed("No provider found"),
    "package.reopened": _reason("Looking for a provider again"),
    "package.held": _held,
    "package.resumed": _fixed("Arranging care goes on"),
    "package.started": _at("Care started", "started_at"),
    "package.handed_back": _reason("Care handed back by the provider"),
    "package.ended": _reason("Care package ended"),
    "package.cancelled": _reason("Care package cancelled"),
    "offer.sent": _offered,
    "offer.accepted": _offer("{provider} accepted"),
    "offer.declined": _offer("{provider} declined", with_reason=True),
    "offer.expired": _offer("{provider} did not answer in time"),
    "offer.withdrawn": _offer("offer to {provider} withdrawn", with_reason=True),
    "watch.started": _fixed("30-day follow-up started"),
    "readmission.detected": _readmitted,
    "readmission.retracted": _reason("Readmission taken back"),
    "watch.completed": _fixed("30 days over without a readmission"),
    "watch.ended": _fixed("30-day follow-up ended: the person died"),
    "watch.voided": _reason("30-day follow-up cancelled"),
}
MILESTONES = frozenset(
    {
        "referral.received",
        "referral.accepted",
        "pathway.decided",
        "package.agreed",
        "package.started",
        "patient.discharged",
        "patient.died",
        "readmission.detected",
        "watch.completed",
        "referral.closed",
        "referral.withdrawn",
        "referral.declined",
    }
)
