"""What a site may set: how long a provider has to answer, how long care waits for somebody in hospital."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Policy:
    offer_deadline: timedelta = timedelta(hours=2)
    hospital_limit: timedelta = timedelta(hours=24)
