"""The form of a new subscription: whose referrals, where the messages go, and about what."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from spa_intake.ui.presenters import subscriptions

from .fields import Choice, Field, Form, FormModel, Kind

EVERYTHING, SOME = "everything", "some"


def _upper(text: object) -> object:
    return text.strip().upper() if isinstance(text, str) else text


class SubscriptionForm(FormModel):
    organisation: Annotated[str, BeforeValidator(_upper), StringConstraints(pattern=r"^[A-Z0-9]{3,10}$")]
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=2000)]
    scope: Literal["everything", "some"]
    event_types: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _names_what(self) -> Self:
        if self.scope == SOME and not self.event_types:
            raise PydanticCustomError("event_types", "which")
        return self

    def body(self) -> dict[str, Any]:  # Any: JSON
        """As the service takes it."""
        event_types = list(self.event_types) if self.scope == SOME else []
        return {"organisation": self.organisation, "url": self.url, "event_types": event_types}


NEW = Form(
    SubscriptionForm,
    (
        Field(
            "organisation",
            "Whose referrals do the messages tell of?",
            Kind.TEXT,
            "Enter the ODS code of the organisation, such as RJZ",
            hint="Its ODS code, such as RJZ",
        ),
        Field(
            "url",
            "Where do the messages go?",
            Kind.TEXT,
            "Enter an address that begins with https://",
            hint="The https address of the ward's system: one that is not inside our own network",
        ),
        Field(
            "scope",
            "What do they tell of?",
            Kind.RADIOS,
            "Select what the messages tell of",
            (Choice(EVERYTHING, "Everything, also what is added later"), Choice(SOME, "Only what is chosen here")),
        ),
        Field(
            "event_types",
            "Which changes?",
            Kind.CHECKBOXES,
            "Select at least one change",
            [
                Choice(code, f"{group}: {subscriptions.type_text(code).lower()}")
                for group, codes in subscriptions.GROUPS.items()
                for code in codes
            ],
        ),
    ),
)
