"""The forms about a package's lines and offers."""

from datetime import date

from spa_intake.ui.presenters import words

from .fields import Field, Form, FormModel, Kind, choices

OFFER_DECLINE_REASONS = ("no_capacity", "cannot_meet_needs", "cannot_start_in_time", "out_of_area", "safety_concern")
HAND_BACK_REASONS = ("staff_shortage", "cannot_meet_needs", "needs_changed", "safety_concern", "person_choice")
FELL_THROUGH_REASONS = (
    "provider_withdrew",
    "staff_shortage",
    "cannot_start_in_time",
    "person_choice",
    "family_refused",
)


class ReasonForm(FormModel):
    reason: str


class AcceptForm(FormModel):
    start_on: date | None = None


def _reason(label: str, codes: tuple[str, ...]) -> Form:
    return Form(ReasonForm, (Field("reason", label, Kind.RADIOS, "Select a reason", choices(words.REASONS, codes)),))


OFFER_ACCEPT = Form(
    AcceptForm,
    (
        Field(
            "start_on",
            "When can the care start? (optional)",
            Kind.DATE,
            "Enter a real date, such as 27 3 2027",
            hint="For example, 27 3 2027. Leave empty if the provider did not say.",
        ),
    ),
)
OFFER_DECLINE = _reason("Why did the provider decline?", OFFER_DECLINE_REASONS)
HAND_BACK = _reason("Why is the care handed back?", HAND_BACK_REASONS)
FELL_THROUGH = _reason("Why did the agreed care fall through?", FELL_THROUGH_REASONS)
