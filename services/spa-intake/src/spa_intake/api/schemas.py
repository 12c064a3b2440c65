"""What callers send: strict models, every field described by a sentence; nothing unknown is let in."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Annotated, TypeVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from spa_intake.domain.codes import (
    COORDINATOR_CLOSE_REASONS,
    CloseReason,
    Cognition,
    Criterion,
    DeclineReason,
    ExistingCare,
    Gender,
    Kind,
    LivingSituation,
    Missing,
    Mobility,
    Need,
    Source,
    VerificationStatus,
    WithdrawReason,
)
from spa_intake.domain.inputs import PersonIn, ReferralFacts, ReferralIn
from spa_intake.domain.referral import ReferralState

T = TypeVar("T")


def _storable(text: str) -> str:
    """Control characters and half characters are nobody's name, and PostgreSQL does not take them."""
    if not all(character.isprintable() or character in "\n\t" for character in text):
        raise PydanticCustomError("string_type", "control characters")
    return text


def _written(value: object) -> object:
    """Dates and times are text: a number is not a date."""
    if not isinstance(value, str | date | datetime):
        raise PydanticCustomError("date_type", "text expected")
    return value


def _born(value: date) -> date:
    if not date(1870, 1, 1) <= value <= datetime.now(UTC).date():
        raise PydanticCustomError("date_out_of_range", "birth date")
    return value


def _in_utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


def _closing(value: CloseReason) -> CloseReason:
    if value not in COORDINATOR_CLOSE_REASONS:
        raise PydanticCustomError("enum", "reason")
    return value


Line = Annotated[StrictStr, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Name = Annotated[Line, AfterValidator(_storable)]
Text = Annotated[
    StrictStr,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=4000),
    AfterValidator(_storable),
]
OdsCode = Annotated[StrictStr, StringConstraints(pattern=r"^[A-Z0-9]{3,10}$")]
Ward = Annotated[StrictStr, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _./-]{0,19}$")]
Number = Annotated[StrictStr, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ./_-]{0,39}$")]
ServiceCode = Annotated[StrictStr, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,59}$")]
Day = Annotated[date, BeforeValidator(_written)]
BirthDay = Annotated[Day, AfterValidator(_born)]
Moment = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_in_utc)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Nothing(Body):
    """A command that says everything by its address."""


class PersonBody(Body):
    """The person as the ward knows them. Stored in spa-intake only."""

    nhs_number: Annotated[StrictStr, StringConstraints(pattern=r"^[0-9 -]{10,14}$")] | None = Field(
        None, description="Ten digits. Matches people only when verified."
    )
    nhs_number_verification_status: VerificationStatus | None = Field(
        None, description="UK Core NHSNumberVerificationStatus; 01: present and verified."
    )
    hospital_number: Number = Field(description="The hospital's own number for the person.")
    family_name: Name
    given_name: Name
    born_on: BirthDay
    gender: Gender | None = None
    address_lines: Annotated[list[Name], Field(max_length=5)] = []
    postcode: Annotated[StrictStr, StringConstraints(max_length=8), AfterValidator(_storable)] | None = None
    phone: Annotated[StrictStr, StringConstraints(pattern=r"^[0-9+() -]{5,20}$")] | None = None
    gp_practice: OdsCode | None = Field(None, description="ODS code of the practice.")


class AmendmentBody(Body):
    """The coded facts to change: a field left out stays, null clears it."""

    ward: Ward | None = Field(None, description="Where the person is now; it cannot be cleared.")
    expected_discharge_on: Day | None = None
    discharge_ready_on: Day | None = None
    needs: Annotated[list[Need], Field(max_length=15)] | None = None
    living_situation: LivingSituation | None = None
    existing_care: ExistingCare | None = None
    mobility: Mobility | None = None
    cognition: Cognition | None = None
    clinical_frailty_scale: Annotated[StrictInt, Field(ge=1, le=9)] | None = None
    safeguarding_concern: StrictBool | None = None

    def apply(self, facts: ReferralFacts) -> ReferralFacts:
        """The facts with what the body says."""
        said = {name: getattr(self, name) for name in self.model_fields_set}
        for name in ("ward", "safeguarding_concern"):
            if said.get(name, ...) is None:
                del said[name]
        if "needs" in said:
            said["needs"] = _unique(self.needs or [])
        return replace(facts, **said)


