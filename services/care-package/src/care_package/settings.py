"""What care-package reads from its environment."""

from datetime import time, timedelta
from functools import lru_cache
from typing import Literal, get_args

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from care_package.domain.policy import Policy
from homeward_kit.settings import ServiceSettings
from homeward_kit.working_calendar import WorkingHours, bank_holidays

DayOfWeek = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[DayOfWeek, ...] = get_args(DayOfWeek)


class Settings(ServiceSettings):
    """The settings every service has; the port is care-package's own."""

    port: int = 8002


class PolicySettings(BaseSettings):
    """What a site may set about brokering."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    offer_deadline_minutes: int = Field(default=120, ge=1)  # of the hours below
    # when providers answer, in London time; from midnight to midnight: all day
    providers_answer_from: time = time(8)
    providers_answer_until: time = time(20)
    providers_answer_on: tuple[DayOfWeek, ...] = DAYS  # a JSON list
    providers_answer_on_bank_holidays: bool = False
    hospital_limit_hours: int = Field(default=24, ge=1)


@lru_cache
def policy() -> Policy:
    """The policy of this process."""
    values = PolicySettings()
    return Policy(
        offer_deadline=timedelta(minutes=values.offer_deadline_minutes),
        answering=WorkingHours(
            opens=values.providers_answer_from,
            closes=values.providers_answer_until,
            days=frozenset(DAYS.index(day) for day in values.providers_answer_on),
            closed_on=frozenset() if values.providers_answer_on_bank_holidays else bank_holidays(),
        ),
        hospital_limit=timedelta(hours=values.hospital_limit_hours),
    )
