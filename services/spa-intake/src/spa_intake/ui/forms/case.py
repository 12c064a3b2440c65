"""The forms about a case besides the decision."""

from datetime import date

from spa_intake.ui.presenters import words

from .fields import Field, Form, FormModel, Kind, choices

REOPEN_REASONS = (
    "package_unfilled",
    "package_handed_back",
    "back_in_hospital",
    "needs_changed",
    "person_choice",
    "decided_in_error",
)
TARGET_REASONS = {
    "medical": "Medical reasons",
    "awaiting_assessment": "Waiting for an assessment",
    "awaiting_care": "Waiting for care to be arranged",
    "person_choice": "The person's choice",
    "earlier_possible": "An earlier date is possible",
}


class ReopenForm(FormModel):
    reason: str


class AssessmentForm(FormModel):
    findings: tuple[str, ...]


class ReturnForm(FormModel):
    missing: tuple[str, ...]


class TargetForm(FormModel):
    target_on: date
    reason: str


REOPEN = Form(
    ReopenForm,
    (
        Field(
            "reason",
            "Why does the team decide again?",
            Kind.RADIOS,
            "Select a reason",
            choices(words.REASONS, REOPEN_REASONS),
        ),
    ),
)
TARGET = Form(
    TargetForm,
    (
        Field(
            "target_on",
            "New target date",
            Kind.DATE,
            "Enter a real date, such as 27 3 2027",
            hint="For example, 27 3 2027",
        ),
        Field("reason", "Why does the date change?", Kind.RADIOS, "Select a reason", choices(TARGET_REASONS)),
    ),
)
ASSESSMENT = Form(
    AssessmentForm,
    (
        Field(
            "findings",
            "What did you find?",
            Kind.CHECKBOXES,
            "Select what you found",
            choices(words.NEEDS | words.JUDGEMENTS),
            "It adds to what the ward told us, and the suggested pathway follows it",
        ),
    ),
)
RETURN = Form(
    ReturnForm,
    (
        Field(
            "missing",
            "What does the ward need to tell us?",
            Kind.CHECKBOXES,
            "Select at least one thing to ask for",
            choices(words.MISSING),
            "Deciding waits until the ward answers",
        ),
    ),
)
