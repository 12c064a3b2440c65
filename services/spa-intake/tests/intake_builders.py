"""Builders with sensible defaults; every person and number is made up."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from spa_intake.domain.codes import Kind, Source, Trigger
from spa_intake.domain.ids import PatientKey, ReferralId, StayId
from spa_intake.domain.inputs import MovementIn, PersonIn, ReferralFacts, ReferralIn
from spa_intake.domain.movement import Movement, movement_of
from spa_intake.domain.referral import Referral, ReferralState
from spa_intake.domain.stay import StayContent
from spa_intake.domain.stay_history import Stay

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
PATIENT = PatientKey(UUID("00000000-0000-4000-8000-000000000001"))


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


# Any: a builder takes any field of what it builds
def person_in(**fields: Any) -> PersonIn:
    return replace(
        PersonIn(
            hospital="RJZ",
            hospital_number="H100001",
            family_name="Test",
            given_name="Person",
            born_on=date(1941, 5, 6),
            address_lines=("1 Test Street",),
            postcode="BR1 1AA",
        ),
        **fields,
    )


def facts(**fields: Any) -> ReferralFacts:
    return replace(ReferralFacts(referring_organisation="RJZ", hospital="RJZ", ward="W7"), **fields)


def referral_in(**fields: Any) -> ReferralIn:
    return replace(
        ReferralIn(Kind.HOSPITAL_DISCHARGE, Source.REST, fields.pop("person", person_in()), facts()), **fields
    )


def referral(state: ReferralState = ReferralState.RECEIVED, **fields: Any) -> Referral:
    was_accepted = state in {ReferralState.ACCEPTED, ReferralState.CLOSED}
    queried_from = ReferralState.RECEIVED if state is ReferralState.QUERIED else None
    return replace(
        Referral(
            referral_id=ReferralId(uuid4()),
            patient_key=PATIENT,
            kind=Kind.HOSPITAL_DISCHARGE,
            source=Source.REST,
            state=state,
            version=3,
            facts=facts(),
            received_at=MONDAY,
            accepted_at=MONDAY if was_accepted else None,
            queried_from=queried_from,
        ),
        **fields,
    )


_numbers = iter(range(1, 10**9))


def movement_in(trigger: Trigger, at: float = 0, **fields: Any) -> MovementIn:
    """`at`: hours after Monday nine o'clock."""
    when = MONDAY + hours(at)
    return replace(
        MovementIn(
            sending_system="PAS|RJZ",
            control_id=f"M{next(_numbers)}",
            trigger=trigger,
            person=person_in(),
            hospital="RJZ",
            occurred_at=when,
            sent_at=when,
        ),
        **fields,
    )


def movement(trigger: Trigger, at: float = 0, **fields: Any) -> Movement:
    message = movement_in(trigger, at, **fields)
    return movement_of(message, message.control_id)


def stay(admitted: float = 0, discharged: float | None = None, **fields: Any) -> Stay:
    """Hours after Monday nine o'clock."""
    content = StayContent(
        hospital="RJZ",
        visit_number=None,
        ward="W7",
        admitted_at=MONDAY + hours(admitted),
        discharged_at=None if discharged is None else MONDAY + hours(discharged),
    )
    return Stay(StayId(uuid4()), PATIENT, 1, replace(content, **fields))
