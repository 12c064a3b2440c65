"""What an event tells the read model: facts to keep, and the coded details a timeline shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from homeward_kit.envelope import ConsumedEvent

# Any: the JSON of coded facts.
Coded = Mapping[str, Any]
_IDENTIFIERS = {"referral_id", "patient_key", "case_id", "package_id", "watch_id"}


class FactKind(StrEnum):
    """Whose facts these are; versions are compared within one of them only."""

    REFERRAL = "referral"
    CASE = "case"
    PACKAGE = "package"
    OFFER = "offer"
    WATCH = "watch"
    STAY = "stay"
    PERSON = "person"


@dataclass(frozen=True)
class Fact:
    """What is now known of one thing; a higher version wins, and a field it does not name stays as it was."""

    kind: FactKind
    id: UUID
    data: Coded
    revision: int | None = None  # the aggregate's version, unless the thing counts its own


class ProjectedEvent(ConsumedEvent):
    """An event of a journey; the fields a subclass names are what the read model wants of it."""

    kind_of_fact: ClassVar[FactKind]
    id_field: ClassVar[str]

    def details(self) -> Coded:
        """Coded details for the timeline."""
        return self.model_dump(mode="json", exclude=_IDENTIFIERS)

    def other_keys(self) -> Sequence[UUID]:
        """Whom it concerns beside the person of its key."""
        return ()

    def to_keep(self) -> Sequence[Fact]:
        """The facts this event carries."""
        return [Fact(self.kind_of_fact, getattr(self, self.id_field), self.details())]
