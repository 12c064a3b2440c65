"""A person's journeys computed from all events about them, whatever the order in which they came; pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from .journey import LIVE, Journey, Known, journeys, places
from .projected import FactKind
from .states import WaitingFor

# Any: values of coded JSON.
_Thing = tuple[FactKind, UUID]
_REFERRAL = FactKind.REFERRAL


@dataclass(frozen=True)
class Said:
    """What an event says of one thing, with that thing's version."""

    kind: FactKind
    id: UUID
    version: int
    data: dict[str, Any]


@dataclass(frozen=True)
class Event:
    """An event about a person: about one referral, or (without one) about all of theirs."""

    at: datetime
    referral_id: UUID | None
    said: Sequence[Said]
    patient_key: UUID | None = None  # the one it is filed under, where the person has several


@dataclass(frozen=True)
class Told:
    """A journey with the time since when it waits for what it waits for, and that of its last event."""

    journey: Journey
    waiting_since: datetime
    updated_at: datetime


@dataclass
class _Knowledge:
    """What is known so far: of every field of a thing the value that its highest version gave."""

    known: dict[_Thing, Known] = field(default_factory=dict)
    _versions: dict[tuple[_Thing, str], int] = field(default_factory=dict)

    def hear(self, event: Event) -> None:
        for said in event.said:
            thing = (said.kind, said.id)
            newer = {name: value for name, value in said.data.items() if self._is_newer(thing, name, said.version)}
            self._versions |= {(thing, name): said.version for name in newer}
            before = self.known.get(thing) or Known(said.kind, said.id, _referral_of(said, event), {})
            self.known[thing] = replace(before, data={**before.data, **newer})

    def _is_newer(self, thing: _Thing, name: str, version: int) -> bool:
        return version >= self._versions.get((thing, name), version)


def _referral_of(said: Said, event: Event) -> UUID | None:
    return None if said.kind in {FactKind.STAY, FactKind.PERSON} else event.referral_id


def told(patient_key: UUID, events: Iterable[Event]) -> list[Told]:
    """Every journey of a person; `events` in the order of their times, of all keys of the person."""
    knowledge = _Knowledge()
    keys: dict[UUID, UUID] = {}  # of each referral, which keeps the one it was born with
    waits: dict[UUID, WaitingFor] = {}
    since: dict[UUID, datetime] = {}
    updated: dict[UUID | None, datetime] = {}
    for at, together in groupby(events, key=lambda event: event.at):
        for event in together:
            knowledge.hear(event)
            updated[event.referral_id] = at
            keys |= {said.id: event.patient_key or patient_key for said in event.said if said.kind is _REFERRAL}
        for referral_id, place in places(list(knowledge.known.values())).items():
            if waits.get(referral_id) is not place.waiting_for:
                waits[referral_id], since[referral_id] = place.waiting_for, at
    found = [
        replace(journey, patient_key=keys[journey.referral_id])
        for journey in journeys(patient_key, list(knowledge.known.values()))
    ]
    return [
        Told(journey, since[journey.referral_id], _last(updated, journey.referral_id)) for journey in _flagged(found)
    ]


def _flagged(found: Sequence[Journey]) -> list[Journey]:
    """A merge closes nothing: where it left two live journeys of one person, both say so."""
    live = [journey for journey in found if journey.referral_state in LIVE]
    if len({journey.patient_key for journey in live}) < 2:
        return list(found)
    return [replace(one, flags=(*one.flags, "other_referral")) if one in live else one for one in found]


def _last(updated: dict[UUID | None, datetime], referral_id: UUID) -> datetime:
    """When the journey's own events, or those about the whole person, last came."""
    return max(updated[about] for about in (referral_id, None) if about in updated)
