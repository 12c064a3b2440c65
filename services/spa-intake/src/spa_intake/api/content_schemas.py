"""The content of a referral as callers send it, after the PRSB headings: coded groups, contacts and words."""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import Field, StrictBool, StrictInt, StrictStr, StringConstraints

from spa_intake.domain import content
from spa_intake.domain.codes import Cognition, ExistingCare, LivingSituation, Mobility, Need
from spa_intake.domain.content_codes import (
    Ability,
    Activity,
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
    ResponseWithin,
    SafeguardingFlag,
)
from spa_intake.domain.inputs import ReferralFacts
from spa_intake.domain.scores import Comorbidity, RiskInputs

from .field_types import Body, Day, Name, Phone, Text

T = TypeVar("T")
Count = Annotated[StrictInt, Field(ge=0, le=999)]
Few = Field(max_length=15)


class GroupBody(Body):
    """A group of the content; `of` is its neutral form, with fields of the same names."""

    of: ClassVar[type[Any]]  # Any: each group's own

    def neutral(self) -> Any:  # Any: as `of`
        return self.of(**{name: neutral(getattr(self, name)) for name in type(self).model_fields})


class ExistingCareDetailBody(GroupBody):
    """The care there was before."""

    of = content.ExistingCareDetail
    visits_per_day: Annotated[StrictInt, Field(ge=0, le=24)] | None = None
    carers_per_visit: Annotated[StrictInt, Field(ge=0, le=4)] | None = None
    can_restart: StrictBool | None = Field(None, description="Whether the provider has kept the place.")


class LegalBody(GroupBody):
    """Mental capacity, consent, what stands about the person's care, and who was consulted."""

    of = content.Legal
    mental_capacity: MentalCapacity | None = Field(None, description="For the decision about leaving and care.")
    mental_capacity_assessed_on: Day | None = None
    consent_to_referral: Consent | None = None
    consent_to_share: Consent | None = Field(None, description="With those who will give the care.")
    plans: Annotated[list[LegalPlan], Few] = Field([])
    consulted: Annotated[list[Consulted], Few] = Field([])
    has_objection: StrictBool | None = None
    continuing_healthcare: ContinuingHealthcare | None = None


class CommunicationBody(GroupBody):
    of = content.Communication
    language: Annotated[StrictStr, StringConstraints(pattern=r"^[a-z]{2}$")] | None = Field(
        None, description="ISO 639-1, such as en, pl, bn."
    )
    needs_interpreter: StrictBool | None = None
    needs: Annotated[list[CommunicationNeed], Few] = Field([])


class InfectionBody(GroupBody):
    of = content.Infection
    organisms: Annotated[list[Organism], Few] = Field([])
    needs_isolation: StrictBool | None = None
    isolation_ends_on: Day | None = None


class EquipmentBody(GroupBody):
    of = content.Equipment
    needed: Annotated[list[EquipmentItem], Few] = Field([])
    in_place: Annotated[list[EquipmentItem], Few] = Field([])


class RiskBody(GroupBody):
    """What the scores are computed from, by Homeward: send what is known. Null: not known."""

    of = RiskInputs
    length_of_stay_days: Count | None = Field(None, description="Left out: counted from the hospital's messages.")
    is_emergency_admission: StrictBool | None = Field(None, description="Left out: from the hospital's messages.")
    comorbidities: Annotated[list[Comorbidity], Few] | None = Field(None, description="[]: none of them.")
    ed_visits_6_months: Count | None = Field(None, description="Before this admission.")
    admissions_12_months: Count | None = Field(None, description="Before this admission.")
    haemoglobin_g_per_l: Annotated[float, Field(strict=True, ge=10, le=300, allow_inf_nan=False)] | None = None
    sodium_mmol_per_l: Annotated[float, Field(strict=True, ge=80, le=200, allow_inf_nan=False)] | None = None
    was_on_oncology: StrictBool | None = None
    had_procedure: StrictBool | None = None
    frailty_deficits: Annotated[StrictInt, Field(ge=0, le=36)] | None = Field(
        None, description="Of the 36 of the electronic frailty index."
    )


