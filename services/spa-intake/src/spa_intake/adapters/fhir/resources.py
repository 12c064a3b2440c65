"""The parts of BaRS resources that this service reads; what it does not read it does not name."""

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class FhirPart(BaseModel):
    """An element as sent: strict types, since HL7's schema has been met before these models read it.

    What is missing most often costs nothing: Pydantic copies a default it cannot hash, each time.
    """

    model_config = ConfigDict(
        extra="ignore", frozen=True, strict=True, alias_generator=to_camel, hide_input_in_errors=True
    )


class Coding(FhirPart):
    system: str | None = None
    code: str | None = None
    display: str | None = None


class Concept(FhirPart):
    coding: list[Coding] = Field(default_factory=list)
    text: str | None = None

    def code(self, system: str) -> str | None:
        """The first code of a system."""
        return next((coding.code for coding in self.coding if coding.system == system and coding.code), None)

    def words(self) -> str | None:
        """What a person would read."""
        return self.text or next((coding.display for coding in self.coding if coding.display), None)


class Extension(FhirPart):
    url: str | None = None
    value_codeable_concept: Concept | None = None
    value_positive_int: int | None = None


class Identifier(FhirPart):
    system: str | None = None
    value: str | None = None
    extension: list[Extension] = Field(default_factory=list)


class Reference(FhirPart):
    reference: str | None = None


class Telecom(FhirPart):
    system: str | None = None
    value: str | None = None
    rank: int | None = None


class Name(FhirPart):
    use: str | None = None
    text: str | None = None
    family: str | None = None
    given: list[str] = Field(default_factory=list)


class Address(FhirPart):
    use: str | None = None
    line: list[str] = Field(default_factory=list)
    city: str | None = None
    district: str | None = None
    postal_code: str | None = None


class Contact(FhirPart):
    name: Name | None = None
    extension: list[Extension] = Field(default_factory=list)
    relationship: list[Concept] = Field(default_factory=list)
    telecom: list[Telecom] = Field(default_factory=list)


class Meta(FhirPart):
    version_id: str | None = None
    last_updated: str | None = None


class Resource(FhirPart):
    resource_type: str


class Quantity(FhirPart):
    value: float | int | None = None


class Period(FhirPart):
    start: str | None = None
    end: str | None = None


class PatientLanguage(FhirPart):
    language: Concept | None = None
    preferred: bool = False


class Source(FhirPart):
    endpoint: str | None = None


class MessageHeader(Resource):
    event_coding: Coding | None = None
    source: Source = Source()
    reason: Concept | None = None
    sender: Reference | None = None
    focus: list[Reference] = Field(default_factory=list)


class ServiceRequest(Resource):
    id: str | None = None
    meta: Meta = Meta()
    identifier: list[Identifier] = Field(default_factory=list)
    reason_code: list[Concept] = Field(default_factory=list)
    status: str | None = None
    category: list[Concept] = Field(default_factory=list)
    based_on: list[Reference] = Field(default_factory=list)
    subject: Reference | None = None
    encounter: Reference | None = None
    authored_on: str | None = None
    requester: Reference | None = None

    def category_code(self, system: str) -> str | None:
        """The code of a system over all categories: some senders write one category with two codings, some two."""
        return next((code for concept in self.category if (code := concept.code(system))), None)


class EncounterLocation(FhirPart):
    location: Reference | None = None


class Encounter(Resource):
    status: str | None = None
    identifier: list[Identifier] = Field(default_factory=list)
    location: list[EncounterLocation] = Field(default_factory=list)


class Activity(FhirPart):
    outcome_codeable_concept: list[Concept] = Field(default_factory=list)


class CarePlan(Resource):
    status: str | None = None
    activity: list[Activity] = Field(default_factory=list)


class Patient(Resource):
    identifier: list[Identifier] = Field(default_factory=list)
    name: list[Name] = Field(default_factory=list)
    gender: str | None = None
    birth_date: str | None = None
    address: list[Address] = Field(default_factory=list)
    telecom: list[Telecom] = Field(default_factory=list)
    contact: list[Contact] = Field(default_factory=list)
    general_practitioner: list[Reference] = Field(default_factory=list)
    communication: list[PatientLanguage] = Field(default_factory=list)


class Organization(Resource):
    identifier: list[Identifier] = Field(default_factory=list)


class Practitioner(Resource):
    name: list[Name] = Field(default_factory=list)
    telecom: list[Telecom] = Field(default_factory=list)


class PractitionerRole(Resource):
    practitioner: Reference | None = None
    telecom: list[Telecom] = Field(default_factory=list)


class Provision(FhirPart):
    type: str | None = None


class Consent(Resource):
    status: str | None = None
    policy_rule: Concept | None = None
    provision: Provision = Provision()


class Flag(Resource):
    status: str | None = None
    code: Concept | None = None


class Location(Resource):
    identifier: list[Identifier] = Field(default_factory=list)


class Condition(Resource):
    code: Concept | None = None


class Observation(Resource):
    status: str | None = None
    subject: Reference | None = None
    code: Concept | None = None
    effective_date_time: str | None = None
    effective_period: Period = Period()
    value_codeable_concept: Concept | None = None
    value_integer: int | None = None
    value_boolean: bool | None = None
    value_date_time: str | None = None
    value_string: str | None = None
    value_quantity: Quantity = Quantity()


class Bundle(Resource):
    id: str | None = None
    meta: Meta = Meta()
    type: str | None = None
    timestamp: str | None = None
