"""The ward's answer as somebody takes it down on the phone: all that a query can ask for, what was asked for first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, StringConstraints
from pydantic import Field as Bound

from spa_intake.ui.presenters import words

from .answer_fields import FIELDS, GROUPS, ITEMS, SECTIONS, STAY_ITEMS
from .fields import Field, Form, FormModel, Kind, Raw
from .referral import without_nothing

Json = Mapping[str, Any]  # Any: JSON of the intake API
Codes = tuple[str, ...]
_Text = Annotated[str, StringConstraints(max_length=4000)]
_Line = Annotated[str, StringConstraints(max_length=120)]
_Phone = Annotated[str, StringConstraints(pattern=r"^[0-9+() -]{5,20}$")]


def _lines(text: object) -> object:
    return [line.strip() for line in text.splitlines() if line.strip()] if isinstance(text, str) else text


def _upper(text: object) -> object:
    return text.strip().upper() if isinstance(text, str) else text


class AnswerForm(FormModel):
    """What is left empty stays as it was. `therapy_report` becomes a note, the criteria an assessment of their own."""

    ward: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _./-]{0,19}$")] | None = None
    criteria_to_reside: Annotated[Codes, BeforeValidator(without_nothing)] | None = None
    discharge_ready_on: date | None = None
    expected_discharge_on: date | None = None
    response_within: str | None = None
    needs: Codes | None = None
    mobility: str | None = None
    cognition: str | None = None
    living_situation: str | None = None
    existing_care: str | None = None
    visits_per_day: Annotated[int, Bound(ge=0, le=24)] | None = None
    carers_per_visit: Annotated[int, Bound(ge=0, le=4)] | None = None
    can_restart: bool | None = None
    washing: str | None = None
    dressing: str | None = None
    toileting: str | None = None
    continence: str | None = None
    eating_drinking: str | None = None
    transfers: str | None = None
    walking: str | None = None
    stairs: str | None = None
    communicating: str | None = None
    medicines: _Text | None = None
    equipment_needed: Codes | None = None
    equipment_in_place: Codes | None = None
    clinical_frailty_scale: Annotated[int, Bound(ge=1, le=9)] | None = None
    mental_capacity: str | None = None
    mental_capacity_assessed_on: date | None = None
    consent_to_referral: str | None = None
    consent_to_share: str | None = None
    safeguarding_concern: bool | None = None
    safeguarding: Codes | None = None
    language: str | None = None
    needs_interpreter: bool | None = None
    communication_needs: Codes | None = None
    organisms: Codes | None = None
    needs_isolation: bool | None = None
    isolation_ends_on: date | None = None
    address_lines: Annotated[Annotated[tuple[_Line, ...], Bound(max_length=5)], BeforeValidator(_lines)] | None = None
    postcode: Annotated[str, BeforeValidator(_upper), StringConstraints(max_length=8)] | None = None
    phone: _Phone | None = None
    gp_practice: Annotated[str, BeforeValidator(_upper), StringConstraints(pattern=r"^[A-Z0-9]{3,10}$")] | None = None
    contact_name: _Line | None = None
    contact_relationship: str | None = None
    contact_phone: _Phone | None = None
    contact_roles: Codes = ()
    therapy_report: _Text | None = None

    @property
    def own_note(self) -> str | None:
        """Kept as a note."""
        return f"From the therapy report: {self.therapy_report}" if self.therapy_report else None

    def body(self, referral: Json, content: Json | None) -> dict[str, Any]:  # Any: JSON
        """As the service takes it. A group is sent whole: what the ward said before stays in it."""
        said = self.model_dump(mode="json", exclude_none=True)
        body = {name: value for name, value in said.items() if name in _PLAIN}
        for group, names in GROUPS.items():
            given = {inner: said[name] for name, inner in names.items() if name in said}
            if given:
                before = (content or {}).get(group) if group == "texts" else referral.get(group)
                body[group] = {name: value for name, value in (before or {}).items() if value is not None} | given
        reached = {name: said[name] for name in _REACHED if name in said}
        if reached:
            body["person"] = reached
        if self.contact_name:
            body["contacts"] = self._contacts(content)
        return body

    def _contacts(self, content: Json | None) -> list[dict[str, Any]]:  # Any: JSON
        """Those that are known, with this one added or put in the place of the one of that name."""
        known = [dict(one) for one in (content or {}).get("contacts") or [] if one["name"] != self.contact_name]
        new = {
            "name": self.contact_name,
            "relationship": self.contact_relationship or "other",
            "phone": self.contact_phone,
            "roles": list(self.contact_roles) or ["next_of_kin"],
        }
        return [*known, new]


_REACHED = ("address_lines", "postcode", "phone", "gp_practice")
_PLAIN = frozenset(
    {
        "ward",
        "discharge_ready_on",
        "expected_discharge_on",
        "response_within",
        "needs",
        "mobility",
        "cognition",
        "living_situation",
        "existing_care",
        "clinical_frailty_scale",
        "safeguarding_concern",
        "safeguarding",
    }
)
ANSWER = Form(AnswerForm, FIELDS)


@dataclass(frozen=True)
class Section:
    """Fields under a heading; those that were not asked for are folded away."""

    title: str
    fields: Sequence[Field]
    is_asked: bool


def sections(asked: Sequence[str], kind: str) -> Sequence[Section]:
    """What was asked for, then everything else the ward may say of a referral of this kind."""
    first = [field for item in ITEMS if item in asked for field in ITEMS[item]]
    others = []
    for title, items in SECTIONS.items():
        open_to = [item for item in items if item not in asked and _belongs(item, kind)]
        if open_to:
            others.append(Section(title, [field for item in open_to for field in ITEMS[item]], is_asked=False))
    return [*([Section("What was asked for", first, is_asked=True)] if first else []), *others]


def _belongs(item: str, kind: str) -> bool:
    if item == "response_time":
        return kind == "admission_avoidance"
    return kind == words.ABOUT_A_STAY or item not in STAY_ITEMS


def raw_of(referral: Json, content: Json | None, person: Json | None) -> Raw:
    """What is known already, so that nobody asks or types it again. The criteria are assessed anew."""
    known: dict[str, Any] = {name: referral.get(name) for name in _PLAIN} | {"safeguarding_concern": None}  # Any: JSON
    for group, names in GROUPS.items():
        inside = ((content or {}).get(group) if group == "texts" else referral.get(group)) or {}
        known |= {name: inside.get(inner) for name, inner in names.items()}
    known |= {name: (person or {}).get(name) for name in _REACHED}
    raw: dict[str, str | list[str]] = {}
    for field in FIELDS:
        value = known.get(field.name)
        if value is None or value == []:
            continue
        if field.kind is Kind.DATE:
            on = date.fromisoformat(value)
            parts = (("day", on.day), ("month", on.month), ("year", on.year))
            raw |= {f"{field.name}-{part}": str(number) for part, number in parts}
        else:
            raw[field.name] = _typed(value, field.kind)
    return raw


def _typed(value: object, kind: Kind) -> str | list[str]:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return [str(one) for one in value] if kind is Kind.CHECKBOXES else "\n".join(str(one) for one in value)
    return str(value)
