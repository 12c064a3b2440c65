"""Bodies of requests and answers."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from care_package.domain.codes import (
    CancelReason,
    DeclineReason,
    EndReason,
    FallThroughReason,
    HandBackReason,
    ServiceCode,
)
from homeward_kit.values import is_ods_code, outward_postcode


def _outward(area: str) -> str:
    if outward_postcode(area) != area:
        raise ValueError("give the part of the postcode before the space, in capitals")
    return area


def _ods(code: str) -> str:
    if not is_ods_code(code):
        raise ValueError("give an ODS code: 3 to 10 capitals and digits")
    return code


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class AcceptIn(_In):
    start_on: date | None = None


class DeclineIn(_In):
    reason: DeclineReason


class StartIn(_In):
    started_at: AwareDatetime | None = None


class FellThroughIn(_In):
    reason: FallThroughReason


class HandBackIn(_In):
    reason: HandBackReason


class EndIn(_In):
    reason: EndReason


class ResumeIn(_In):
    pass


class CancelIn(_In):
    reason: CancelReason


class ProviderIn(_In):
    """An organisation, not a person."""

    name: Annotated[str, Field(min_length=1, max_length=120)]
    services: Annotated[list[ServiceCode], Field(min_length=1, max_length=7)]
    areas: Annotated[list[Annotated[str, AfterValidator(_outward)]], Field(min_length=1, max_length=200)]
    ods_code: Annotated[str, AfterValidator(_ods)] | None = None
    phone: Annotated[str, Field(pattern=r"^\+?[0-9 ]{6,20}$")] | None = None


class CapacityIn(_In):
    provider_id: UUID
    service: ServiceCode
    places: Annotated[int, Field(ge=0, le=1000)]


class OfferOut(_Out):
    offer_id: UUID
    provider_id: UUID
    provider_name: str
    state: str
    wave: int
    sent_at: datetime
    respond_by: datetime
    answered_at: datetime | None
    reason: str | None
    is_reconfirmation: bool
    because: list[str]


class LineOut(_Out):
    line_id: UUID
    service: str
    state: str
    visits_per_day: int | None
    minutes_per_visit: int | None
    carers_per_visit: int | None
    days_per_week: int | None
    agreed_offer_id: UUID | None
    is_confirmed: bool
    start_on: date | None
    started_at: datetime | None
    reason: str | None
    offers: list[OfferOut]


class AskOut(_Out):
    line_id: UUID
    service: str
    question: str  # decided_differently | no_longer_decided


class PackageOut(_Out):
    package_id: UUID
    referral_id: UUID
    patient_key: UUID
    kind: str
    state: str
    holds: list[str]
    version: int
    decision: int
    pathway: int
    target_on: date | None
    outward_postcode: str | None
    age_band: str | None
    opened_at: datetime
    in_hospital_since: datetime | None
    lines: list[LineOut]
    asks: list[AskOut]


class AnonymousOfferOut(_Out):
    """An offer as its provider sees it: what is needed and roughly where, and nobody."""

    offer_id: UUID
    provider_id: UUID
    state: str
    service: str
    visits_per_day: int | None
    minutes_per_visit: int | None
    carers_per_visit: int | None
    days_per_week: int | None
    outward_postcode: str | None
    age_band: str | None
    target_on: date | None
    sent_at: datetime
    respond_by: datetime
    answered_at: datetime | None
    reason: str | None
    is_reconfirmation: bool
    package_version: int  # for If-Match


class CapacityOut(_Out):
    service: str
    places: int
    places_left: int
    declared_at: datetime


class ProviderOut(_Out):
    provider_id: UUID
    name: str
    services: list[str]
    areas: list[str]
    ods_code: str | None
    phone: str | None
    version: int
    capacity: list[CapacityOut]


class PackageList(BaseModel):
    items: list[PackageOut]
    next: UUID | None


class OfferList(BaseModel):
    items: list[AnonymousOfferOut]
    next: UUID | None


class ProviderList(BaseModel):
    items: list[ProviderOut]
    next: UUID | None
