"""The form with which a coordinator decides whether two records are one person's."""

from typing import Literal

from spa_intake.ui.presenters.duplicates import DECISIONS, REASONS

from .fields import Field, Form, FormModel, Kind, choices


class DuplicateForm(FormModel):
    decision: Literal["same", "different"]
    reason: Literal["numbers_checked", "asked_ward", "asked_person_or_family", "records_compared", "decided_wrongly"]


def form_for(decided: str | None) -> Form:
    """Only what was not decided already can be chosen."""
    open_to = [code for code in DECISIONS if code != decided]
    reasons = [code for code in REASONS if decided is not None or code != "decided_wrongly"]
    question = "Are these records about one person?" if decided is None else "What is right instead?"
    return Form(
        DuplicateForm,
        (
            Field(
                "decision",
                question,
                Kind.RADIOS,
                "Select whether the records are about one person",
                choices(DECISIONS, open_to),
            ),
            Field("reason", "How do you know?", Kind.RADIOS, "Select how you know", choices(REASONS, reasons)),
        ),
    )
