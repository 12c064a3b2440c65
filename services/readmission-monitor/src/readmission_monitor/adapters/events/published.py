"""What readmission-monitor tells the others: the payload of every event on discharge-outcomes."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from homeward_kit.envelope import PublishedEvent

OUTCOMES = "discharge-outcomes"


class _Watch(PublishedEvent):
    topic: ClassVar[str] = OUTCOMES

    watch_id: UUID
    stay_id: UUID  # the stay the person was discharged from
    patient_key: UUID
    referral_id: UUID  # the youngest referral of the stay that was accepted
    state: Literal["open", "readmitted", "completed", "died", "void"]  # after this event


class WatchStarted(_Watch):
    """The watch runs: for the first time, again after it was void or ended, or with a corrected discharge."""

    type: ClassVar[str] = "discharge.watch.started.v1"
    discharged_at: datetime
    window_ends_at: datetime  # start of day 30: a readmission before it counts (days 0-29)


class ReadmissionDetected(_Watch):
    type: ClassVar[str] = "discharge.readmission.detected.v1"
    readmission_stay_id: UUID
    admitted_at: datetime
    admission_method: str
    days_since_discharge: int


class ReadmissionRetracted(_Watch):
    """The detection no longer holds; where another does, it follows at once."""

    type: ClassVar[str] = "discharge.readmission.retracted.v1"
    readmission_stay_id: UUID
    reason: str  # admission_cancelled, corrected, other_person, or why the watch is void


class WatchCompleted(_Watch):
    type: ClassVar[str] = "discharge.watch.completed.v1"
    completed_at: datetime


class WatchEnded(_Watch):
    """The person died in the thirty days."""

    type: ClassVar[str] = "discharge.watch.ended.v1"
    died_at: datetime


class WatchVoided(_Watch):
    type: ClassVar[str] = "discharge.watch.voided.v1"
    reason: str  # discharge_cancelled, admission_cancelled, discharged_by_death, no_referral
