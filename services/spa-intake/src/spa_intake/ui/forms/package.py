"""The forms about a package's lines and offers."""

from datetime import date

from spa_intake.ui.presenters import words

from .fields import Field, Form, FormModel, Kind, choices

DECLINE_REASONS = ("no_capacity", "outside_area", "needs_too_complex", "cannot_start_in_time", "other")
FELL_THROUGH_REASONS = ("no_capacity", "cannot_start_in_time", "needs_changed", "person_declined_provider", "other")
HAND_BACK_REASONS = ("no_capacity", "needs_changed", "person_declined_provider", "provider_closing", "other")
END_REASONS = ("independent", "needs_less", "long_term_care_began", "moved_away", "person_declined", "other")
CANCEL_REASONS = ("not_needed", "family_provides", "arranged_elsewhere", "person_declined", "other")


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
OFFER_DECLINE = _reason("Why did the provider decline?", DECLINE_REASONS)
HAND_BACK = _reason("Why is the care handed back?", HAND_BACK_REASONS)
FELL_THROUGH = _reason("Why did the agreed care fall through?", FELL_THROUGH_REASONS)
END = _reason("Why does the care end?", END_REASONS)
CANCEL = _reason("Why is this no longer needed?", CANCEL_REASONS)
