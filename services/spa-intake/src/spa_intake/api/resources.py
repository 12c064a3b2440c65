"""What intake answers: referrals, notes and people as resources."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from homeward_kit.values import format_nhs_number
from spa_intake.adapters.db.notes import WrittenNote
from spa_intake.adapters.db.people import PersonRecord
from spa_intake.adapters.db.referral_views import ReferralView, risk_of
from spa_intake.adapters.db.referrals import fields_of
from spa_intake.adapters.events.published_content import (
    Communication,
    Equipment,
    ExistingCareDetail,
    Infection,
    Legal,
    RiskInputs,
)
from spa_intake.domain.acceptance_rules import Finding
from spa_intake.domain.content import ReferralContent
from spa_intake.domain.kinds import is_about_a_stay
from spa_intake.domain.next_move import Standing, next_move
from spa_intake.domain.referral import ReferralState
from spa_intake.domain.scores import Score, ScoreRules, scores


class Resource(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StayOut(Resource):
    stay_id: UUID
    hospital: str
    ward: str | None
    admitted_at: datetime
    admission_method: str | None
    discharged_at: datetime | None
    discharge_destination: str | None


class ProgressOut(Resource):
    """Where the journey stands in the other services."""

    case_state: str | None
    is_paused: bool
    is_returned: bool
    pathway: int | None
    target_on: date | None
    package_state: str | None
    holds: list[str]
    watch_state: str | None
    needs_new_referral: bool


class PartOut(Resource):
    """An input of a score; null points: not known."""

    name: str
    points: int | None


class ScoreOut(Resource):
    """A score of risk or frailty, computed by Homeward; without a total while an input is missing."""

    name: str
    version: str
    total: int | None
    highest: int
    band: str | None
    is_validated: bool  # for a person of this age
    parts: list[PartOut]
    missing: list[str]


class FindingOut(Resource):
    """A rule that applies to the referral. It advises: a person accepts, asks or declines."""

    code: str
    sentence: str
    effect: str
    reason: str | None
    missing: list[str]


class LinksOut(Resource):
    self: str
    notes: str
    content: str


class ContactOut(Resource):
    name: str
    relationship: str
    phone: str | None
    roles: list[str]


class LiaisonOut(Resource):
    name: str
    phone: str | None


class TextsOut(Resource):
    clinical_summary: str | None
    wishes: str | None
    home_and_access: str | None
    risks: str | None
    medicines: str | None


class ContentOut(Resource):
    """Contacts and words of a referral: kept apart from its coded facts, and every read is audited."""

    referral_id: UUID
    contacts: list[ContactOut]
    liaison: LiaisonOut | None
    texts: TextsOut


class ReferralOut(Resource):
    referral_id: UUID
    patient_key: UUID | None  # staff only
    kind: str
    source: str
    state: str
    version: int
    is_ready: bool
    criteria_to_reside: list[str]
    criteria_assessed_at: datetime | None
    referring_organisation: str
    hospital: str
    ward: str
    expected_discharge_on: date | None
    discharge_ready_on: date | None
    needs: list[str]
    living_situation: str | None
    existing_care: str | None
    mobility: str | None
    cognition: str | None
    clinical_frailty_scale: int | None
    safeguarding_concern: bool
    referrer: str | None
    response_within: str | None
    criteria_since: dict[str, datetime]
    abilities: dict[str, str]
    existing_care_detail: ExistingCareDetail | None
    legal: Legal | None
    safeguarding: list[str]
    communication: Communication | None
    infection: Infection | None
    equipment: Equipment | None
    risk: RiskInputs | None
    scores: list[ScoreOut]
    outward_postcode: str | None
    age_band: str | None
    nhs_number_status: str
    stay: StayOut | None
    assignee: UUID | None
    missing: list[str]  # what the ward was asked for and has not answered
    findings: list[FindingOut] | None  # staff only, while it is to be decided
    next_move: str
    progress: ProgressOut
    received_at: datetime
    accepted_at: datetime | None
    ended_at: datetime | None
    ended_reason: str | None
    redirected_to: str | None
    advice: list[str]
    left_at: datetime | None
    updated_at: datetime
    died: bool
    links: LinksOut


class ReferralsOut(Resource):
    """`next`: the page after this one, if there is one; `resume`: where to go on when you ask again later."""

    items: list[ReferralOut]
    next: str | None
    resume: str | None


class NoteOut(Resource):
    note_id: UUID
    referral_id: UUID
    text: str
    author: str
    written_at: datetime
    for_ward: bool


class NoteWrittenOut(Resource):
    """The note's number; its text is not repeated."""

    note_id: UUID
    referral_id: UUID


