"""The page of a referral: what happens now, the facts, triage, the package and the follow-up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from spa_intake.read_model.states import WaitingFor
from spa_intake.read_model.worklist import JourneyRow

from . import dates, words
from .person import PersonView

Json = Mapping[str, Any]  # Any: the JSON of a service

NOW = {
    WaitingFor.COORDINATOR_CHECK: "A coordinator needs to check this referral: accept it, ask the ward or decline it.",
    WaitingFor.WARD_ANSWER: "The ward has been asked for more. Nothing else can be decided until it answers.",
    WaitingFor.HANDOVER: "This has been passed on. The next team receives it in a moment.",
    WaitingFor.READINESS: "The person is not ready to leave. Arranging care waits until the ward says they are.",
    WaitingFor.MDT_DECISION: "The team needs to decide the pathway and the services the person needs.",
    WaitingFor.PROVIDER_ANSWER: "Care has been offered to a provider, who needs to answer.",
    WaitingFor.BROKER: "Every provider has been asked. A broker needs to look again, or the team decides again.",
    WaitingFor.DISCHARGE: "Everything is arranged. The ward can discharge the person.",
    WaitingFor.CARE_START: "The person has left hospital. The agreed care needs to start.",
    WaitingFor.THIRTY_DAYS: "The person has left hospital. We watch for a readmission for 30 days.",
    WaitingFor.RETURN_HOME: "The person is in hospital again. Arranging care waits until they leave.",
    WaitingFor.READMISSION_REVIEW: "The person was readmitted as an emergency within 30 days. Find out why.",
    WaitingFor.SUPPORT: "The support runs. Close this referral when it has ended, or runs on without us.",
    WaitingFor.COORDINATOR_CLOSE: "Nothing is left to arrange or to follow up. Close this, or wait for news.",
    WaitingFor.NOBODY: "This referral is finished. Nothing more has to be done.",
}


@dataclass(frozen=True)
class Row:
    """A line of a summary list."""

    key: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class OfferView:
    offer_id: str
    provider: str
    state: str
    state_text: str
    detail: str


@dataclass(frozen=True)
class LineView:
    line_id: str
    service: str
    visits: str
    state: str
    state_text: str
    offers: Sequence[OfferView]


@dataclass(frozen=True)
class RuleView:
    rule: str
    because: str


def facts(referral: Json | None, row: JourneyRow, now: datetime) -> Sequence[Row]:
    """The coded facts of the referral, with the age of what changes."""
    if referral is None:
        return []
    today = dates.london_day(now)
    expected_on, ready_on = referral.get("expected_discharge_on"), referral.get("discharge_ready_on")
    every = (
        *_criteria(referral, row, now),
        Row("Needs", words.listed(words.NEEDS, referral.get("needs") or []).capitalize()),
        *(Row(title, words.say(words.SITUATION, referral.get(name), "")) for name, title in _SITUATION.items()),
        Row("Discharge ready", _day(ready_on, today) if ready_on else ""),
        Row("Expected discharge", _day(expected_on, today) if expected_on else ""),
    )
    return [line for line in every if line.value]


_SITUATION = {
    "mobility": "Mobility",
    "cognition": "Memory and thinking",
    "living_situation": "Living situation",
    "existing_care": "Care before the admission",
}


def _criteria(referral: Json, row: JourneyRow, now: datetime) -> Sequence[Row]:
    """The criteria to reside, with the age of the answer and since when each is known to be met."""
    if row.kind != words.ABOUT_A_STAY:
        return []
    none = "none, so ready to leave" if row.criteria_assessed_at else "none said, so taken as ready"
    if is_before_leaving(row):
        none = "none before leaving hospital"  # which says nothing about a person who is back
    met = words.listed(words.CRITERIA, referral.get("criteria_to_reside") or []) or none
    notes = [f"Assessed {dates.moment(row.criteria_assessed_at, now)}" if row.criteria_assessed_at else ""]
    notes += [
        f"{words.say(words.CRITERIA, criterion)}: since {dates.moment(datetime.fromisoformat(since), now)}"
        for criterion, since in (referral.get("criteria_since") or {}).items()
    ]
    return [Row("Criteria to reside met", met[:1].upper() + met[1:], ". ".join(filter(None, notes)))]


def is_before_leaving(row: JourneyRow) -> bool:
    """Whether the criteria were last assessed in the stay that has ended."""
    return row.left_at is not None and row.criteria_assessed_at is not None and row.criteria_assessed_at <= row.left_at


def place(row: JourneyRow, now: datetime) -> Sequence[Row]:
    """Where the person is, and since when."""
    received = Row("Referral received", dates.moment(row.received_at, now))
    ward = Row("Ward", f"{row.ward or 'Not known'}, hospital {row.hospital}")
    if row.kind != words.ABOUT_A_STAY:
        ward = Row("Kind of referral", words.say(words.KINDS, row.kind), f"From {row.hospital}")
    left = [Row("Left hospital", dates.moment(row.left_at, now))] if row.left_at else []
    return [ward, *left, received]


def rules(case: Json) -> Sequence[RuleView]:
    """Why a pathway is suggested: each rule with the facts that fired it."""
    suggestion = case.get("suggestion") or {}
    return [
        RuleView(words.say(words.RULES, fired["rule"]), _because(fired["because"]))
        for fired in suggestion.get("rules", [])
    ]


_FACT_NAMES = {
    "needs": "needs",
    "judgement": "an assessor found:",
    "existing_care": "care before the admission",
    "living_situation": "living situation",
    "mobility": "mobility",
}


def _because(facts: Sequence[str]) -> str:
    """Coded facts in words, those of one kind together: "needs.meals", "needs.therapy" → "needs meals, therapy"."""
    found: dict[str, list[str]] = {}
    for fact in facts:
        name, _, value = fact.partition(".")
        text = (words.NEEDS | words.JUDGEMENTS | words.SITUATION).get(value, value.replace("_", " "))
        found.setdefault(words.say(_FACT_NAMES, name), []).append(text[:1].lower() + text[1:])
    return "; ".join(f"{name} {', '.join(texts)}" for name, texts in found.items())


def triage(case: Json, now: datetime) -> Sequence[Row]:
    """Where triage stands."""
    today = dates.london_day(now)
    suggestion = case.get("suggestion") or {}
    decision = next(reversed(case.get("decisions") or []), None)
    suggested = suggestion.get("pathway")
    found = [Row("Suggested", words.PATHWAYS[suggested] if suggested is not None else "Nothing is suggested yet")]
    if decision:
        by = words.listed(words.ROLES, list(decision.get("participants") or []))
        at = dates.moment(datetime.fromisoformat(decision["decided_at"]), now) if decision.get("decided_at") else ""
        found.insert(0, Row("Decided", words.PATHWAYS[decision["pathway"]], f"{at} by {by}" if by else at))
        if decision.get("differs_reason"):
            found.append(Row("Reason it differs", words.say(words.REASONS, decision["differs_reason"])))
    found.append(Row("Target date", _day(case.get("target_on"), today)))
    if respond_by := case.get("respond_by"):
        found.append(Row("Respond by", dates.moment(datetime.fromisoformat(respond_by), now)))
    return found


def lines(package: Json, now: datetime) -> Sequence[LineView]:
    """The package's lines, each with its offers, the newest first."""
    return [
        LineView(
            line_id=str(line["line_id"]),
            service=words.say(words.SERVICES, line["service"]),
            visits=_visits(line),
            state=line["state"],
            state_text=words.say(words.LINE_STATES, line["state"]),
            offers=[_offer(offer, now) for offer in reversed(line.get("offers") or [])],
        )
        for line in package.get("lines") or []
    ]


