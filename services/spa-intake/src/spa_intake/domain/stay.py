"""Hospital stays rebuilt from a person's movements: by when things happened, in whatever order they came.

Messages come late, twice and out of order, so nothing is changed step by step: the whole history is folded anew
with each message, and what differs from the stays as known is what is published. When things happened orders them;
what a cancellation takes back is decided by when they were told (docs/adr/0014).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from .attendance import taken_back
from .codes import EMERGENCY, Trigger
from .movement import Movement, Order, Told, stands

WardMove = tuple[str, Told]


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
    wards: tuple[WardMove, ...] = ()  # the ward moves so far and when each was told, the present ward last
    admissions_told: tuple[Told, ...] = ()
    discharges_told: tuple[Told, ...] = ()  # of the discharge that stands

    def with_content(self, movement: Movement, content: StayContent) -> "BuiltStay":
        return replace(self, content=content, movements=(*self.movements, movement))

    def in_wards(self, wards: tuple[WardMove, ...]) -> "BuiltStay":
        content = replace(self.content, ward=wards[-1][0] if wards else None)
        return replace(self, wards=wards, content=content)


def rebuild(movements: Iterable[Movement]) -> list[BuiltStay]:
    """The stays of one person, earliest admission first. Repeats and the order of arrival change nothing."""
    stays: list[BuiltStay] = []
    for visit in _visits(movements):
        built: list[BuiltStay] = []
        for movement in sorted(visit, key=_placed_in(visit)):
            built = _FOLDS[movement.trigger](built, movement)
        stays += built
    return sorted(stays, key=lambda stay: (stay.content.admitted_at, stay.movements[0].order))


def _visits(movements: Iterable[Movement]) -> list[list[Movement]]:
    """Movements by hospital and visit number; one without a number belongs to the visit before it, unless it admits."""
    unique = {movement.message: movement for movement in movements}
    visits: dict[tuple[str, str | None], list[Movement]] = defaultdict(list)
    latest: dict[str, str | None] = {}
    others = taken_back(list(unique.values()))
    about_stays = [one for one in unique.values() if one.trigger in _FOLDS and one.message not in others]
    for movement in sorted(about_stays, key=lambda one: one.order):
        visit_number = movement.visit_number
        if visit_number is not None or movement.trigger is Trigger.ADMIT:
            latest[movement.hospital] = visit_number
        else:
            visit_number = latest.get(movement.hospital)
        visits[(movement.hospital, visit_number)].append(movement)
    return list(visits.values())


# what each cancellation takes back
_TAKES_BACK = {
    Trigger.CANCEL_ADMIT: Trigger.ADMIT,
    Trigger.CANCEL_TRANSFER: Trigger.TRANSFER,
    Trigger.CANCEL_DISCHARGE: Trigger.DISCHARGE,
}


def _placed_in(visit: Iterable[Movement]) -> Callable[[Movement], Order]:
    """By when things happened; a cancellation never before what had been told by then.

    A discharge may be entered for six in the evening and cancelled at noon.
    """
    told_of: dict[Trigger, list[Movement]] = defaultdict(list)
    for movement in visit:
        told_of[movement.trigger].append(movement)

    def place(movement: Movement) -> Order:
        taken_back = told_of[_TAKES_BACK[movement.trigger]] if movement.trigger in _TAKES_BACK else []
        moments = [one.occurred_at for one in taken_back if one.told <= movement.told]
        return movement.order_at(max([movement.occurred_at, *moments]))

    return place


def _admit(built: list[BuiltStay], movement: Movement) -> list[BuiltStay]:
    """A01: a new stay; or a repeat, which fills what is blank, and where it happened later says where the person is."""
    begun = _begin(built, movement, movement.admitted_at or movement.occurred_at)
    if begun is not built:
        return begun
    stay = built[-1]
    content = replace(
        stay.content,
        admission_method=stay.content.admission_method or movement.admission_method,
        admission_source=stay.content.admission_source or movement.admission_source,
    )
    filled = replace(stay.with_content(movement, content), admissions_told=(*stay.admissions_told, movement.told))
    is_later = movement.occurred_at > stay.content.admitted_at and movement.ward != stay.content.ward
    if movement.ward and (is_later or not filled.wards):
        filled = filled.in_wards((*filled.wards, (movement.ward, movement.told)))
    return [*built[:-1], filled]


def _begin(built: list[BuiltStay], movement: Movement, admitted_at: datetime) -> list[BuiltStay]:
    """With a new stay where the last one was over by then; otherwise `built` itself."""
    if built:
        last = built[-1].content
        over_at = last.admitted_at if last.is_cancelled else last.discharged_at
        is_anew = last.is_cancelled and movement.trigger is Trigger.ADMIT  # told since: it is read after the A11
        if not is_anew and (over_at is None or admitted_at <= over_at):
            return built
    content = StayContent(
        hospital=movement.hospital,
        visit_number=movement.visit_number or (built[-1].content.visit_number if built else None),
        ward=movement.ward,
        admitted_at=admitted_at,
        admission_method=movement.admission_method,
        admission_source=movement.admission_source,
    )
    wards = ((movement.ward, movement.told),) if movement.ward else ()
    admissions_told = (movement.told,) if movement.trigger is Trigger.ADMIT else ()
    return [*built, BuiltStay(content, (movement,), wards, admissions_told)]


def _with_admission(built: list[BuiltStay], movement: Movement) -> list[BuiltStay]:
    """A transfer or discharge that says when the person was admitted stands for the admission that never came.

    Not one of an emergency department: what it says is when the person came there.
    """
    if movement.admitted_at is None or movement.patient_class == EMERGENCY:
        return built
    return _begin(built, movement, movement.admitted_at)


def _transfer(built: list[BuiltStay], movement: Movement) -> list[BuiltStay]:
    """A02: another ward of the open stay."""
    built = _with_admission(built, movement)
    if not built or not built[-1].content.is_open:
        return built
    stay = built[-1].with_content(movement, built[-1].content)
    if movement.ward and stay.content.ward != movement.ward:
        stay = stay.in_wards((*stay.wards, (movement.ward, movement.told)))
    return [*built[:-1], stay]


def _cancel_transfer(built: list[BuiltStay], movement: Movement) -> list[BuiltStay]:
    """A12: the last move that had been told is taken back."""
    if not built or not built[-1].content.is_open:
        return built
    stay = built[-1].with_content(movement, built[-1].content)
    moves = range(1, len(stay.wards))
    before = [number for number in moves if stay.wards[number][1] < movement.told]
    at_once = [number for number in moves if stay.wards[number][1] == movement.told]
    if found := before or at_once:
        stay = stay.in_wards((*stay.wards[: found[-1]], *stay.wards[found[-1] + 1 :]))
    elif movement.ward and len(stay.wards) <= 1:
        stay = stay.in_wards(((movement.ward, movement.told),))
    return [*built[:-1], stay]


def _discharge(built: list[BuiltStay], movement: Movement) -> list[BuiltStay]:
    """A03: the stay ends; of two reports the one sent last counts."""
    built = _with_admission(built, movement)
    if not built or built[-1].content.is_cancelled:
        return built
    stay = built[-1]
    is_overtaken = any(movement.told < told for told in stay.discharges_told)
    stay = replace(stay, discharges_told=(*stay.discharges_told, movement.told))
    if is_overtaken:
        return [*built[:-1], stay.with_content(movement, stay.content)]
    content = replace(
        stay.content,
        discharged_at=max(movement.discharged_at or movement.occurred_at, stay.content.admitted_at),
        discharge_destination=movement.discharge_destination or stay.content.discharge_destination,
        discharge_method=movement.discharge_method or stay.content.discharge_method,
    )
    return [*built[:-1], stay.with_content(movement, content)]


def _cancel_discharge(built: list[BuiltStay], movement: Movement) -> list[BuiltStay]:
    """A13: the person never left. A second admission since, made instead of a cancellation, is one with the first."""
    if not built or built[-1].content.is_cancelled:
        return built
    last = built[-1]
    if last.content.has_discharge:
        return [*built[:-1], _reopened(last, movement)]
    if len(built) < 2 or not built[-2].content.has_discharge or stands(built[-2].discharges_told, movement.told):
        return built
    first = _reopened(built[-2], movement)
    joined = replace(
        first,
        movements=(*first.movements, *last.movements),
        admissions_told=(*first.admissions_told, *last.admissions_told),
    )
    return [*built[:-2], joined.in_wards(_moves(first.wards, last.wards))]


def _reopened(stay: BuiltStay, movement: Movement) -> BuiltStay:
    if stands(stay.discharges_told, movement.told):
        return stay.with_content(movement, stay.content)
    content = replace(stay.content, discharged_at=None, discharge_destination=None, discharge_method=None)
    return replace(stay.with_content(movement, content), discharges_told=())


def _moves(first: tuple[WardMove, ...], then: tuple[WardMove, ...]) -> tuple[WardMove, ...]:
    is_same = bool(first and then) and first[-1][0] == then[0][0]
    return (*first, *(then[1:] if is_same else then))


def _cancel_admit(built: list[BuiltStay], movement: Movement) -> list[BuiltStay]:
    """A11: the stay never was, unless the person was admitted again since."""
    if not built or built[-1].content.is_cancelled:
        return built
    stay = built[-1]
    content = replace(stay.content, is_cancelled=not stands(stay.admissions_told, movement.told))
    return [*built[:-1], stay.with_content(movement, content)]


def _update(built: list[BuiltStay], movement: Movement) -> list[BuiltStay]:
    """A08: what it says about the stay replaces what was known."""
    if not built or built[-1].content.is_cancelled:
        return built
    stay = built[-1].with_content(movement, _corrected(built[-1].content, movement))
    if movement.ward and stay.content.is_open and movement.ward != stay.content.ward:
        told = stay.wards[-1][1] if stay.wards else movement.told
        stay = stay.in_wards((*stay.wards[:-1], (movement.ward, told)))
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
