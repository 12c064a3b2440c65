"""The forms about a referral."""

from datetime import date, datetime, time
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, StringConstraints, computed_field, model_validator
from pydantic import Field as Field_
from pydantic_core import PydanticCustomError

from homeward_kit.values import LONDON
from spa_intake.ui.presenters import words

from .fields import Choice, Field, Form, FormModel, Kind, choices

NOTHING = "none"
Codes = tuple[str, ...]
DECLINE_REASONS = ("not_eligible", "out_of_area", "insufficient_information", "duplicate", "redirected")
WITHDRAW_REASONS = (
    "no_longer_needed",
    "person_declined",
    "condition_changed",
    "self_discharged",
    "transferred",
    "entered_in_error",
)
AFTER_AN_OPERATION = ("lower_limb_surgery_48h", "trunk_surgery_72h", "invasive_procedure_24h")
CLOSE_REASONS = ("discharged_without_message", "no_longer_needed", "moved_away", "support_ended")
OTHER_SERVICES = {
    "mental_health": "Mental health service",
    "hospice": "Hospice or palliative care",
    "housing": "Housing",
    "other_spa": "The single point of access of another borough",
}
_NotEmpty = Annotated[str, StringConstraints(min_length=1, max_length=4000)]


def without_nothing(codes: object) -> object:
    return [code for code in codes if code != NOTHING] if isinstance(codes, list) else codes


class DeclineForm(FormModel):
    """`note` goes to the ward with the decline; `own_note` is a note of its own, for colleagues."""

    reason: Literal["not_eligible", "out_of_area", "insufficient_information", "duplicate", "redirected"]
    redirected_to: str | None = None
    advice: Codes | None = None
    note: Annotated[str, StringConstraints(max_length=4000)] | None = None
    own_note: Annotated[str, StringConstraints(max_length=4000)] | None = Field_(None, exclude=True)

    @model_validator(mode="after")
    def _names_the_service(self) -> Self:
        if self.reason == "redirected" and not self.redirected_to:
            raise PydanticCustomError("redirected_to", "where to")
        return self if self.reason == "redirected" else self.model_copy(update={"redirected_to": None})


def _reasons(codes: tuple[str, ...]) -> Field:
    return Field("reason", "What is the reason?", Kind.RADIOS, "Select a reason", choices(words.REASONS, codes))


class ReasonForm(FormModel):
    reason: str


class QueryForm(FormModel):
    missing: Codes


class ReadinessForm(FormModel):
    """The time of the operation, where one is given, is that of every criterion that ends so long after one."""

    criteria_to_reside: Annotated[Codes, BeforeValidator(without_nothing)]
    operated_on: date | None = Field_(None, exclude=True)
    operated_at: time | None = Field_(None, exclude=True)

    @model_validator(mode="after")
    def _has_both_or_none(self) -> Self:
        if (self.operated_on is None) != (self.operated_at is None):
            raise PydanticCustomError("operated_on" if self.operated_on is None else "operated_at", "the other half")
        return self

    @computed_field
    def criteria_since(self) -> dict[str, datetime] | None:
        """As the service takes it."""
        if self.operated_on is None or self.operated_at is None:
            return None
        began_at = datetime.combine(self.operated_on, self.operated_at, LONDON)
        return {code: began_at for code in self.criteria_to_reside if code in AFTER_AN_OPERATION}


class NoteForm(FormModel):
    text: _NotEmpty
    for_ward: Annotated[bool, BeforeValidator(bool)] = False


DECLINE = Form(
    DeclineForm,
    (
        _reasons(DECLINE_REASONS),
        Field(
            "redirected_to",
            "Which service is right?",
            Kind.SELECT,
            "Select the service the person is sent to",
            (Choice("", "Choose a service"), *choices(OTHER_SERVICES)),
            "Only when another service is right for the person",
        ),
        Field(
            "advice",
            "What do you advise the ward to do?",
            Kind.CHECKBOXES,
            "Select the advice",
            choices(words.ADVICE),
            "The ward sees it with the reason. Leave empty if there is none",
        ),
        Field(
            "note",
            "Note to the ward (optional)",
            Kind.TEXTAREA,
            "Enter a note of up to 4,000 characters",
            hint="The ward reads it with the reason and the advice. Your colleagues see it here.",
        ),
        Field(
            "own_note",
            "Note for your colleagues (optional)",
            Kind.TEXTAREA,
            "Enter a note of up to 4,000 characters",
            hint="Only staff of this service read it. The ward does not.",
        ),
    ),
)
WITHDRAW = Form(ReasonForm, (_reasons(WITHDRAW_REASONS),))
CLOSE = Form(ReasonForm, (_reasons(CLOSE_REASONS),))
QUERY = Form(
    QueryForm,
    (
        Field(
            "missing",
            "What does the ward need to tell us?",
            Kind.CHECKBOXES,
            "Select at least one thing to ask for",
            choices(words.MISSING),
            "The ward sees this list and can answer it from its own system",
        ),
    ),
)
READINESS = Form(
    ReadinessForm,
    (
        Field(
            "criteria_to_reside",
            "Which criteria to reside does the person meet now?",
            Kind.CHECKBOXES,
            "Select the criteria, or that none of them is met",
            (*choices(words.CRITERIA), Choice(NOTHING, "None of these: ready to leave hospital")),
        ),
        Field(
            "operated_on",
            "On which day was the operation or procedure? (optional)",
            Kind.DATE,
            "Enter a real date, such as 27 3 2027",
            hint="Only for surgery or an invasive procedure: the criterion ends by itself so many hours after it",
        ),
        Field(
            "operated_at",
            "At what time?",
            Kind.TEXT,
            "Enter the time of the operation, such as 14:30",
            hint="For example, 14:30",
        ),
    ),
)
NOTE = Form(
    NoteForm,
    (
        Field(
            "text",
            "Note",
            Kind.TEXTAREA,
            "Enter the note",
            hint="Who reads it is recorded. Care providers do not see it.",
        ),
        Field(
            "for_ward",
            "Who may read it?",
            Kind.CHECKBOXES,
            "Select who may read it",
            (Choice("yes", "The ward may read it too", "Otherwise only staff of this service read it"),),
        ),
    ),
)
