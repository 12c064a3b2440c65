"""Attendances at an emergency department, worked out from a person's movements, in whatever order they came.

A registration (A04) of patient class E is an attendance and begins no stay. What takes it back is decided as for
stays: by when things were told (docs/adr/0014), never by the order of arrival.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from .codes import EMERGENCY, Trigger
from .ids import AttendanceId, PatientKey
from .movement import Movement, stands

Visit = tuple[str, str | None, datetime | None]


@dataclass(frozen=True)
class Attendance:
    """An attendance as published; `revision` rises only when what is known of it changes. Times are aware UTC."""

    attendance_id: AttendanceId
    patient_key: PatientKey
    revision: int
    hospital: str
    visit_number: str | None
    attended_at: datetime
    is_cancelled: bool = False

    @property
    def visit(self) -> Visit:
        """By the hospital's number for it, else by its time."""
        return self.hospital, self.visit_number, None if self.visit_number else self.attended_at


@dataclass(frozen=True)
class BuiltAttendance:
    """An attendance as the movements tell it."""

    first: str  # its earliest message
    visit: Visit
    attended_at: datetime
    is_cancelled: bool


def is_attendance(movement: Movement) -> bool:
    return movement.trigger is Trigger.REGISTER and movement.patient_class == EMERGENCY


def taken_back(movements: Sequence[Movement]) -> dict[str, Visit]:
    """The A11s that take an attendance back, by message, and which; the others take an admission back.

    An A11 is about what had been told last of its visit; one without a number about what had been told last at all.
    """
    found = {}
    for cancellation in (one for one in movements if one.trigger is Trigger.CANCEL_ADMIT):
        told = [one for one in movements if _may_take_back(cancellation, one)]
        last = max(told, key=lambda one: (one.told, one.trigger is Trigger.ADMIT, one.message), default=None)
        if last is not None and is_attendance(last):
            found[cancellation.message] = _visit(last)
    return found


def _may_take_back(cancellation: Movement, told: Movement) -> bool:
    return (
        (told.trigger is Trigger.ADMIT or is_attendance(told))
        and told.hospital == cancellation.hospital
        and cancellation.visit_number in {None, told.visit_number}
        and told.told <= cancellation.told
    )


def _visit(movement: Movement) -> Visit:
    number = movement.visit_number
    return movement.hospital, number, None if number else _attended_at(movement)


def _attended_at(movement: Movement) -> datetime:
    return movement.admitted_at or movement.occurred_at


def rebuild_attendances(movements: Iterable[Movement]) -> list[BuiltAttendance]:
    """The attendances of one person, cancelled ones too. Of two reports of one visit the one told last counts."""
    unique = list({movement.message: movement for movement in movements}.values())
    registered: dict[Visit, list[Movement]] = defaultdict(list)
    for movement in sorted(filter(is_attendance, unique), key=lambda one: (one.told, one.message)):
        registered[_visit(movement)].append(movement)
    if not registered:
        return []
    by_message = {movement.message: movement for movement in unique}
    cancelled = defaultdict(list)
    for message, visit in taken_back(unique).items():
        cancelled[visit].append(by_message[message].told)
    return [
        BuiltAttendance(
            told[0].message,
            visit,
            _attended_at(told[-1]),
            is_cancelled=bool(cancelled[visit]) and not stands([one.told for one in told], max(cancelled[visit])),
        )
        for visit, told in registered.items()
    ]


def retell_attendances(
    whose: Mapping[str, PatientKey],
    known: Iterable[Attendance],
    built: Iterable[BuiltAttendance],
    new_id: Callable[[], AttendanceId],
) -> list[Attendance]:
    """The attendances that are new or known otherwise; one that two records had and that is one is cancelled once.

    What was cancelled before anybody heard of it is not told.
    """
    as_known = sorted(known, key=lambda one: (not one.is_cancelled, one.attendance_id))
    by_visit = {attendance.visit: attendance for attendance in as_known}  # of two the one that is not cancelled
    left = [attendance for attendance in as_known if by_visit[attendance.visit] is not attendance]
    after = []
    for one in built:
        before = by_visit.pop(one.visit, None)
        if before is not None:
            after.append(replace(before, attended_at=one.attended_at, is_cancelled=one.is_cancelled))
        elif not one.is_cancelled:
            hospital, number, _ = one.visit
            after.append(Attendance(new_id(), whose[one.first], 0, hospital, number, one.attended_at))
    after += [replace(attendance, is_cancelled=True) for attendance in (*left, *by_visit.values())]
    return [replace(one, revision=one.revision + 1) for one in after if one not in as_known]
