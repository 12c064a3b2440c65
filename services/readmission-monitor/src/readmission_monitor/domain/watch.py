"""A watch: thirty days after one discharge, its states and the events between them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID, uuid5

from readmission_monitor.domain.readmission import Readmission
from readmission_monitor.domain.stay import PatientKey, ReferralId, StayId

WatchId = NewType("WatchId", UUID)


class WatchState(StrEnum):
    OPEN = "open"
    READMITTED = "readmitted"
    COMPLETED = "completed"
    DIED = "died"
    VOID = "void"


class VoidReason(StrEnum):
    DISCHARGE_CANCELLED = "discharge_cancelled"
    ADMISSION_CANCELLED = "admission_cancelled"
    DISCHARGED_BY_DEATH = "discharged_by_death"
    NO_REFERRAL = "no_referral"


class WatchEventKind(StrEnum):
    STARTED = "started"
    DETECTED = "detected"
    RETRACTED = "retracted"
    COMPLETED = "completed"
    ENDED = "ended"
    VOIDED = "voided"


_STARTED, _DETECTED, _RETRACTED, _COMPLETED, _ENDED, _VOIDED = WatchEventKind

TRANSITIONS: Mapping[tuple[WatchState, WatchState], tuple[WatchEventKind, ...]] = {
    # A discharge that has no watch yet, or was made again after it had been cancelled.
    (WatchState.VOID, WatchState.OPEN): (_STARTED,),
    (WatchState.VOID, WatchState.READMITTED): (_STARTED, _DETECTED),
    (WatchState.VOID, WatchState.COMPLETED): (_STARTED, _COMPLETED),
    (WatchState.VOID, WatchState.DIED): (_STARTED, _ENDED),
    # The thirty days.
    (WatchState.OPEN, WatchState.READMITTED): (_DETECTED,),
    (WatchState.OPEN, WatchState.COMPLETED): (_COMPLETED,),
    (WatchState.OPEN, WatchState.DIED): (_ENDED,),
    # Late messages.
    (WatchState.COMPLETED, WatchState.READMITTED): (_DETECTED,),
    (WatchState.COMPLETED, WatchState.DIED): (_ENDED,),
    (WatchState.DIED, WatchState.READMITTED): (_DETECTED,),
    # Corrections: of the readmission, of the death, of the time of discharge.
    (WatchState.READMITTED, WatchState.OPEN): (_RETRACTED,),
    (WatchState.READMITTED, WatchState.COMPLETED): (_RETRACTED, _COMPLETED),
    (WatchState.READMITTED, WatchState.DIED): (_RETRACTED, _ENDED),
    (WatchState.DIED, WatchState.OPEN): (_STARTED,),
    (WatchState.DIED, WatchState.COMPLETED): (_COMPLETED,),
    (WatchState.COMPLETED, WatchState.OPEN): (_STARTED,),
    # The same state with another referral, discharge or readmission: said again.
    (WatchState.OPEN, WatchState.OPEN): (_STARTED,),
    (WatchState.READMITTED, WatchState.READMITTED): (_RETRACTED, _DETECTED),
    (WatchState.COMPLETED, WatchState.COMPLETED): (_COMPLETED,),
    (WatchState.DIED, WatchState.DIED): (_ENDED,),
    # The discharge or the admission was cancelled, or no referral is left.
    (WatchState.OPEN, WatchState.VOID): (_VOIDED,),
    (WatchState.READMITTED, WatchState.VOID): (_RETRACTED, _VOIDED),
    (WatchState.COMPLETED, WatchState.VOID): (_VOIDED,),
    (WatchState.DIED, WatchState.VOID): (_VOIDED,),
}
"""Every transition with the events that tell it (architecture.md §7, "recomputes" included)."""


@dataclass(frozen=True)
class Watch:
    """One per stay for life: void when its discharge is taken back, running again when it is made again."""

    watch_id: WatchId
    stay_id: StayId
    patient_key: PatientKey
    referral_id: ReferralId
    state: WatchState
    discharged_at: datetime
    window_ends_at: datetime
    readmission: Readmission | None = None
    ended_at: datetime | None = None  # completed: the end of the window; died: the death
    void_reason: VoidReason | None = None
    version: int = 0


@dataclass(frozen=True)
class WatchEvent:
    kind: WatchEventKind
    watch: Watch  # after the change
    state: WatchState  # after this event, where several tell one change
    readmission: Readmission | None = None  # the one detected or retracted
    reason: str | None = None  # why it was retracted or voided


def watch_id_of(stay_id: StayId) -> WatchId:
    """The identifier of a stay's watch: the same again when the facts are read anew."""
    return WatchId(uuid5(stay_id, "watch"))
