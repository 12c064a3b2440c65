"""What callers send: strict models, every field described by a sentence; nothing unknown is let in."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field, StrictBool, StrictStr, StringConstraints
from pydantic_core import PydanticCustomError

from spa_intake.domain.codes import (
    COORDINATOR_CLOSE_REASONS,
    Advice,
    CloseReason,
    Criterion,
    DeclineReason,
    Gender,
    Kind,
    Missing,
    Source,
    VerificationStatus,
    WithdrawReason,
)
from spa_intake.domain.content import ReferralContent
from spa_intake.domain.content_codes import Referrer
from spa_intake.domain.criteria import Assessment
from spa_intake.domain.errors import ReferralNotFromHospital
from spa_intake.domain.inputs import PersonIn, ReferralFacts, ReferralIn
from spa_intake.domain.kinds import POLICIES, referrer_of
from spa_intake.domain.policy import Policy
from spa_intake.domain.referral import ReferralState
from spa_intake.use_cases.naming import naming
from spa_intake.use_cases.rewriting import Rewriting

from .content_schemas import ContentBody, unique
from .field_types import (
    BirthDay,
    Body,
    Moment,
    Name,
    Number,
    OdsCode,
    Phone,
    Postcode,
    ServiceCode,
    Text,
    Ward,
)


def _closing(value: CloseReason) -> CloseReason:
    if value not in COORDINATOR_CLOSE_REASONS:
        raise PydanticCustomError("enum", "reason")
    return value


NhsNumber = Annotated[StrictStr, StringConstraints(pattern=r"^[0-9 -]{10,14}$")]
REACHED = ("address_lines", "postcode", "phone", "gp_practice")
WHO = ("family_name", "given_name", "born_on", "gender")


class Nothing(Body):
    """A command that says everything by its address."""


class PersonBody(Body):
    """The person as the ward knows them. Stored in spa-intake only."""

    nhs_number: NhsNumber | None = Field(None, description="Ten digits. Matches people only when verified.")
    nhs_number_verification_status: VerificationStatus | None = Field(
        None, description="UK Core NHSNumberVerificationStatus; 01: present and verified."
    )
    hospital_number: Number | None = Field(None, description="The hospital's own number for the person.")
    family_name: Name
    given_name: Name
    born_on: BirthDay
    gender: Gender | None = None
    address_lines: Annotated[list[Name], Field(max_length=5)] = Field([])
    postcode: Postcode | None = None
    phone: Phone | None = None
    gp_practice: OdsCode | None = Field(None, description="ODS code of the practice.")


class PersonAmendmentBody(Body):
    """What is corrected or added: a field left out stays. How the person is reached is cleared by null; who they are
    cannot be cleared.
    """

    nhs_number: NhsNumber | None = Field(
        None, description="Added where it was not known. Matches people only when verified."
    )
    nhs_number_verification_status: VerificationStatus | None = Field(None, description="Of the NHS number beside it.")
    hospital_number: Number | None = Field(None, description="Added to those of this hospital that are known.")
    family_name: Name | None = None
    given_name: Name | None = None
    born_on: BirthDay | None = Field(None, description="Not together with another surname: that is another person.")
    gender: Gender | None = None
    address_lines: Annotated[list[Name], Field(max_length=5)] | None = None
    postcode: Postcode | None = None
    phone: Phone | None = None
    gp_practice: OdsCode | None = Field(None, description="ODS code of the practice.")

    def said(self) -> dict[str, Any]:  # Any: details of any type
        """What the body says of the person beside the numbers; a blank clears."""
        said = {name: getattr(self, name) for name in REACHED if name in self.model_fields_set}
        said |= {name: value for name in WHO if (value := getattr(self, name)) is not None}
        if "address_lines" in said:
            said["address_lines"] = tuple(self.address_lines or ())
        return said

    def names(self) -> PersonIn:
        """The numbers; a hospital's own is of the referral's hospital."""
        return PersonIn(
            hospital="",
            hospital_number=self.hospital_number,
            family_name=None,
            given_name=None,
            born_on=None,
            nhs_number=self.nhs_number,
            verification_status=self.nhs_number_verification_status,
        )


class AmendmentBody(ContentBody):
    """What to change: a field left out stays, null clears it; a group is replaced as a whole."""

    ward: Ward | None = Field(None, description="Where the person is now; it cannot be cleared.")
    person: PersonAmendmentBody | None = Field(None, description="What is corrected or added about the person.")

    def apply(self, facts: ReferralFacts) -> ReferralFacts:
        """The facts with what the body says. Refuses with ReferralNotFromHospital."""
        if self.ward and facts.referrer is not Referrer.WARD:
            raise ReferralNotFromHospital
        return replace(facts, **self.coded() | ({"ward": self.ward} if self.ward else {}))

    def rewriting(self, policy: Policy) -> Rewriting:
        """How contacts and words change, and what is said of the person."""
        said = self.uncoded()
        return Rewriting(
            content=(lambda content: replace(content, **said)) if said else None,
            person=self.person.said() if self.person else None,
            naming=naming(self.person.names(), policy) if self.person else None,
        )


class ReferralBody(ContentBody):
    """A referral: needs, not a prescription of care. What is needed beyond kind and person depends on the kind."""

    kind: Kind
    person: PersonBody
    referrer: Referrer | None = Field(None, description="Who refers; needed where several may refer the kind.")
    hospital: OdsCode | None = Field(None, description="ODS code of the hospital the person is in.")
    ward: Ward | None = Field(None, description="Where the person is; the ward is asked for it when it is left out.")
    visit_number: Number | None = Field(None, description="The hospital's number for this stay (PV1-19).")
    criteria_to_reside: Annotated[list[Criterion], Field(max_length=11)] = Field(
        [], description="The criteria to reside that are met; none: ready for discharge."
    )
    criteria_assessed_at: Moment | None = None
    criteria_since: dict[Criterion, Moment] = Field(
        {}, description="When the operation or procedure behind a criterion was: some lapse by the clock."
    )
    reason_text: Text | None = Field(None, description="Free text; kept as a note, in spa-intake only.")

    def referral(self, source: Source, organisation: str) -> ReferralIn:
        """In neutral form; `organisation` is whose referral it is."""
        is_from_hospital = POLICIES[self.kind].is_from_hospital
        hospital = self.hospital or ("" if is_from_hospital else organisation)
        person = self.person.model_dump(exclude={"nhs_number_verification_status", "address_lines"})
        return ReferralIn(
            kind=self.kind,
            source=source,
            person=PersonIn(
                **person,
                hospital=hospital,
                verification_status=self.person.nhs_number_verification_status,
                address_lines=tuple(self.person.address_lines),
            ),
            facts=ReferralFacts(
                referring_organisation=organisation,
                hospital=hospital,
                ward=self.ward or "",
                referrer=referrer_of(self.kind, self.referrer),
                criteria_to_reside=unique(self.criteria_to_reside),
                criteria_assessed_at=self.criteria_assessed_at,
                criteria_since=self.criteria_since,
                **self.coded(),
            ),
            visit_number=self.visit_number,
            reason_text=self.reason_text,
            content=ReferralContent(**self.uncoded()),
        )


class DeclineBody(Body):
    reason: DeclineReason
    redirected_to: ServiceCode | None = Field(None, description="The service, when the reason is redirected.")
    advice: Annotated[list[Advice], Field(max_length=len(Advice))] = Field(
        [], description="What the ward is advised to do instead; it reads this with the reason."
    )
    note: Text | None = Field(None, description="What the ward reads beside reason and advice. Kept as a note.")


class QueryBody(Body):
    missing: Annotated[list[Missing], Field(max_length=len(Missing))]


class WithdrawBody(Body):
    reason: WithdrawReason


class CloseBody(Body):
    reason: Annotated[CloseReason, AfterValidator(_closing)] = Field(
        description="discharged_without_message, no_longer_needed, moved_away or support_ended."
    )


class AssignBody(Body):
    assignee: UUID | None = Field(description="The member of staff who has it; null: nobody.")


class ReadinessBody(Body):
    criteria_to_reside: Annotated[list[Criterion], Field(max_length=11)]
    assessed_at: Moment | None = Field(None, description="When it was found; without it, when it is told.")
    criteria_since: Annotated[dict[Criterion, Moment], Field(max_length=11)] = Field(
        {},
        description="When the operation or procedure behind a criterion was. Without it a criterion that lapses by the"
        " clock (criteria 9 to 11 of the guidance) counts from the first assessment in a row that found it.",
    )

    def assessment(self, now: datetime) -> Assessment:
        return Assessment(self.assessed_at or now, unique(self.criteria_to_reside), self.criteria_since)


class NoteBody(Body):
    referral_id: UUID
    text: Text
    for_ward: StrictBool = Field(False, description="Whether the ward reads it too. A ward reads its own anyway.")


class ListQuery(Body):
    """Which referrals to list; `kind` and `state` may be given several times."""

    kind: list[Kind] = Field([])
    state: list[ReferralState] = Field([])
    hospital: OdsCode | None = None
    ward: Ward | None = Field(None, description="Where the person is now.")
    is_ready: bool | None = Field(None, description="Whether no criterion to reside is met.")
    updated_since: Moment | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    after: Annotated[str, StringConstraints(max_length=4000)] | None = Field(
        None, description="The `next` or `resume` of the page before."
    )


class LookupBody(Body):
    patient_keys: Annotated[list[UUID], Field(min_length=1, max_length=200)]
