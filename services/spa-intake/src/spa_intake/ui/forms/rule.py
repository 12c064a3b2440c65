"""The form of an acceptance rule: what it looks for, what it suggests, and on which days it counts."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, StringConstraints, model_validator
from pydantic import Field as Bound
from pydantic_core import PydanticCustomError

from spa_intake.ui.presenters import rules, words

from .fields import Choice, Field, Form, FormModel, Kind, Raw, choices

AREA, AGES, HOSPITAL, MISSING = rules.TESTS
OF_TEST: Mapping[str, tuple[str, ...]] = {
    AREA: ("outward_postcodes", "gp_practices"),
    AGES: ("youngest", "oldest"),
    HOSPITAL: ("hospitals",),
    MISSING: ("fields",),
}


def _listed(text: object) -> object:
    """What is typed with commas, spaces or on lines of its own."""
    return [part.upper() for part in re.split(r"[\s,;]+", text) if part] if isinstance(text, str) else text


def _code(name: object) -> object:
    """Catchment area is kept as catchment_area."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") if isinstance(name, str) else name


_Districts = tuple[Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,2}[0-9][A-Z0-9]?$")], ...]
_Organisations = tuple[Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{3,10}$")], ...]
_Age = Annotated[int, Bound(ge=0, le=150)]


class RuleForm(FormModel):
    sentence: Annotated[str, StringConstraints(max_length=120)]
    effect: Literal["query", "decline", "warn"]
    reason: str | None = None
    kinds: tuple[str, ...] = ()
    test: Literal["outside_area", "outside_ages", "hospital_not_served", "missing"]
    outward_postcodes: Annotated[_Districts, BeforeValidator(_listed)] = ()
    gp_practices: Annotated[_Organisations, BeforeValidator(_listed)] = ()
    youngest: _Age | None = None
    oldest: _Age | None = None
    hospitals: Annotated[_Organisations, BeforeValidator(_listed)] = ()
    fields: tuple[str, ...] = ()
    valid_from: date
    valid_to: date | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.effect == "decline" and not self.reason:
            raise PydanticCustomError("reason", "with a decline")
        if not any(getattr(self, name) not in {None, ()} for name in OF_TEST[self.test]):
            raise PydanticCustomError(OF_TEST[self.test][0], "what to look for")
        if self.youngest is not None and self.oldest is not None and self.youngest > self.oldest:
            raise PydanticCustomError("oldest", "nobody is that old")
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise PydanticCustomError("valid_to", "it ends before it begins")
        return self

    def body(self) -> dict[str, Any]:  # Any: JSON
        """As the service takes it."""
        shared = self.model_dump(mode="json", include={"sentence", "effect", "kinds", "valid_from", "valid_to"})
        condition = self.model_dump(mode="json", include=set(OF_TEST[self.test])) | {"test": self.test}
        return shared | {"reason": self.reason if self.effect == "decline" else None, "condition": condition}


class NewRuleForm(RuleForm):
    """A rule that is new gets the name by which it is kept for good."""

    code: Annotated[str, BeforeValidator(_code), StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,59}$")]


_DATE_HINT = "For example, 27 3 2027"
_FIELDS = (
    Field(
        "sentence",
        "What does the coordinator read?",
        Kind.TEXT,
        "Enter what the coordinator reads, up to 120 characters",
        hint="One plain sentence that names nobody, such as “This service is for people aged 18 and over.”",
    ),
    Field(
        "effect",
        "What does the rule suggest?",
        Kind.RADIOS,
        "Select what the rule suggests",
        choices(rules.EFFECTS),
        "The coordinator decides; the rule only advises",
    ),
    Field(
        "reason",
        "Reason of the decline",
        Kind.SELECT,
        "Select the reason of the decline",
        (Choice("", "Choose a reason"), *choices(words.REASONS, rules.REASONS)),
    ),
    Field(
        "kinds",
        "For which kinds of referral?",
        Kind.CHECKBOXES,
        "Select the kinds of referral",
        choices(words.KINDS),
        "Leave empty for every kind",
    ),
    Field("test", "When does it apply?", Kind.RADIOS, "Select when the rule applies", choices(rules.TESTS)),
    Field(
        "outward_postcodes",
        "Postcode districts of the area",
        Kind.TEXTAREA,
        "Enter postcode districts such as BR1 SE20, or GP practices",
        hint="With spaces or commas between them, such as BR1 BR2 SE20",
    ),
    Field(
        "gp_practices",
        "GP practices that count as inside (optional)",
        Kind.TEXTAREA,
        "Enter the ODS codes of practices, such as G84001",
        hint="Their ODS codes, such as G84001",
    ),
    Field("youngest", "Youngest age, in years", Kind.TEXT, "Enter an age in whole years, such as 18"),
    Field("oldest", "Oldest age, in years", Kind.TEXT, "Enter an age that is not below the youngest, such as 65"),
    Field(
        "hospitals",
        "Hospitals we work with",
        Kind.TEXTAREA,
        "Enter the ODS codes of hospitals, such as RJZ",
        hint="Their ODS codes, with spaces or commas between them, such as RJZ RJ1",
    ),
    Field(
        "fields",
        "What must be there?",
        Kind.CHECKBOXES,
        "Select what must be there",
        choices(words.MISSING, [code for code in words.MISSING if code not in rules.ON_PAPER]),
    ),
    Field("valid_from", "From which day does it count?", Kind.DATE, "Enter a real date, such as 27 3 2027"),
    Field(
        "valid_to",
        "On which day does it count for the last time? (optional)",
        Kind.DATE,
        "Enter a real date that is not before the first day",
        hint=f"{_DATE_HINT}. Leave empty if it counts until it is changed.",
    ),
)
_NAME = Field(
    "code",
    "Short name of the rule",
    Kind.TEXT,
    "Enter a short name of letters, such as catchment area",
    hint="It stays for good, such as “catchment area”",
)
CHANGE = Form(RuleForm, _FIELDS)
NEW = Form(NewRuleForm, (_NAME, *_FIELDS))


def raw_of(rule: Mapping[str, Any]) -> Raw:  # Any: JSON of the intake API
    """A rule as somebody would have typed it."""
    condition = rule["condition"]
    raw: dict[str, str | list[str]] = {
        "sentence": rule["sentence"],
        "effect": rule["effect"],
        "reason": rule.get("reason") or "",
        "kinds": list(rule["kinds"]),
        "test": condition["test"],
    }
    for name in OF_TEST[condition["test"]]:
        value = condition.get(name)
        if name == "fields":
            raw[name] = list(value)
        elif isinstance(value, list):
            raw[name] = " ".join(value)
        else:
            raw[name] = "" if value is None else str(value)
    for name in ("valid_from", "valid_to"):
        if rule.get(name):
            raw |= day_raw(name, date.fromisoformat(rule[name]))
    return raw


def day_raw(name: str, on: date) -> dict[str, str]:
    """A date in the parts in which it is typed."""
    return {f"{name}-day": str(on.day), f"{name}-month": str(on.month), f"{name}-year": str(on.year)}


def typed(raw: Raw) -> list[tuple[str, str]]:
    """Raw values as the fields of a form that sends them again."""
    return [
        (name, one) for name, value in raw.items() for one in (value if isinstance(value, list) else [value]) if one
    ]