class ContactBody(GroupBody):
    """Somebody to talk to about the person. Stored in spa-intake only."""

    of = content.Contact
    name: Name
    relationship: Relationship
    phone: Phone | None = None
    roles: Annotated[list[ContactRole], Few] = Field([])


class LiaisonBody(GroupBody):
    """Who of you answers questions about this referral. Stored in spa-intake only."""

    of = content.Liaison
    name: Name
    phone: Phone | None = None


class TextsBody(GroupBody):
    """What is said in words. Stored in spa-intake only."""

    of = content.Texts
    clinical_summary: Text | None = None
    wishes: Text | None = Field(None, description="What the person and the family want and worry about.")
    home_and_access: Text | None = None
    risks: Text | None = None
    medicines: Text | None = None


class ContentBody(Body):
    """What a referral says about the person's needs; everything may be left out. A group is sent as a whole."""

    expected_discharge_on: Day | None = None
    discharge_ready_on: Day | None = Field(None, description="Since when no criterion to reside is met.")
    response_within: ResponseWithin | None = Field(None, description="Admission avoidance: how soon.")
    needs: Annotated[list[Need], Few] | None = None
    abilities: dict[Activity, Ability] | None = Field(None, description="What the person can do, by activity.")
    living_situation: LivingSituation | None = None
    existing_care: ExistingCare | None = None
    existing_care_detail: ExistingCareDetailBody | None = None
    mobility: Mobility | None = None
    cognition: Cognition | None = None
    clinical_frailty_scale: Annotated[StrictInt, Field(ge=1, le=9)] | None = None
    legal: LegalBody | None = None
    safeguarding_concern: StrictBool | None = None
    safeguarding: Annotated[list[SafeguardingFlag], Few] | None = Field(None, description="Each is a concern.")
    communication: CommunicationBody | None = None
    infection: InfectionBody | None = None
    equipment: EquipmentBody | None = None
    risk: RiskBody | None = None
    contacts: Annotated[list[ContactBody], Field(max_length=10)] | None = None
    liaison: LiaisonBody | None = None
    texts: TextsBody | None = None

    def coded(self) -> dict[str, Any]:  # Any: values of ReferralFacts
        """What is said of the coded facts; null is what they are when nothing is said."""
        said = {name: neutral(getattr(self, name)) for name in self.model_fields_set if name in _WHEN_NOT_SAID}
        if said.get("safeguarding_concern", ...) is None:
            del said["safeguarding_concern"]  # a concern is taken back by saying false
        return {name: _WHEN_NOT_SAID[name] if value is None else value for name, value in said.items()}

    def uncoded(self) -> dict[str, Any]:  # Any: values of ReferralContent
        """What is said of contacts and words."""
        nothing = {"contacts": (), "liaison": None, "texts": content.Texts()}
        said = {name: neutral(getattr(self, name)) for name in self.model_fields_set & nothing.keys()}
        return {name: nothing[name] if value is None else value for name, value in said.items()}


_WHEN_NOT_SAID: Mapping[str, Any] = {  # Any: values of ReferralFacts
    field.name: field.default if field.default_factory is MISSING else field.default_factory()
    for field in fields(ReferralFacts)
    if field.name in ContentBody.model_fields
}


def neutral(value: object) -> Any:  # Any: any value of the domain
    """A value in neutral form: groups as dataclasses, lists as tuples without repeats."""
    if isinstance(value, GroupBody):
        return value.neutral()
    if isinstance(value, list):
        return unique([neutral(one) for one in value])
    return value


def unique(codes: Sequence[T]) -> tuple[T, ...]:
    """In their order, each once."""
    return tuple(dict.fromkeys(codes))
