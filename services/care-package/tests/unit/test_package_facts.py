"""Facts: versions decide, never arrival; stops are for ever; being back in hospital follows from the stays."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from package_builders import (
    LATER_STAY,
    NOW,
    PERSON,
    STAY,
    a_decision,
    a_line,
    a_referral,
    a_stay,
    facts,
)

from care_package.domain.facts import Facts, PersonFacts, ReferralNews, Stop

HOME = NOW + timedelta(days=1)
LATER = NOW + timedelta(days=3)


def test_an_older_version_changes_nothing() -> None:
    known = a_referral().with_news(ReferralNews(5, "accepted", is_ready=False))
    assert known.with_news(ReferralNews(4, "accepted", is_ready=True)) == known


def test_news_that_says_nothing_about_readiness_keeps_it() -> None:
    known = a_referral().with_news(ReferralNews(5, "accepted", is_ready=False))
    assert not known.with_news(ReferralNews(6, "accepted")).is_ready


def test_unlinking_another_stay_keeps_the_link() -> None:
    linked = a_referral().with_news(ReferralNews(2, "accepted", linked_stay_id=LATER_STAY))
    assert linked.with_news(ReferralNews(3, "accepted", unlinked_stay_id=STAY)).linked_stay_id == LATER_STAY
    assert linked.with_news(ReferralNews(3, "accepted", unlinked_stay_id=LATER_STAY)).linked_stay_id is None


def test_the_highest_decision_counts() -> None:
    newest = a_decision(2, a_line("equipment"))
    assert a_referral(newest).with_decision(a_decision(1)).decision == newest


def test_the_case_sets_the_target_by_version() -> None:
    set_late = a_referral().with_target(date(2026, 3, 9), 4)
    assert set_late.with_target(date(2026, 3, 5), 3).target_on == date(2026, 3, 9)


def test_a_death_corrected_is_no_death_and_an_old_report_of_it_changes_nothing() -> None:
    corrected = PersonFacts(PERSON).with_death(1, NOW).with_death(2, None)
    assert corrected.with_death(1, NOW) == corrected


def test_a_death_recorded_before_the_acceptance_does_not_stop_the_referral() -> None:
    assert facts(replace(a_referral(), accepted_at=HOME), has_died=True).stop is None


def test_a_death_says_nothing_of_a_referral_not_heard_of_yet() -> None:
    assert facts(replace(a_referral(), state=None, accepted_at=None), has_died=True).stop is None


def test_a_discharge_heard_late_is_remembered() -> None:
    reopened = replace(a_stay(revision=3), was_discharged=False)
    discharged = a_stay(revision=2, discharged_at=HOME)
    in_order = reopened.merged(discharged)
    assert in_order == discharged.merged(reopened)
    assert in_order.is_open
    assert in_order.was_discharged


@pytest.mark.parametrize(
    ("state", "closed_reason", "has_died", "stop"),
    [
        ("accepted", None, False, None),
        (None, None, False, None),
        ("queried", None, False, None),
        ("withdrawn", None, False, Stop.WITHDRAWN),
        ("declined", None, False, Stop.DECLINED),
        ("closed", "superseded", False, Stop.CLOSED),
        ("closed", "died", False, Stop.DIED),
        ("closed", "superseded", True, Stop.DIED),
        ("accepted", None, True, Stop.DIED),
    ],
)
def test_what_stops_a_referral(
    state: str | None,
    closed_reason: str | None,
    *,
    has_died: bool,
    stop: Stop | None,
) -> None:
    referral = replace(a_referral(), state=state, closed_reason=closed_reason)
    assert facts(referral, has_died=has_died).stop is stop


LINKED = replace(a_referral(), linked_stay_id=STAY)
DISCHARGED = a_stay(revision=2, discharged_at=HOME)


@pytest.mark.parametrize(
    ("name", "known", "is_back"),
    [
        ("no stay is linked", facts(a_referral(), a_stay()), False),
        ("first time in hospital", facts(LINKED, a_stay()), False),
        ("went home", facts(LINKED, DISCHARGED), False),
        ("discharge cancelled", facts(LINKED, a_stay(revision=3).merged(DISCHARGED)), True),
        ("came back", facts(LINKED, DISCHARGED, a_stay(LATER_STAY, admitted_at=LATER)), True),
        ("transferred at once", facts(LINKED, DISCHARGED, a_stay(LATER_STAY, admitted_at=HOME)), True),
        ("an earlier stay never closed", facts(LINKED, DISCHARGED, a_stay(LATER_STAY, admitted_at=NOW)), False),
        (
            "came back and went home",
            facts(LINKED, DISCHARGED, a_stay(LATER_STAY, admitted_at=LATER, discharged_at=LATER)),
            False,
        ),
        (
            "that admission cancelled",
            facts(LINKED, DISCHARGED, replace(a_stay(LATER_STAY, admitted_at=LATER), is_cancelled=True)),
            False,
        ),
        ("linked stay cancelled", facts(LINKED, replace(DISCHARGED, is_cancelled=True)), False),
    ],
)
def test_back_in_hospital(name: str, known: Facts, is_back: bool) -> None:  # noqa: FBT001 — a parameter of the table
    assert known.is_back_in_hospital is is_back, name
