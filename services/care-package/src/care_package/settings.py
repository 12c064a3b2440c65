"""What care-package reads from its environment."""

from datetime import timedelta
from functools import lru_cache

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from care_package.domain.policy import Policy
from homeward_kit.settings import ServiceSettings


class Settings(ServiceSettings):
    """The settings every service has; the port is care-package's own."""

    port: int = 8002


class PolicySettings(BaseSettings):
    """What a site may set about brokering."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    offer_deadline_minutes: int = Field(default=120, ge=1)
    hospital_limit_hours: int = Field(default=24, ge=1)


@lru_cache
def policy() -> Policy:
    """The policy of this process."""
    values = PolicySettings()
    return Policy(
        offer_deadline=timedelta(minutes=values.offer_deadline_minutes),
        hospital_limit=timedelta(hours=values.hospital_limit_hours),
    )
