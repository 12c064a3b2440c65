"""A form as data: its fields, the Pydantic model that checks them, and one NHS sentence per field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.datastructures import FormData

Raw = Mapping[str, str | list[str]]  # as typed, so that a form shows again what was entered


class Kind(StrEnum):
    RADIOS = "radios"
    CHECKBOXES = "checkboxes"
    SELECT = "select"
    DATE = "date"
    TEXT = "text"
    TEXTAREA = "textarea"


@dataclass(frozen=True)
class Choice:
    value: str
    text: str
    hint: str | None = None


@dataclass(frozen=True)
class Field:
    """A question; `error` says what to do when the answer will not do ("Select a reason")."""

    name: str
    label: str
    kind: Kind
    error: str
    choices: Sequence[Choice] = ()
    hint: str | None = None


class FormModel(BaseModel):
    """Checks raw values; what is left empty counts as not given. Its JSON is the body a service gets."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True, defer_build=True)


@dataclass(frozen=True)
class Form:
    """Fields and their model. The texts beside the fields are those of the action."""

    model: type[FormModel]
    fields: Sequence[Field]


@dataclass(frozen=True)
class Checked:
    """A form that was sent: either its values or what is wrong, by field."""

    raw: Raw
    values: FormModel | None
    errors: Mapping[str, str]


def choices(words: Mapping[str, str], codes: Sequence[str] | None = None) -> Sequence[Choice]:
    """Codes as choices, in the order given."""
    return [Choice(code, words[code]) for code in (codes if codes is not None else words)]


def check(form: Form, data: FormData) -> Checked:
    """Keep what was typed, then check it."""
    raw = {field.name: _raw(field, data) for field in form.fields}
    raw |= {key: str(value) for key, value in data.items() if key not in raw}
    sentences = {field.name: field.error for field in form.fields}
    given = {name: value for name in sentences if (value := _given(form, name, raw))}
    try:
        return Checked(raw, form.model.model_validate(given), {})
    except ValidationError as error:
        # a rule about several fields names the one to correct as its type
        names = [str(wrong["loc"][0]) if wrong["loc"] else wrong["type"] for wrong in error.errors()]
        return Checked(raw, None, {name: sentences.get(name, "Check this answer") for name in names})


def _raw(field: Field, data: FormData) -> str | list[str]:
    if field.kind is Kind.CHECKBOXES:
        return [str(value) for value in data.getlist(field.name)]
    return str(data.get(field.name, ""))


def _given(form: Form, name: str, raw: Raw) -> object:
    """The answer in the form its model takes; a date is typed as day, month and year."""
    field = next(field for field in form.fields if field.name == name)
    if field.kind is not Kind.DATE:
        return raw[name]
    parts = [str(raw.get(f"{name}-{part}", "")).strip() for part in ("year", "month", "day")]
    return "-".join(part.zfill(2) for part in parts) if any(parts) else None
