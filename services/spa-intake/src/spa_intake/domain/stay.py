"""Hospital stays rebuilt from a person's movements: by when things happened, in whatever order they came.

Messages come late, twice and out of order, so nothing is changed step by step: the whole history is folded anew
with each message, and what differs from the stays as known is what is published.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from .codes import Trigger
from .movement import Movement


@dataclass(frozen=True)
class StayContent:
    """What is known about one stay; times are aware UTC."""

    hospital: str
    visit_number: str | None
    ward: str | None
    admitted_at: datetime
    admission_method: str | None = None
    admission_source: str | None = None
    discharged_at: datetime | None = None
    discharge_destination: str | None = None
    discharge_method: str | None = None
    is_cancelled: bool = False

    @property
    def is_open(self) -> bool:
        return self.discharged_at is None and not self.is_cancelled

    @property
    def has_discharge(self) -> bool:
        return self.discharged_at is not None and not self.is_cancelled


@dataclass(frozen=True)
class BuiltStay:
    """A stay as the movements tell it."""

    content: StayContent
    movements: tuple[Movement, ...]
    wards: tuple[str, ...] = ()  # the ward moves so far, the present ward last
    discharge_sent_at: datetime | None = None

    def with_content(self, movement: Movement, content: StayContent) -> "BuiltStay":
        return replace(self, content=content, movements=(*self.movements, movement))

    def in_wards(self, wards: tuple[str, ...]) -> "BuiltStay":
        content = replace(self.content, ward=wards[-1] if wards else None)
        return replace(self, wards=wards, content=content)


def rebuild(movements: Iterable[Movement]) -> list[BuiltStay]:
    """The stays of one person, earliest admission first. Repeats and the order of arrival change nothing."""
    stays: list[BuiltStay] = []
    for visit in _visits(movements):
        built: list[BuiltStay] = []
        for movement in visit:
            if fold := _FOLDS.get(movement.trigger):
                built = fold(built, movement)
        stays += built
    return sorted(stays, key=lambda stay: (stay.content.admitted_at, stay.movements[0].order))


def _visits(movements: Iterable[Movement]) -> list[list[Movement]]:
    """Movements by hospital and visit number; one without a number belongs to the visit before it, unless it admits."""
    unique = {movement.message: movement for movement in movements}
    visits: dict[tuple[str, str | None], list[Movement]] = defaultdict(list)
    latest: dict[str, str | None] = {}
    for movement in sorted(unique.values(), key=lambda one: one.order):
        visit_number = movement.visit_number
        if visit_number is not None or movement.trigger is Trigger.ADMIT:
            latest[movement.hospital] = visit_number
        else:
            visit_number = latest.get(movement.hospital)
        visits[(movement.hospital, visit_number)].append(movement)
    return list(visits.values())


def _admit(built: list[BuiltStay], movement: Movement) -> list[BuiltStay]:
    """A01: a new stay, or a repeat that fills what is blank."""
    begun = _begin(built, movement, movement.admitted_at or movement.occurred_at)
    if begun is not built:
        return begun
    stay = built[-1]
    content = replace(
        stay.content,
        admission_method=stay.content.admission_method or movement.admission_method,
        admission_source=stay.content.admission_source or movement.admission_source,
    )
    filled = stay.with_content(movement, content)
    if not filled.wards and movement.ward:
        filled = filled.in_wards((movement.ward,))
    return [*built[:-1], filled]


def _begin(built: list[BuiltStay], movement: Movement, admitted_at: datetime) -> list[BuiltStay]:
    """With a new stay where the last one was over by then; otherwise `built` itself."""
    if built:
        last = built[-1].content
        over_at = last.admitted_at if last.is_cancelled else last.discharged_at
        if over_at is None or admitted_at <= over_at:
            return built
    content = StayContent(
        hospital=movement.hospital,
        visit_number=movement.visit_number or (built[-1].content.visit_number if built else None),
        ward=movement.ward,
        admitted_at=admitted_at,
        admission_method=movement.admission_method,
        admission_source=movement.admission_source,
    )
    return [*built, BuiltStay(content, (movement,), (movement.ward,) if movement.ward else ())]


def _with_admission(built: list[BuiltStay], movement: Movement) -> list[BuiltStay]:
    """A transfer or discharge that says when the person was admitted stands for the admission that never came."""
    return _begin(built, movement, movement.admitted_at) if movement.admitted_at else built


def _transfer(built: list[BuiltStay], movement: Movement) -> list[BuiltStay]:
    """A02: another ward of the open stay."""
    built = _with_admission(built, movement)
    if not built or not built[-1].content.is_open:
        return built
    stay = built[-1].with_content(movement, built[-1].content)
    if movement.ward and stay.content.ward != movement.ward:
        stay = stay.in_wards((*stay.wards, movement.ward))
    return [*built[:-1], stay]


def _cancel_transfer(built: list[BuiltStay], movement: Movement) -> list[BuiltStay]:
    """A12: back to the ward before the last move."""
    if not built or not built[-1].content.is_open:
        return built
    stay = built[-1].with_content(movement, built[-1].content)
    if len(stay.wards) > 1:
        stay = stay.in_wards(stay.wards[:-1])
    elif movement.ward:
        stay = stay.in_wards((movement.ward,))
    return [*built[:-1], stay]


def _discharge(built: list[BuiltStay], movement: Movement) -> list[BuiltStay]:
    """A03: the stay ends; of two reports the one sent last counts."""
    built = _with_admission(built, movement)
    if not built or built[-1].content.is_cancelled:
        return built
    stay = built[-1]
    if stay.discharge_sent_at is not None and movement.sent_at < stay.discharge_sent_at:
        return [*built[:-1], stay.with_content(movement, stay.content)]
    content = replace(
        stay.content,
        discharged_at=max(movement.discharged_at or movement.occurred_at, stay.content.admitted_at),
        discharge_destination=movement.discharge_destination or stay.content.discharge_destination,
        discharge_method=movement.discharge_method or stay.content.discharge_method,
    )
    ended = replace(stay.with_content(movement, content), discharge_sent_at=movement.sent_at)
    return [*built[:-1], ended]


def _cancel_discharge(built: list[BuiltStay], movement: Movement) -> list[BuiltStay]:
    """A13: the person never left. A second admission since, made instead of a cancellation, is one with the first."""
    if not built or built[-1].content.is_cancelled:
        return built
    last = built[-1]
    if last.content.has_discharge:
        return [*built[:-1], _reopened(last, movement)]
    if len(built) < 2 or not built[-2].content.has_discharge:
        return built
    first = _reopened(built[-2], movement)
    joined = replace(first, movements=(*first.movements, *last.movements))
    return [*built[:-2], joined.in_wards(_moves(first.wards, last.wards))]


def _reopened(stay: BuiltStay, movement: Movement) -> BuiltStay:
    content = replace(stay.content, discharged_at=None, discharge_destination=None, discharge_method=None)
    return replace(stay.with_content(movement, content), discharge_sent_at=None)


def _moves(first: tuple[str, ...], then: tuple[str, ...]) -> tuple[str, ...]:
    return (*first, *(then[1:] if first[-1:] == then[:1] else then))


def _cancel_admit(built: list[BuiltStay], movement: Movement) -> list[BuiltStay]:
    """A11: the stay never was."""
    if not built or built[-1].content.is_cancelled:
        return built
    content = replace(built[-1].content, is_cancelled=True)
    return [*built[:-1], built[-1].with_content(movement, content)]


def _update(built: list[BuiltStay], movement: Movement) -> list[BuiltStay]:
    """A08: what it says about the stay replaces what was known."""
    if not built or built[-1].content.is_cancelled:
        return built
    stay = built[-1].with_content(movement, _corrected(built[-1].content, movement))
    if movement.ward and stay.content.is_open and movement.ward != stay.content.ward:
        stay = stay.in_wards((*stay.wards[:-1], movement.ward))
    return [*built[:-1], stay]


def _corrected(content: StayContent, movement: Movement) -> StayContent:
    known = replace(
        content,
        admission_method=movement.admission_method or content.admission_method,
        admission_source=movement.admission_source or content.admission_source,
    )
    if not content.has_discharge:
        return replace(known, admitted_at=movement.admitted_at or content.admitted_at)
    return replace(
        known,
        discharged_at=movement.discharged_at or content.discharged_at,
        discharge_destination=movement.discharge_destination or content.discharge_destination,
        discharge_method=movement.discharge_method or content.discharge_method,
    )


_Fold = Callable[[list[BuiltStay], Movement], list[BuiltStay]]
_FOLDS: dict[Trigger, _Fold] = {
    Trigger.ADMIT: _admit,
    Trigger.TRANSFER: _transfer,
    Trigger.CANCEL_TRANSFER: _cancel_transfer,
    Trigger.DISCHARGE: _discharge,
    Trigger.CANCEL_DISCHARGE: _cancel_discharge,
    Trigger.CANCEL_ADMIT: _cancel_admit,
    Trigger.UPDATE: _update,
}
