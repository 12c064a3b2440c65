"""What the referral says, under its headings; a heading without content is left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from . import content_words, dates, words
from .record import Row

Json = Mapping[str, Any]  # Any: the JSON of a service


@dataclass(frozen=True)
class Group:
    """A heading with its lines."""

    title: str
    rows: Sequence[Row]


@dataclass(frozen=True)
class ScoreView:
    """A score with how it came about."""

    name: str
    result: str
    band: str
    parts: Sequence[str]
    note: str


@dataclass(frozen=True)
class TextView:
    title: str
    text: str


def groups(referral: Json | None, content: Json | None, now: datetime) -> Sequence[Group]:
    """The headings that hold something."""
    said = referral or {}
    every = (
        ("Who refers", _referrer(said, content or {})),
        ("Abilities", _abilities(said)),
        ("Care before", _care_before(said)),
        ("Capacity and consent", _legal(said.get("legal") or {}, now)),
        ("Safety", _safety(said, now)),
        ("Communication", _communication(said.get("communication") or {})),
        ("Equipment", _equipment(said.get("equipment") or {})),
        ("People to talk to", _contacts(content or {})),
    )
    return [Group(title, rows) for title, lines in every if (rows := [line for line in lines if line.value])]


def texts(content: Json | None) -> Sequence[TextView]:
    """What was said in words."""
    said = (content or {}).get("texts") or {}
    return [TextView(title, said[name]) for name, title in content_words.TEXTS.items() if said.get(name)]


def scores(referral: Json | None) -> Sequence[ScoreView]:
    """Each score with its parts; one that lacks an input says which."""
    return [_score(score) for score in (referral or {}).get("scores") or []]


def _score(score: Json) -> ScoreView:
    parts = [] if len(score["parts"]) == 1 else score["parts"]
    missing = words.listed(content_words.SCORE_PARTS, score["missing"])
    notes = [f"Not known: {missing}" if missing else "", "" if score["is_validated"] else "Not validated under 65"]
    return ScoreView(
        name=f"{content_words.SCORES[score['name']]} ({score['version']})",
        result="No total" if score["total"] is None else f"{score['total']} of {score['highest']}",
        band=(score["band"] or "").replace("_", " ").capitalize(),
        parts=[f"{content_words.SCORE_PARTS[p['name']]} {p['points']}" for p in parts if p["points"] is not None]
        or ["As the referrer gave it"],
        note=". ".join(filter(None, notes)),
    )


def _referrer(said: Json, content: Json) -> list[Row]:
    liaison = content.get("liaison") or {}
    return [
        Row(
            "Referred by", _word(content_words.REFERRERS, said.get("referrer")), said.get("referring_organisation", "")
        ),
        Row("Response needed", _word(content_words.RESPONSES, said.get("response_within"))),
        Row("Answers questions", liaison.get("name") or "", liaison.get("phone") or ""),
    ]


def _abilities(said: Json) -> list[Row]:
    known = said.get("abilities") or {}
    return [
        Row(title, _word(content_words.ABILITIES, known.get(activity)))
        for activity, title in content_words.ACTIVITIES.items()
    ]


def _care_before(said: Json) -> list[Row]:
    detail = said.get("existing_care_detail") or {}
    visits, carers = detail.get("visits_per_day"), detail.get("carers_per_visit")
    return [
        Row("Visits a day", "" if visits is None else str(visits)),
        Row("Carers at a visit", "" if carers is None else str(carers)),
        Row("Can restart", _yes_no(detail.get("can_restart"))),
    ]


def _legal(legal: Json, now: datetime) -> list[Row]:
    assessed_on = legal.get("mental_capacity_assessed_on")
    assessed = f"Assessed {_day(assessed_on, now)}" if assessed_on else ""
    return [
        Row("Mental capacity", _word(content_words.CAPACITY, legal.get("mental_capacity")), assessed),
        Row("Consent to the referral", _word(content_words.CONSENT, legal.get("consent_to_referral"))),
        Row("Consent to share", _word(content_words.CONSENT, legal.get("consent_to_share"))),
        Row("In place", _listed(content_words.PLANS, legal.get("plans"))),
        Row("Consulted", _listed(content_words.CONSULTED, legal.get("consulted"))),
        Row("Objection", _yes_no(legal.get("has_objection"))),
        Row(
            "NHS continuing healthcare", _word(content_words.CONTINUING_HEALTHCARE, legal.get("continuing_healthcare"))
        ),
    ]


def _safety(said: Json, now: datetime) -> list[Row]:
    infection = said.get("infection") or {}
    ends_on = infection.get("isolation_ends_on")
    flags = _listed(content_words.SAFEGUARDING, said.get("safeguarding"))
    return [
        Row("Safeguarding", flags or ("Concern" if said.get("safeguarding_concern") else "")),
        Row("Infection", _listed(content_words.ORGANISMS, infection.get("organisms"))),
        Row(
            "Needs isolation",
            _yes_no(infection.get("needs_isolation")),
            f"Until {_day(ends_on, now)}" if ends_on else "",
        ),
    ]


def _communication(said: Json) -> list[Row]:
    return [
        Row("Language", words.say(content_words.LANGUAGES, said.get("language"), "")),
        Row("Interpreter", _yes_no(said.get("needs_interpreter"))),
        Row("Needs support with", _listed(content_words.COMMUNICATION, said.get("needs"))),
    ]


def _equipment(said: Json) -> list[Row]:
    return [
        Row("Needed", _listed(content_words.EQUIPMENT, said.get("needed"))),
        Row("In place", _listed(content_words.EQUIPMENT, said.get("in_place"))),
    ]


def _contacts(content: Json) -> list[Row]:
    return [
        Row(
            contact["name"],
            " · ".join(
                filter(None, [_word(content_words.RELATIONSHIPS, contact["relationship"]), contact.get("phone")])
            ),
            _listed(content_words.CONTACT_ROLES, contact.get("roles")),
        )
        for contact in content.get("contacts") or []
    ]


def _word(known: Mapping[str, str], code: str | None) -> str:
    return words.say(known, code, "")


def _listed(known: Mapping[str, str], codes: Sequence[str] | None) -> str:
    """As a sentence part, but names keep their capitals: "Commode, walking aid", "Bed rails, DNACPR"."""
    said = [words.say(known, code) for code in codes or []]
    return ", ".join(
        [*said[:1], *(text if not text[1:].islower() else text[0].lower() + text[1:] for text in said[1:])]
    )


def _yes_no(answer: bool | None) -> str:  # noqa: FBT001 — the value that is shown
    return "" if answer is None else "Yes" if answer else "No"


def _day(text: str, now: datetime) -> str:
    return dates.day(date.fromisoformat(text), dates.london_day(now))
