"""What the Observations of a message state, by fact; a value that is not one of ours is noted as a fault."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from enum import StrEnum
from typing import TypeVar

from spa_intake.adapters.fhir import codes, resources
from spa_intake.adapters.fhir.message import Message, day
from spa_intake.adapters.fhir.outcome import Issue

AT = "Observation.value"
LONGEST_TEXT = 4_000
TAKEN_BACK = frozenset({"entered-in-error", "cancelled"})
E = TypeVar("E", bound=StrEnum)


class Stated:
    """The local facts of a message."""

    def __init__(self, message: Message, faults: list[Issue]) -> None:
        self._faults = faults
        self._by_fact: dict[str, list[resources.Observation]] = {}
        for each in message.all(resources.Observation):
            fact = each.code.code(codes.DISCHARGE_FACTS) if each.code else None
            if fact is not None and each.status not in TAKEN_BACK and self._is_read(message, each, fact):
                self._by_fact.setdefault(fact, []).append(each)

    def _is_read(self, message: Message, stated: resources.Observation, fact: str) -> bool:
        """A fact that nobody here reads would be lost, and one of somebody else would be believed of this person."""
        of = stated.subject
        if fact not in codes.FACTS:
            self._faults.append(Issue("code-invalid", "The code is not one of the facts.", "Observation.code"))
        elif of is not None and of.reference and not message.has(resources.Patient, of):
            sentence = "Observation.subject must point at the Patient of the message."
            self._faults.append(Issue("invariant", sentence, "Observation.subject"))
        else:
            return True
        return False

    def mentions(self, facts: AbstractSet[str]) -> bool:
        """Whether any of these is stated: most messages say nothing of most groups."""
        return not facts.isdisjoint(self._by_fact)

    def about(self, fact: str) -> Sequence[resources.Observation]:
        return self._by_fact.get(fact, ())

    def several(self, fact: str, choices: type[E]) -> tuple[E, ...]:
        """Every code stated; an Observation without a value states that there is none."""
        stated = self._by_fact.get(fact)
        if not stated:
            return ()
        said = [each.value_codeable_concept for each in stated if each.value_codeable_concept]
        return tuple(dict.fromkeys(code for each in said if (code := self.code(each, choices))))

    def one(self, fact: str, choices: type[E]) -> E | None:
        return next(iter(self.several(fact, choices)), None)

    def moment(self, fact: str) -> str | None:
        return next((each.value_date_time for each in self.about(fact) if each.value_date_time), None)

    def on(self, fact: str) -> date | None:
        return day(self.moment(fact), AT, self._faults)

    def effective_at(self, fact: str) -> str | None:
        return next((each.effective_date_time for each in self.about(fact) if each.effective_date_time), None)

    def effective_on(self, fact: str) -> date | None:
        return day(self.effective_at(fact), "Observation.effective", self._faults)

    def is_so(self, fact: str) -> bool | None:
        """None: not stated."""
        return next((each.value_boolean for each in self.about(fact) if each.value_boolean is not None), None)

    def number(self, fact: str, least: int, most: int) -> int | None:
        """A whole number within its limits."""
        said = next((each.value_integer for each in self.about(fact) if each.value_integer is not None), None)
        if said is None or least <= said <= most:
            return said
        self._faults.append(Issue("value", f"The number runs from {least} to {most}.", AT))
        return None

    def amount(self, fact: str, least: int, most: int) -> float | None:
        """A measured amount within its limits."""
        said = (each.value_quantity.value for each in self.about(fact))
        amount = next((float(value) for value in said if value is not None), None)
        if amount is None or least <= amount <= most:
            return amount
        self._faults.append(Issue("value", f"The amount runs from {least} to {most}.", "Observation.valueQuantity"))
        return None

    def text(self, fact: str) -> str | None:
        """What is said in words."""
        if fact not in self._by_fact:
            return None
        said = "\n".join(each.value_string for each in self.about(fact) if each.value_string)
        return said.strip()[:LONGEST_TEXT] or None

    def code(self, concept: resources.Concept, choices: type[E], system: str = codes.DISCHARGE_FACTS) -> E | None:
        said = concept.code(system)
        if said is not None and said in choices.__members__.values():
            return choices(said)
        self._faults.append(Issue("code-invalid", f"The code is not one of {choices.__name__}.", AT))
        return None
