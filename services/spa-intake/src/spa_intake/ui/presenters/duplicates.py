"""Possible duplicates in words: two records side by side, what agrees and what differs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from . import dates
from .person import PersonView, person_view

DECISIONS = {"same": "Same person", "different": "Two different people"}
REASONS = {
    "numbers_checked": "The NHS number was checked",
    "asked_ward": "The ward was asked",
    "asked_person_or_family": "The person or their family was asked",
    "records_compared": "The records were compared",
    "decided_wrongly": "The earlier decision was wrong",
}
DIFFERENT = "Different"
BECAUSE = {
    "identifiers": "A message named both: the NHS number of one and the hospital number of the other",
    "details": "The name, birth date and postcode are the same",
    "hospital": "A hospital merged the two records",
}
DONE = {
    "same": "The two records are about one person now. Both keep their referrals: close one if it is not needed.",
    "different": "The two records are about different people.",
}
_ROWS: Mapping[str, tuple[str, str | None]] = {  # label, and the field that is compared
    "name": ("Family name", "family_name"),
    "given": ("Given name", "given_name"),
    "born": ("Born", "born_on"),
    "gender": ("Gender", "gender"),
    "nhs_number": ("NHS number", "nhs_number"),
    "hospital_number": ("Hospital number", None),
    "address": ("Address (postcode compared)", "postcode"),
    "phone": ("Phone", "phone"),
    "gp_practice": ("GP practice", "gp_practice"),
    "died": ("Died", None),
}


@dataclass(frozen=True)
class Compared:
    """A row of the comparison; `agreement` says whether the records agree, nothing where that says nothing."""

    label: str
    values: Sequence[str]
    agreement: str


@dataclass(frozen=True)
class DuplicateView:
    """A pair as the list and its own page show it."""

    duplicate_id: UUID
    names: Sequence[str]
    born: Sequence[str]
    because: str
    raised: str
    rows: Sequence[Compared]
    decided: str | None
    is_one_person: bool
    version: int


Json = Mapping[str, Any]  # Any: JSON of the intake API


def duplicate_view(item: Json, names: Mapping[UUID, str], now: datetime) -> DuplicateView:
    """The pair in words."""
    people = [person_view(person, now) for person in item["people"]]
    return DuplicateView(
        duplicate_id=UUID(item["duplicate_id"]),
        names=[person.name for person in people],
        born=[person.born or "Not known" for person in people],
        because=BECAUSE[item["because"]],
        raised=dates.moment(datetime.fromisoformat(item["raised_at"]), now),
        rows=list(_rows(item, people)),
        decided=_decided(item, names, now),
        is_one_person=item["is_one_person"],
        version=item["version"],
    )


def _rows(item: Json, people: Sequence[PersonView]) -> Sequence[Compared]:
    rows = []
    for attribute, (label, compared) in _ROWS.items():
        values = [_value(attribute, person, view) for person, view in zip(item["people"], people, strict=True)]
        if any(values):
            rows.append(Compared(label, [value or "Not known" for value in values], _agreement(item, compared)))
    return rows


def _value(attribute: str, person: Json, view: PersonView) -> str | None:
    if attribute == "name":
        return person.get("family_name")
    if attribute == "given":
        return person.get("given_name")
    if attribute == "nhs_number" and view.nhs_number and view.nhs_number_note:
        return f"{view.nhs_number} ({view.nhs_number_note})"
    found: str | None = getattr(view, attribute)
    return found


def _agreement(item: Json, compared: str | None) -> str:
    if compared is None:
        return ""
    if compared in item["agrees"]:
        return "Same"
    return DIFFERENT if compared in item["differs"] else "Not known in both"


def _decided(item: Json, names: Mapping[UUID, str], now: datetime) -> str | None:
    if item["decision"] is None:
        return None
    decided_at = dates.moment(datetime.fromisoformat(item["decided_at"]), now)
    return f"{DECISIONS[item['decision']]}, decided {decided_at} by {_who(item['decided_by'], names)}"


def _who(actor: str, names: Mapping[UUID, str]) -> str:
    kind, _, identifier = actor.partition("/")
    return names.get(UUID(identifier), "a colleague") if kind == "staff" else "a hospital"


def deciders(items: Sequence[Json]) -> list[UUID]:
    """The staff who decided these."""
    actors = (str(item["decided_by"] or "") for item in items)
    return [UUID(actor.partition("/")[2]) for actor in actors if actor.startswith("staff/")]
