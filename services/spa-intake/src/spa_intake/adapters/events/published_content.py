"""The coded groups of a referral's content as the others read them; what is not known is null or empty."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict


class Group(BaseModel):
    """Codes are those of spa_intake.domain.content_codes and scores."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CriterionSince(Group):
    """When the operation or procedure behind a criterion was."""

    criterion: str
    since: datetime


class ActivityAbility(Group):
    activity: str
    ability: str


class ExistingCareDetail(Group):
    visits_per_day: int | None
    carers_per_visit: int | None
    can_restart: bool | None


class Legal(Group):
    mental_capacity: str | None
    mental_capacity_assessed_on: date | None
    consent_to_referral: str | None
    consent_to_share: str | None
    plans: list[str]
    consulted: list[str]
    has_objection: bool | None
    continuing_healthcare: str | None


class Communication(Group):
    language: str | None  # ISO 639-1
    needs_interpreter: bool | None
    needs: list[str]


class Infection(Group):
    organisms: list[str]
    needs_isolation: bool | None
    isolation_ends_on: date | None


class Equipment(Group):
    needed: list[str]
    in_place: list[str]


class RiskInputs(Group):
    """What LACE, HOSPITAL and the frailty index are computed from."""

    length_of_stay_days: int | None
    is_emergency_admission: bool | None
    comorbidities: list[str] | None  # []: none of them; null: not known
    ed_visits_6_months: int | None
    admissions_12_months: int | None
    haemoglobin_g_per_l: float | None
    sodium_mmol_per_l: float | None
    was_on_oncology: bool | None
    had_procedure: bool | None
    frailty_deficits: int | None
