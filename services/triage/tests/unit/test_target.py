"""By when a referral wants somebody: a table of times to respond, and which date counts where there are several."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import triage_builders as a

from triage.domain import events
from triage.domain.case import Case
from triage.domain.codes import TargetReason
from triage.domain.commands import set_target
from triage.domain.facts import JourneyFacts, learn_referral
from triage.domain.reconcile import reconcile
from triage.domain.target import asked_for_on, overdue_at, respond_by


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def urgent(within: str | None, received_at: datetime | None, **coded: date | None) -> JourneyFacts:
    said = a.coded(**{"expected_discharge_on": None, "response_within": within} | coded)
    news = a.news(2, "accepted", accepted_at=a.NOW, received_at=received_at, coded=said, kind="admission_avoidance")
    return JourneyFacts(referral=learn_referral(None, news))


@pytest.mark.parametrize(
    ("within", "received_at", "expected"),
    [
        ("two_hours", "2026-11-23 10:00", "2026-11-23 12:00"),  # a Monday
        ("two_hours", "2026-11-28 10:00", "2026-11-28 12:00"),  # a Saturday: every day counts
        ("two_hours", "2026-11-23 03:00", "2026-11-23 10:00"),  # at night: from eight in the morning
        ("two_hours", "2026-11-23 19:30", "2026-11-24 09:30"),  # half an hour today, the rest tomorrow
        ("two_hours", "2026-11-23 20:00", "2026-11-24 10:00"),
        ("two_hours", "2026-07-06 18:30", "2026-07-07 08:30"),  # in summer eight in the evening is 19:00 UTC
        ("two_hours", "2026-10-24 22:00", "2026-10-25 10:00"),  # the night the clocks go back
        ("two_days", "2026-11-23 10:00", "2026-11-25 10:00"),
        ("two_days", "2026-11-27 16:00", "2026-11-29 16:00"),  # over a weekend
        (None, "2026-11-23 10:00", None),
    ],
)
def test_the_time_to_respond(within: str | None, received_at: str, expected: str | None) -> None:
    assert respond_by(urgent(within, at(received_at))) == (at(expected) if expected else None)


def test_where_nobody_says_when_it_was_received_the_acceptance_counts() -> None:
    assert respond_by(urgent("two_hours", None)) == a.NOW + timedelta(hours=2)


READY, EXPECTED = date(2026, 11, 24), date(2026, 11, 27)


@pytest.mark.parametrize(
    ("within", "expected_on", "ready_on", "target"),
    [
        (None, None, None, None),
        (None, None, READY, READY),  # the day they are ready is the day to go home
        (None, EXPECTED, READY, EXPECTED),  # the ward's own day counts
        (None, EXPECTED, None, EXPECTED),
        ("two_hours", None, None, date(2026, 11, 23)),
        ("two_days", EXPECTED, READY, date(2026, 11, 25)),
    ],
)
def test_which_date_is_the_target(
    within: str | None, expected_on: date | None, ready_on: date | None, target: date | None
) -> None:
    facts = urgent(within, at("2026-11-23 10:00"), expected_discharge_on=expected_on, discharge_ready_on=ready_on)
    assert asked_for_on(facts) == target
    assert a.opened(facts).target_on == target


def two_hours() -> tuple[JourneyFacts, Case]:
    facts = urgent("two_hours", a.NOW)
    return facts, a.opened(facts)


def test_the_case_is_opened_with_its_time() -> None:
    facts, case = two_hours()
    (opened,) = reconcile(facts, None, a.NOW)[1]
    assert isinstance(opened.detail, events.Opened)
    assert (opened.detail.respond_by, overdue_at(case, facts)) == (a.NOW + timedelta(hours=2),) * 2


def test_a_response_not_given_in_time_is_told_once() -> None:
    facts, case = two_hours()
    late = a.NOW + timedelta(hours=2)
    assert a.after(facts, case, late - timedelta(seconds=1))[1] == []
    told, happened = a.after(facts, case, late)
    assert happened == ["Overdue"]
    assert a.after(facts, told, late + timedelta(hours=1))[1] == []


def test_an_assessment_is_the_response() -> None:
    facts, case = two_hours()
    assessed = replace(case, state=a.decided().state)
    assert overdue_at(assessed, facts) is None


def test_another_time_to_respond_moves_the_target_and_the_teams_own_date_stays() -> None:
    facts, case = two_hours()
    later = urgent("two_days", a.NOW)
    moved, happened = a.after(later, case)
    assert (moved.target_on, happened) == (date(2026, 11, 25), ["TargetSet"])
    own = set_target(case, date(2026, 11, 30), TargetReason.PERSON_CHOICE, a.NOW).case
    assert a.after(later, own) == (own, [])
    assert overdue_at(own, facts) == datetime(2026, 12, 1, tzinfo=UTC)
