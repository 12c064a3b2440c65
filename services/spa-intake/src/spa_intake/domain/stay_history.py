"""What a rebuilt history changes in the stays as known: revisions, and the event that each change is."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from .codes import Trigger
from .ids import PatientKey, StayId
from .movement import Movement
from .stay import BuiltStay, StayContent


class StayFact(StrEnum):
    """What can happen to a stay; each is an event."""

    ADMITTED = "admitted"
    TRANSFERRED = "transferred"
    DISCHARGED = "discharged"
    ADMISSION_CANCELLED = "admission_cancelled"
    TRANSFER_CANCELLED = "transfer_cancelled"
    DISCHARGE_CANCELLED = "discharge_cancelled"
    CORRECTED = "corrected"


@dataclass(frozen=True)
class Stay:
    """A stay as published; `revision` rises only when its content changes."""

    stay_id: StayId
    patient_key: PatientKey
    revision: int
    content: StayContent


@dataclass(frozen=True)
class StayChange:
    stay: Stay
    fact: StayFact


@dataclass(frozen=True)
class History:
    """A person's stays after a movement: all of them, those that changed, and which movement is part of which."""

    stays: tuple[Stay, ...]
    changes: tuple[StayChange, ...]
    stay_of: dict[str, StayId]  # by message


def retell(
    whose: Mapping[str, PatientKey],
    known: Sequence[Stay],
    built: Sequence[BuiltStay],
    *,
    trigger: Trigger | None,
    new_id: Callable[[], StayId],
) -> History:
    """Match what was rebuilt to the stays as known, by the movements they share, and say what changed.

    A known stay of which nothing is left (it turned out to be part of another) is cancelled. `whose` gives the key
    that each message named: a stay is filed under that of its first and keeps it. `trigger`: of the movement that is
    new; None where a merge or its undoing gives the reason.
    """
    by_id = {stay.stay_id: stay for stay in known}
    taken: set[StayId] = set()
    stays: list[Stay] = []
    stay_of: dict[str, StayId] = {}
    for one in built:
        stay_id = _known_id(one.movements, by_id.keys() - taken) or new_id()
        taken.add(stay_id)
        key = by_id[stay_id].patient_key if stay_id in by_id else whose[one.movements[0].message]
        stays.append(_revised(by_id.get(stay_id), Stay(stay_id, key, 0, one.content)))
        stay_of |= {movement.message: stay_id for movement in one.movements}
    stays += [
        _revised(stay, replace(stay, content=replace(stay.content, is_cancelled=True)))
        for stay in known
        if stay.stay_id not in taken
    ]
    changes = [
        StayChange(stay, fact_of(by_id.get(stay.stay_id), stay, trigger))
        for stay in stays
        if stay != by_id.get(stay.stay_id)
    ]
    return History(tuple(stays), tuple(changes), stay_of)


def _known_id(movements: Iterable[Movement], free: set[StayId]) -> StayId | None:
    return next((one.stay_id for one in movements if one.stay_id in free), None)


def _revised(before: Stay | None, after: Stay) -> Stay:
    if before is None:
        return replace(after, revision=1)
    if before.content == after.content:
        return before
    return replace(after, revision=before.revision + 1)


def fact_of(before: Stay | None, after: Stay, trigger: Trigger | None) -> StayFact:
    """The event that tells the difference between two revisions of a stay."""
    new = after.content
    if new.is_cancelled:
        return StayFact.ADMISSION_CANCELLED
    old = before.content if before else None
    if old is None or old.is_cancelled:
        return StayFact.DISCHARGED if new.has_discharge else StayFact.ADMITTED
    if old.has_discharge != new.has_discharge:
        return StayFact.DISCHARGED if new.has_discharge else StayFact.DISCHARGE_CANCELLED
    if replace(old, ward=new.ward) == new:
        return _WARD_FACTS.get(trigger, StayFact.CORRECTED) if trigger else StayFact.CORRECTED
    return StayFact.CORRECTED


_WARD_FACTS = {Trigger.TRANSFER: StayFact.TRANSFERRED, Trigger.CANCEL_TRANSFER: StayFact.TRANSFER_CANCELLED}
