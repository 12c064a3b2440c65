"""The content of a referral after the PRSB headings: coded groups, and what names people or is free text.

The coded groups are part of the referral's facts and go into events. `ReferralContent` stays in spa-intake.
"""

from dataclasses import dataclass
from datetime import date

from .content_codes import (
    CommunicationNeed,
    Consent,
    Consulted,
    ContactRole,
    ContinuingHealthcare,
    EquipmentItem,
    LegalPlan,
    MentalCapacity,
    Organism,
    Relationship,
)


@dataclass(frozen=True)
class ExistingCareDetail:
    """The care there was before; None: not known."""

    visits_per_day: int | None = None
    carers_per_visit: int | None = None
    can_restart: bool | None = None


@dataclass(frozen=True)
class Legal:
    """Mental capacity, consent, what stands about the person's care, and who was consulted."""

    mental_capacity: MentalCapacity | None = None
    mental_capacity_assessed_on: date | None = None
    consent_to_referral: Consent | None = None
    consent_to_share: Consent | None = None
    plans: tuple[LegalPlan, ...] = ()
    consulted: tuple[Consulted, ...] = ()
    has_objection: bool | None = None  # the person or carer objects to the plan
    continuing_healthcare: ContinuingHealthcare | None = None


@dataclass(frozen=True)
class Communication:
    language: str | None = None  # ISO 639-1
    needs_interpreter: bool | None = None
    needs: tuple[CommunicationNeed, ...] = ()


@dataclass(frozen=True)
class Infection:
    organisms: tuple[Organism, ...] = ()
    needs_isolation: bool | None = None
    isolation_ends_on: date | None = None


@dataclass(frozen=True)
class Equipment:
    needed: tuple[EquipmentItem, ...] = ()
    in_place: tuple[EquipmentItem, ...] = ()


@dataclass(frozen=True, repr=False)
class Contact:
    """Somebody to talk to about the person."""

    name: str
    relationship: Relationship
    phone: str | None = None
    roles: tuple[ContactRole, ...] = ()


@dataclass(frozen=True, repr=False)
class Liaison:
    """Who at the referring organisation answers questions."""

    name: str
    phone: str | None = None


@dataclass(frozen=True, repr=False)
class Texts:
    """What is said in words."""

    clinical_summary: str | None = None
    wishes: str | None = None  # what the person and family want and worry about
    home_and_access: str | None = None
    risks: str | None = None
    medicines: str | None = None


@dataclass(frozen=True, repr=False)
class ReferralContent:
    """Identity and free text of a referral: kept in spa-intake, in no event and no log."""

    contacts: tuple[Contact, ...] = ()
    liaison: Liaison | None = None
    texts: Texts = Texts()

    @property
    def is_empty(self) -> bool:
        return self == ReferralContent()