QUESTIONS = {
    "decided_differently": "A newer decision asks for something else: {service}. Change it with the provider.",
    "no_longer_decided": "A newer decision no longer asks for: {service}. End or cancel it.",
}


def asks(package: Json) -> Sequence[str]:
    """What a newer decision leaves to the broker."""
    return [
        QUESTIONS[ask["question"]].format(service=words.say(words.SERVICES, ask["service"]).lower())
        for ask in package.get("asks") or []
    ]


def about(package: Json | None, target: str | None) -> Sequence[str]:
    """Which care, and by whom, an action on one line or offer of the package is about."""
    for line in (package or {}).get("lines") or []:
        care = words.say(words.SERVICES, line["service"])
        what = ": ".join(filter(None, (care, _visits(line))))
        names = {
            str(offer["offer_id"]): offer.get("provider_name") or "A provider" for offer in line.get("offers") or []
        }
        if target in names:
            return [names[target], what]
        if target == str(line["line_id"]):
            return [what]
    return []


def suggested_lines(case: Json) -> str:
    """The services that triage suggests, in words."""
    lines = (case.get("suggestion") or {}).get("lines") or []
    said = (
        ", ".join(filter(None, (words.say(words.SERVICES, line["service"]).lower(), _visits(line)))) for line in lines
    )
    return "; ".join(said)