class ReferralBody(Body):
    """A referral from a ward: needs, not a prescription of care."""

    kind: Kind
    person: PersonBody
    hospital: OdsCode = Field(description="ODS code of the hospital the person is in.")
    ward: Ward
    visit_number: Number | None = Field(None, description="The hospital's number for this stay (PV1-19).")
    expected_discharge_on: Day | None = None
    discharge_ready_on: Day | None = None
    criteria_to_reside: Annotated[list[Criterion], Field(max_length=11)] = Field(
        [], description="The criteria to reside that are met; none: ready for discharge."
    )
    criteria_assessed_at: Moment | None = None
    needs: Annotated[list[Need], Field(max_length=15)] = []
    living_situation: LivingSituation | None = None
    existing_care: ExistingCare | None = None
    mobility: Mobility | None = None
    cognition: Cognition | None = None
    clinical_frailty_scale: Annotated[StrictInt, Field(ge=1, le=9)] | None = None
    safeguarding_concern: StrictBool = False
    reason_text: Text | None = Field(None, description="Free text; kept as a note, in spa-intake only.")

    def referral(self, source: Source, organisation: str) -> ReferralIn:
        """In neutral form; `organisation` is whose referral it is."""
        person = self.person.model_dump(exclude={"nhs_number_verification_status", "address_lines"})
        return ReferralIn(
            kind=self.kind,
            source=source,
            person=PersonIn(
                **person,
                hospital=self.hospital,
                verification_status=self.person.nhs_number_verification_status,
                address_lines=tuple(self.person.address_lines),
            ),
            facts=self._facts(organisation),
            visit_number=self.visit_number,
            reason_text=self.reason_text,
        )

    def _facts(self, organisation: str) -> ReferralFacts:
        return ReferralFacts(
            referring_organisation=organisation,
            hospital=self.hospital,
            ward=self.ward,
            expected_discharge_on=self.expected_discharge_on,
            discharge_ready_on=self.discharge_ready_on,
            criteria_to_reside=_unique(self.criteria_to_reside),
            criteria_assessed_at=self.criteria_assessed_at,
            needs=_unique(self.needs),
            living_situation=self.living_situation,
            existing_care=self.existing_care,
            mobility=self.mobility,
            cognition=self.cognition,
            clinical_frailty_scale=self.clinical_frailty_scale,
            safeguarding_concern=self.safeguarding_concern,
        )


class DeclineBody(Body):
    reason: DeclineReason
    redirected_to: ServiceCode | None = Field(None, description="The service, when the reason is redirected.")


class QueryBody(Body):
    missing: Annotated[list[Missing], Field(max_length=11)]


class WithdrawBody(Body):
    reason: WithdrawReason


class CloseBody(Body):
    reason: Annotated[CloseReason, AfterValidator(_closing)] = Field(
        description="discharged_without_message, no_longer_needed or moved_away."
    )


class AssignBody(Body):
    assignee: UUID | None = Field(description="The member of staff who has it; null: nobody.")


class ReadinessBody(Body):
    criteria_to_reside: Annotated[list[Criterion], Field(max_length=11)]
    assessed_at: Moment


class NoteBody(Body):
    referral_id: UUID
    text: Text


class ListQuery(Body):
    """Which referrals to list; `state` may be given several times."""

    state: list[ReferralState] = []
    updated_since: Moment | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    after: Annotated[str, StringConstraints(max_length=200)] | None = None


class LookupBody(Body):
    patient_keys: Annotated[list[UUID], Field(min_length=1, max_length=200)]


def _unique(codes: Sequence[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(codes))
