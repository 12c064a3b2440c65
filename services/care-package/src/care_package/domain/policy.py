"""What a site may set: how long a provider has to answer, how long care waits for somebody in hospital."""

from dataclasses import dataclass, field
from datetime import timedelta

from homeward_kit.working_calendar import WorkingHours


@dataclass(frozen=True, slots=True)
class Policy:
    offer_deadline: timedelta = timedelta(hours=2)  # of the hours in which providers answer
    answering: WorkingHours = field(default_factory=WorkingHours)  # around the clock
    hospital_limit: timedelta = timedelta(hours=24)