def _visits(line: Json) -> str:
    if not line.get("visits_per_day"):
        return ""
    carers = line.get("carers_per_visit") or 1
    return (
        f"{line['visits_per_day']} {_plural('visit', line['visits_per_day'])} a day of {line.get('minutes_per_visit')} "
        f"minutes, {carers} {_plural('carer', carers)}, {line.get('days_per_week') or 7} days a week"
    )


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"


def _offer(offer: Json, now: datetime) -> OfferView:
    detail = ""
    if offer["state"] == "sent":
        detail = f"Answer by {dates.moment(datetime.fromisoformat(offer['respond_by']), now)}"
    elif offer.get("answered_at"):
        detail = dates.moment(datetime.fromisoformat(offer["answered_at"]), now)
    if offer.get("reason"):
        detail = f"{words.say(words.REASONS, offer['reason'])}. {detail}".strip()
    return OfferView(
        offer_id=str(offer["offer_id"]),
        provider=offer.get("provider_name") or "A provider",
        state=offer["state"],
        state_text=words.say(words.OFFER_STATES, offer["state"]),
        detail=detail,
    )


def holds(package: Json) -> str:
    """Why arranging waits, in words; empty while it runs."""
    return words.listed(words.REASONS, list(package.get("holds") or []))


WATCH_STATES = {
    "open": "Watching for a readmission",
    "readmitted": "Readmitted as an emergency",
    "completed": "Over, without a readmission",
    "died": "Ended: the person died",
    "void": "Cancelled",
}


def watch(found: Json, now: datetime) -> Sequence[Row]:
    """The follow-up of thirty days."""
    left_at = datetime.fromisoformat(found["discharged_at"])
    days = (dates.london_day(now) - dates.london_day(left_at)).days
    rows = [
        Row("Follow-up", words.say(WATCH_STATES, found["state"])),
        Row("Left hospital", dates.moment(left_at, now), f"Day {days} of 30" if found["state"] == "open" else ""),
    ]
    if readmission := found.get("readmission"):
        admitted_at = dates.moment(datetime.fromisoformat(readmission["admitted_at"]), now)
        rows.append(Row("Readmitted", admitted_at, f"Day {readmission['days_since_discharge']} after leaving hospital"))
    return rows


def contacts(person: PersonView) -> Sequence[Row]:
    """How to reach the person; only what is known."""
    known = (
        ("Address", person.address),
        ("Phone", person.phone),
        ("GP practice", person.gp_practice),
        ("Hospital number", person.hospital_number),
    )
    return [Row(key, value) for key, value in known if value]


@dataclass(frozen=True)
class NoteView:
    text: str
    by: str
    at: str
    for_ward: str


def notes(found: Json | None, names: Mapping[UUID, str], now: datetime) -> Sequence[NoteView]:
    """Free text about the person, the newest first."""
    return [
        NoteView(
            note["text"],
            _author(note["author"], names),
            dates.moment(datetime.fromisoformat(note["written_at"]), now),
            "The ward reads it too" if note.get("for_ward") else "",
        )
        for note in reversed((found or {}).get("items", []))
    ]


def _author(actor: str, names: Mapping[UUID, str]) -> str:
    sort, _, identifier = actor.partition("/")
    return names.get(UUID(identifier), "A member of staff") if sort == "staff" else "Ward system"


def waits_for_care(package: Json | None, actions: Sequence[Mapping[str, Sequence[Any]]]) -> bool:  # Any: actions
    """Whether something in the part about care waits for this person, so that a button on top leads there."""
    lines = (package or {}).get("lines") or []
    states = {line["state"] for line in lines}
    states |= {offer["state"] for line in lines for offer in line.get("offers") or []}
    return any(action.is_next_step for state in states for known in actions for action in known.get(state, ()))


def providers(package: Json | None) -> Mapping[UUID, str]:
    """Names of the providers a package was offered to, for the timeline."""
    return {
        UUID(str(offer["provider_id"])): offer["provider_name"]
        for line in (package or {}).get("lines") or []
        for offer in line.get("offers") or []
        if offer.get("provider_name")
    }


def _day(text: str | None, today: date) -> str:
    if not text:
        return "No date"
    when = date.fromisoformat(text)
    return f"{dates.day(when, today)} ({dates.countdown(when, today)})"
