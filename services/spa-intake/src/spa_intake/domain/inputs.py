"""What comes in from outside in neutral form, whichever door it came by: JSON, FHIR or HL7 v2."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from .codes import (
    Cognition,
    Criterion,
    ExistingCare,
    Gender,
    Kind,
    LivingSituation,
    Mobility,
    Need,
    Source,
    Trigger,
    VerificationStatus,
)
from .content import Communication, Equipment, ExistingCareDetail, Infection, Legal, ReferralContent
from .content_codes import Ability, Activity, Referrer, ResponseWithin, SafeguardingFlag
from .scores import RiskInputs


@dataclass(frozen=True)
class PersonIn:
    """A person as a message describes them; None: the message does not say."""

    hospital: str  # ODS code of the hospital that gave the hospital number
    hospital_number: str | None
    family_name: str | None
    given_name: str | None
    born_on: date | None
    nhs_number: str | None = None  # as sent; intake decides whether it is verified
    verification_status: VerificationStatus | None = None
    gender: Gender | None = None
    address_lines: tuple[str, ...] = ()
    postcode: str | None = None
    phone: str | None = None
    gp_practice: str | None = None  # ODS code


@dataclass(frozen=True)
class ReferralFacts:
    """The coded facts of a referral: no identity, no free text. The postcode and age band are set by intake."""

    referring_organisation: str  # ODS code
    hospital: str  # ODS code
    ward: str  # "": not known, or it comes from no ward and the hospital is the referring organisation
    expected_discharge_on: date | None = None
    discharge_ready_on: date | None = None
    criteria_to_reside: tuple[Criterion, ...] = ()  # none: ready for discharge
    criteria_assessed_at: datetime | None = None
    needs: tuple[Need, ...] = ()
    living_situation: LivingSituation | None = None
    existing_care: ExistingCare | None = None
    mobility: Mobility | None = None
    cognition: Cognition | None = None
    clinical_frailty_scale: int | None = None  # 1-9 (Rockwood)
    safeguarding_concern: bool = False
    outward_postcode: str | None = None
    age_band: str | None = None
    referrer: Referrer | None = None
    response_within: ResponseWithin | None = None
    criteria_since: Mapping[Criterion, datetime] = field(default_factory=dict)  # the operation, the procedure …
    abilities: Mapping[Activity, Ability] = field(default_factory=dict)
    existing_care_detail: ExistingCareDetail | None = None
    legal: Legal | None = None
    safeguarding: tuple[SafeguardingFlag, ...] = ()
    communication: Communication | None = None
    infection: Infection | None = None
    equipment: Equipment | None = None
    risk: RiskInputs | None = None

    @property
    def is_ready(self) -> bool:
        """Ready for discharge: no criterion to reside is met."""
        return not self.criteria_to_reside

    @property
    def has_safeguarding_concern(self) -> bool:
        """A flag is a concern, whether or not it is said beside it."""
        return self.safeguarding_concern or bool(self.safeguarding)


def revised(facts: ReferralFacts, revise: Callable[[ReferralFacts], ReferralFacts]) -> ReferralFacts:
    """The facts as a ward amends them; whose referral it is, what intake itself set, and what has a series, stays."""
    return replace(
        revise(facts),
        criteria_to_reside=facts.criteria_to_reside,
        criteria_assessed_at=facts.criteria_assessed_at,
        criteria_since=facts.criteria_since,
        referring_organisation=facts.referring_organisation,
        hospital=facts.hospital,
        outward_postcode=facts.outward_postcode,
        age_band=facts.age_band,
    )


@dataclass(frozen=True)
class ReferralIn:
    """A referral as it is asked for."""

    kind: Kind
    source: Source
    person: PersonIn
    facts: ReferralFacts
    visit_number: str | None = None
    reason_text: str | None = field(default=None, repr=False)  # free text: becomes a note
    content: ReferralContent = field(default=ReferralContent(), repr=False)


@dataclass(frozen=True)
class MovementIn:
    """One ADT message. All times are aware UTC.

    `occurred_at` is when it happened: for A01 the admission (PV1-44, else EVN-6, else EVN-2), for A03 the
    discharge (PV1-45, else EVN-6, else EVN-2), for the others EVN-6, else EVN-2, else MSH-7.
    """

    sending_system: str  # MSH-3 and MSH-4: control ids are unique within it
    control_id: str  # MSH-10
    trigger: Trigger
    person: PersonIn
    hospital: str  # ODS code
    occurred_at: datetime
    sent_at: datetime  # MSH-7: among two reports of one thing the one sent last counts
    visit_number: str | None = None  # PV1-19
    ward: str | None = None
    patient_class: str | None = None  # PV1-2
    admitted_at: datetime | None = None  # PV1-44
    admission_method: str | None = None  # NHS data dictionary
    admission_source: str | None = None
    discharged_at: datetime | None = None  # PV1-45
    discharge_destination: str | None = None
    discharge_method: str | None = None
    is_dead: bool | None = None  # PID-30; None: the message does not say
    died_at: datetime | None = None  # PID-29
    sequence: int | None = None  # MSH-13


@dataclass(frozen=True)
class MergeIn:
    """A hospital's word that two of its records are about one person (ADT A40). All times are aware UTC.

    Of the retired record only the identifiers count; neither record need be known here yet.
    """

    hospital: str  # ODS code
    survivor: PersonIn  # PID
    retired: PersonIn  # MRG-1, and MRG-7 where there is a name
    sent_at: datetime  # MSH-7: of two words about the same two records the later counts