class NotesOut(Resource):
    items: list[NoteOut]
    next: str | None


class PersonOut(Resource):
    patient_key: UUID
    nhs_number: str | None
    nhs_number_status: str
    hospital_number: str | None
    family_name: str | None
    given_name: str | None
    born_on: date | None
    gender: str | None
    address_lines: list[str]
    postcode: str | None
    phone: str | None
    gp_practice: str | None
    died_at: datetime | None
    has_possible_duplicate: bool
    other_keys: list[UUID]  # of the same person, after a merge


class PeopleOut(Resource):
    people: list[PersonOut]


def referral_out(
    view: ReferralView, *, for_staff: bool, rules: ScoreRules | None = None, findings: Sequence[Finding] = ()
) -> ReferralOut:
    """A referral as this caller reads it: key and findings are for staff. `rules`: the versions of its scores."""
    place = f"/api/v1/referrals/{view.referral_id}"
    facts = view.facts
    found = scores(facts.clinical_frailty_scale, risk_of(view), facts.age_band, rules or ScoreRules())
    return ReferralOut(
        **fields_of(facts) | {"safeguarding_concern": facts.has_safeguarding_concern},
        referral_id=view.referral_id,
        patient_key=view.patient_key if for_staff else None,
        kind=view.kind,
        source=view.source,
        state=view.state,
        version=view.version,
        is_ready=facts.is_ready,
        scores=[_score_out(score) for score in found],
        nhs_number_status=view.nhs_number_status,
        stay=StayOut(**vars(view.stay)) if view.stay else None,
        assignee=view.assignee,
        missing=list(view.missing),
        findings=[_finding_out(one) for one in findings] if for_staff else None,
        next_move=next_move(_standing(view)),
        progress=ProgressOut(**vars(view.progress)),
        received_at=view.received_at,
        accepted_at=view.accepted_at,
        ended_at=view.ended_at,
        ended_reason=view.ended_reason,
        redirected_to=view.redirected_to,
        advice=list(view.advice),
        left_at=view.stay.discharged_at if view.stay else None,
        updated_at=view.changed_at,
        died=view.has_died,
        links=LinksOut(self=place, notes=f"/api/v1/notes?referral_id={view.referral_id}", content=f"{place}/content"),
    )


def _finding_out(finding: Finding) -> FindingOut:
    return FindingOut(**asdict(finding) | {"missing": list(finding.missing)})


def _standing(view: ReferralView) -> Standing:
    progress = view.progress
    return Standing(
        state=ReferralState(view.state),
        is_ready=view.facts.is_ready,
        has_left=view.stay is not None and view.stay.discharged_at is not None,
        is_returned=progress.is_returned,
        case_state=progress.case_state,
        package_state=progress.package_state,
        is_back_in_hospital="in_hospital" in progress.holds,
        is_about_a_stay=is_about_a_stay(view.kind),
    )


def _score_out(score: Score) -> ScoreOut:
    parts = [PartOut(name=part.name, points=part.points) for part in score.parts]  # `asdict` takes ten times as long
    return ScoreOut(**vars(score) | {"parts": parts, "missing": list(score.missing)})


def content_out(referral_id: UUID, content: ReferralContent) -> ContentOut:
    """Contacts and words, for staff and for the organisation that sent them."""
    return ContentOut(referral_id=referral_id, **asdict(content))


def notes_out(notes: Sequence[WrittenNote]) -> NotesOut:
    return NotesOut(items=[NoteOut(**asdict(note)) for note in notes], next=None)


def person_out(record: PersonRecord) -> PersonOut:
    """A person's record for staff; an NHS number of ten digits in its groups."""
    person = record.person
    number = person.nhs_number
    if number is not None and len(number) == 10 and number.isdigit():
        number = format_nhs_number(number)
    return PersonOut(
        patient_key=person.patient_key,
        nhs_number=number,
        nhs_number_status=person.nhs_number_status,
        hospital_number=record.hospital_number,
        family_name=person.family_name,
        given_name=person.given_name,
        born_on=person.born_on,
        gender=person.gender,
        address_lines=list(person.address_lines),
        postcode=person.postcode,
        phone=person.phone,
        gp_practice=person.gp_practice,
        died_at=person.died_at,
        has_possible_duplicate=record.has_possible_duplicate,
        other_keys=list(record.other_keys),
    )
