"""Stays and facts with sensible values, for the tests of the monitor."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from readmission_monitor.domain.facts import Accepted, Fact, Linked, PersonFacts, learn
from readmission_monitor.domain.stay import PatientKey, ReferralId, Stay, StayId

PATIENT = PatientKey(UUID("5d3c6a52-0000-4000-8000-000000000001"))
WINDOWS = {"hospital_discharge": 30}
DISCHARGED_AT = datetime(2026, 6, 1, 14, 0, tzinfo=UTC)


def stay_id(name: str) -> StayId:
    return StayId(uuid5(PATIENT, f"stay {name}"))


def referral_id(name: str) -> ReferralId:
    return ReferralId(uuid5(PATIENT, f"referral {name}"))


def stay(
    name: str = "A",
    *,
    patient_key: PatientKey = PATIENT,
    revision: int = 1,
    admitted_at: datetime = DISCHARGED_AT - timedelta(days=6),
    discharged_at: datetime | None = DISCHARGED_AT,
    method: str | None = "21",
    source: str | None = "19",
    destination: str | None = "19",
    discharge_method: str | None = "1",
    is_cancelled: bool = False,
) -> Stay:
    return Stay(
        stay_id=stay_id(name),
        patient_key=patient_key,
        revision=revision,
        admitted_at=admitted_at,
        admission_method=method,
        admission_source=source,
        discharged_at=discharged_at,
        discharge_destination=destination if discharged_at else None,
        discharge_method=discharge_method if discharged_at else None,
        is_cancelled=is_cancelled,
    )


def readmission(name: str = "B", *, days: int = 5, method: str | None = "21", revision: int = 1) -> Stay:
    """A stay still open, begun so many days after the usual discharge."""
    admitted_at = DISCHARGED_AT + timedelta(days=days, minutes=5)
    return stay(name, revision=revision, admitted_at=admitted_at, discharged_at=None, method=method)


def accepted(name: str = "R", *, at: datetime = DISCHARGED_AT - timedelta(days=3), version: int = 2) -> Accepted:
    return Accepted(referral_id(name), "hospital_discharge", at, None, version)


def linked(to: Stay, name: str = "R", *, version: int = 3) -> Linked:
    return Linked(referral_id(name), to, version)


def facts_of(*learned: Fact) -> PersonFacts:
    return learn_all(PersonFacts(PATIENT, frozenset({PATIENT})), learned)


def learn_all(facts: PersonFacts, learned: Iterable[Fact]) -> PersonFacts:
    for fact in learned:
        facts = learn(facts, fact)
    return facts
