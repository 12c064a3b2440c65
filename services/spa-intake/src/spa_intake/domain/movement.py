"""A movement: one ADT message with everything dropped that intake cannot vouch for."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from .codes import (
    ADMISSION_METHODS,
    ADMISSION_SOURCES,
    DIED,
    DISCHARGE_DESTINATIONS,
    DISCHARGE_METHODS,
    EMERGENCY,
    Trigger,
)
from .ids import StayId
from .inputs import MovementIn

Told = tuple[datetime, int]
Order = tuple[datetime, Told, int, str]

_WARD = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _./-]{0,19}")

_CLASSES = frozenset("BCEINOPRU")

# of what happened and was told at one instant: which is read first
_RANK = {
    Trigger.ADD_PERSON: 0,
    Trigger.UPDATE_PERSON: 0,
    Trigger.REGISTER: 0,
    Trigger.PRE_ADMIT: 0,
    Trigger.ADMIT: 1,
    Trigger.TRANSFER: 2,
    Trigger.CANCEL_TRANSFER: 3,
    Trigger.DISCHARGE: 4,
    Trigger.CANCEL_DISCHARGE: 5,
    Trigger.CANCEL_ADMIT: 6,
    Trigger.UPDATE: 7,
}


@dataclass(frozen=True)
class Movement:
    """What a message says about where a person was; times are aware UTC."""

    message: str  # names the message for good: the same message again has the same name
    trigger: Trigger
    hospital: str
    occurred_at: datetime
    sent_at: datetime
    visit_number: str | None = None
    ward: str | None = None
    admitted_at: datetime | None = None
    admission_method: str | None = None
    admission_source: str | None = None
    discharged_at: datetime | None = None
    discharge_destination: str | None = None
    discharge_method: str | None = None
    is_dead: bool | None = None
    died_at: datetime | None = None
    sequence: int | None = None  # MSH-13: how the sender counts its messages
    patient_class: str | None = None  # HL7 table 0004
    stay_id: StayId | None = None  # the stay it was counted to when the history was last rebuilt

    @property
    def told(self) -> Told:
        """When the sender said it, and of what it said in one instant which came first, where it counts."""
        return (self.sent_at, self.sequence or 0)

    @property
    def order(self) -> Order:
        """By when it happened; a total order, so that the order of arrival has no say."""
        return self.order_at(self.occurred_at)

    def order_at(self, moment: datetime) -> Order:
        """Its place when it is taken to have happened then."""
        return (moment, self.told, _RANK[self.trigger], self.message)


def stands(told: Iterable[Told], cancelled: Told) -> bool:
    """Whether something told more than once is still true after a cancellation: said again since.

    What was said in the same instant as the cancellation is the new word where there is an older one to take back.
    """
    moments = sorted(told)
    return bool(moments) and (moments[-1] > cancelled or (moments[-1] == cancelled and moments[0] < cancelled))


def message_name(message: MovementIn, text: str) -> str:
    return name_of(message.sending_system, message.control_id, text)


def name_of(sending_system: str, control_id: str, text: str) -> str:
    """Systems count their control ids anew or never at all, so the text is part of the name (docs/adr/0011)."""
    return sha256(f"{sending_system}\x1f{control_id}\x1f{text}".encode("utf-8", "replace")).hexdigest()


def movement_of(message: MovementIn, name: str) -> Movement:
    """The movement in a message: codes that are not in the NHS lists and odd ward names are left out."""
    return Movement(
        message=name,
        trigger=message.trigger,
        hospital=message.hospital,
        occurred_at=message.occurred_at,
        sent_at=message.sent_at,
        visit_number=message.visit_number or None,
        ward=message.ward if message.ward and _WARD.fullmatch(message.ward) else None,
        admitted_at=message.admitted_at,
        admission_method=_known(message.admission_method, ADMISSION_METHODS),
        admission_source=_known(message.admission_source, ADMISSION_SOURCES),
        discharged_at=message.discharged_at,
        discharge_destination=_known(message.discharge_destination, DISCHARGE_DESTINATIONS),
        discharge_method=_known(message.discharge_method, DISCHARGE_METHODS),
        is_dead=True if message.is_dead is None and _died_there(message) else message.is_dead,
        died_at=message.died_at,
        sequence=message.sequence,
        patient_class=message.patient_class if message.patient_class in _CLASSES else None,
    )


def _died_there(message: MovementIn) -> bool:
    """At an emergency department: there is no stay whose end would say so."""
    is_over = message.trigger is Trigger.DISCHARGE and message.patient_class == EMERGENCY
    return is_over and message.discharge_method == DIED


def _known(code: str | None, codes: frozenset[str]) -> str | None:
    return code if code in codes else None
