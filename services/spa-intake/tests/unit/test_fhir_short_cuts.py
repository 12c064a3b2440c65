"""What is left out for speed is left out rightly: no fault goes unseen, no group of facts unread."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from door_builders import Json, bars, structure

from spa_intake.adapters.fhir import content_facts, resources
from spa_intake.adapters.fhir.message import Message
from spa_intake.adapters.fhir.observations import Stated
from spa_intake.adapters.fhir.outcome import Issue

VALUES: tuple[object, ...] = (7, {}, ["x"], {"resourceType": "Patient"})


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:  # Any: JSON
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield (*path, key)
        yield from places(part, (*path, key))


def damaged(message: Json) -> Iterator[Json]:
    """The message with each of its parts removed, and replaced by each of the values."""
    for *way, last in places(message):
        for value in (Ellipsis, *VALUES):
            part: Any = copy.copy(message)  # JSON; copied as far as it changes
            changed = part
            for step in way:
                part[step] = copy.copy(part[step])
                part = part[step]
            if value is Ellipsis:
                del part[last]
            else:
                part[last] = value
            yield changed


def test_what_is_sound_has_no_fault_and_the_rest_has_one() -> None:
    whole = bars()
    whole["entry"][1]["resource"]["contained"] = [{"resourceType": "Organization", "active": True}]
    assert structure().is_sound(whole)
    sound = {(structure().is_sound(each), not any(structure().faults(each, "Bundle"))) for each in damaged(whole)}
    assert sound == {(True, True), (False, False)}


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
