"""What speaks for asking or declining before a referral is accepted, and the criteria to reside by time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from . import dates, words

Json = Mapping[str, Any]  # Any: the JSON of a service

EFFECTS = {"decline": "Suggests to decline", "query": "Suggests to ask the ward", "warn": "Look twice"}
DECLINES = {
    "not_eligible": "Decline: not eligible",
    "out_of_area": "Decline: outside the area",
    "insufficient_information": "Decline: not enough information",
    "duplicate": "Decline: came twice",
}


@dataclass(frozen=True)
class FindingView:
    code: str
    sentence: str
    effect: str
    effect_text: str
    missing: str


@dataclass(frozen=True)
class Prefilled:
    """A form that opens with these answers."""

    button: str
    code: str
    answers: str  # the query of the address


@dataclass(frozen=True)
class MetView:
    text: str
    since: str
    lapses: str


@dataclass(frozen=True)
class AssessmentView:
    at: str
    by: str
    text: str


def findings(referral: Json | None) -> Sequence[FindingView]:
    """What the rules found, the gravest first."""
    return [
        FindingView(
            code=found["code"],
            sentence=found["sentence"],
            effect=found["effect"],
            effect_text=EFFECTS[found["effect"]],
            missing=words.listed(words.MISSING, found["missing"]),
        )
        for found in (referral or {}).get("findings") or []
    ]


def prefilled(referral: Json | None, offered: Sequence[str]) -> Sequence[Prefilled]:
    """One button asks for everything that is missing, one for each reason declines; only where the form is offered."""
    found = (referral or {}).get("findings") or []
    missing = dict.fromkeys(item for one in found if one["effect"] == "query" for item in one["missing"])
    reasons = dict.fromkeys(one["reason"] for one in found if one["reason"])
    buttons = []
    if missing and "query" in offered:
        buttons.append(Prefilled("Ask the ward for this", "query", urlencode({"missing": list(missing)}, doseq=True)))
    if "decline" in offered:
        buttons += [Prefilled(DECLINES[reason], "decline", urlencode({"reason": reason})) for reason in reasons]
    return buttons


def still_missing(referral: Json | None) -> str:
    """What the ward was asked for and has not answered."""
    asked = words.listed(words.MISSING, list((referral or {}).get("missing") or []))
    if not asked:
        return ""
    is_asked = (referral or {}).get("state") == "queried"
    return f"The ward has been asked for: {asked}." if is_asked else f"The ward's answer still lacks: {asked}."


def advice(referral: Json | None) -> str:
    return words.listed(words.ADVICE, list((referral or {}).get("advice") or []))


def met(criteria: Json | None, now: datetime) -> Sequence[MetView]:
    """The criteria met now, with when the clock ends them."""
    return [_met(one, now) for one in (criteria or {}).get("met") or []]


def assessments(criteria: Json | None, names: Mapping[UUID, str], now: datetime) -> Sequence[AssessmentView]:
    """The dated series, the newest first."""
    return [
        AssessmentView(
            at=dates.moment(datetime.fromisoformat(item["assessed_at"]), now),
            by=_by(item["by"], names),
            text=_found(item["met"]),
        )
        for item in (criteria or {}).get("items") or []
    ]


def _met(one: Json, now: datetime) -> MetView:
    lapses_at = one["lapses_at"]
    return MetView(
        text=words.say(words.CRITERIA, one["criterion"]),
        since=f"since {dates.moment(datetime.fromisoformat(one['since']), now)}",
        lapses=f"lapses {weekday(datetime.fromisoformat(lapses_at), now)}" if lapses_at else "",
    )


def weekday(when: datetime, now: datetime) -> str:
    """A moment of the coming week, such as "14:00 today" or "Tue 14:00"."""
    on = dates.london_day(when)
    if on == dates.london_day(now) or on - dates.london_day(now) > timedelta(days=6):
        return dates.moment(when, now)
    return f"{on:%a} {dates.clock(when)}"


def _found(met_then: Sequence[Json]) -> str:
    found = words.listed(words.CRITERIA, [one["criterion"] for one in met_then])
    return f"{found[:1].upper()}{found[1:]}" if found else "None met: ready to leave hospital"


def _by(actor: str, names: Mapping[UUID, str]) -> str:
    sort, _, identifier = actor.partition("/")
    if sort == "staff":
        return names.get(UUID(identifier), "A member of staff")
    return "Ward system"
