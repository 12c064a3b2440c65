"""Builders of triage's tests: a sensible default for everything a test does not care about."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from triage.domain import codes, events
from triage.domain.case import Case, Outcome
from triage.domain.commands import DecisionOrder, decide
from triage.domain.facts import (
    CodedFacts,
    JourneyFacts,
    PersonFacts,
    ReferralFacts,
    ReferralNews,
    ReferralState,
    StayFacts,
    learn_referral,
)
from triage.domain.quorum import Quorum
from triage.domain.reconcile import reconcile

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
TARGET = date(2026, 11, 25)
PATIENT = UUID("00000000-0000-4000-8000-000000000001")
REFERRAL = UUID("00000000-0000-4000-8000-000000000002")
NURSE, THERAPIST, SOCIAL_WORKER = codes.Role.NURSE, codes.Role.OCCUPATIONAL_THERAPIST, codes.Role.SOCIAL_WORKER
EVERYBODY = (NURSE, THERAPIST, SOCIAL_WORKER)
POLICY = {
    0: Quorum((frozenset({NURSE}),)),
    1: Quorum((frozenset({NURSE}), frozenset({THERAPIST, SOCIAL_WORKER}))),
    2: Quorum((frozenset({NURSE}), frozenset({THERAPIST}), frozenset({SOCIAL_WORKER}))),
    3: Quorum((frozenset({NURSE}), frozenset({THERAPIST}), frozenset({SOCIAL_WORKER}))),
}

# Any: keyword arguments of the dataclass that is built


def coded(**changes: Any) -> CodedFacts:
    return replace(
        CodedFacts(
            needs=("meals", "washing_dressing"),
            expected_discharge_on=TARGET,
            outward_postcode="BR1",
            age_band="75-84",
            living_situation="alone",
            existing_care="none",
            mobility="one_person",
        ),
        **changes,
    )


def news(version: int = 1, state: str = "received", **changes: Any) -> ReferralNews:
    return replace(
        ReferralNews(REFERRAL, PATIENT, "hospital_discharge", version, ReferralState(state)),
        **changes,
    )


def accepted_referral(*more: ReferralNews, **coded_changes: Any) -> ReferralFacts:
    facts = learn_referral(None, news(2, "accepted", accepted_at=NOW, coded=coded(**coded_changes)))
    for each in more:
        facts = learn_referral(facts, each)
    return facts


def journey(*more: ReferralNews, stay: StayFacts | None = None, has_died: bool = False, **changes: Any) -> JourneyFacts:
    return JourneyFacts(
        referral=accepted_referral(*more, **changes),
        stay=stay,
        person=PersonFacts(PATIENT, NOW) if has_died else None,
    )


def stay(**changes: Any) -> StayFacts:
    return replace(StayFacts(uuid4(), PATIENT, 1, NOW - timedelta(days=3), None, is_cancelled=False), **changes)


def opened(facts: JourneyFacts | None = None, now: datetime = NOW) -> Case:
    case, _ = reconcile(facts or journey(), None, now)
    assert case is not None
    return case


def after(facts: JourneyFacts, case: Case, now: datetime = NOW) -> tuple[Case, list[str]]:
    """The case after its facts were looked at, and the names of what happened."""
    changed, happened = reconcile(facts, case, now)
    assert changed is not None
    return changed, [type(each.detail).__name__ for each in happened]


def names(outcome: Outcome) -> list[str]:
    return [type(each.detail).__name__ for each in outcome.happened]


def assessment(role: codes.Role = NURSE, *findings: str) -> events.Assessment:
    return events.Assessment(uuid4(), role, findings or ("meals",), None, "staff/1", NOW)


def order(pathway: int = 1, **changes: Any) -> DecisionOrder:
    return replace(DecisionOrder(pathway=pathway, participants=EVERYBODY, by="staff/1"), **changes)


def decided(case: Case | None = None, facts: JourneyFacts | None = None) -> Case:
    return decide(case or opened(), facts or journey(), order(), POLICY, NOW).case
