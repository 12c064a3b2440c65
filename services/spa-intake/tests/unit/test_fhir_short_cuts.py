"""What is left out for speed is left out rightly: no group of facts goes unread."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from door_builders import bars

from spa_intake.adapters.fhir import content_facts, resources
from spa_intake.adapters.fhir.message import Message
from spa_intake.adapters.fhir.observations import Stated
from spa_intake.adapters.fhir.outcome import Issue


class Asked(Stated):
    """A message that states nothing, and yet says that it mentions what it is asked about; keeps what is looked for."""

    def __init__(self, message: Message, faults: list[Issue]) -> None:
        super().__init__(message, faults)
        self.mentioned: set[str] = set()
        self.looked_for: set[str] = set()
        self._by_fact = self  # type: ignore[assignment]  # every look-up goes through `get`

    def mentions(self, facts: Any) -> bool:  # Any: as in the class above
        self.mentioned |= set(facts)
        return True

    def get(self, fact: str, default: object = None) -> object:
        self.looked_for.add(fact)
        return default

    def __contains__(self, fact: str) -> bool:
        self.looked_for.add(fact)
        return False


@pytest.mark.parametrize(
    "group", ["abilities", "existing_care_detail", "legal", "communication", "infection", "equipment", "risk"]
)
def test_a_group_is_looked_for_where_any_of_its_facts_is_stated(group: str) -> None:
    message = Message(bars())
    asked = Asked(message, [])
    before: Mapping[str, Sequence[object]] = {
        "legal": [message],
        "communication": [message.only(resources.Patient)],
    }
    getattr(content_facts, group)(*before.get(group, ()), asked)
    assert asked.looked_for == asked.mentioned
