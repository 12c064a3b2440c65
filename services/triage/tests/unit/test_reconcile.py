"""A case follows the facts, whichever of them came first."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import triage_builders as a

from triage.domain import events
from triage.domain.case import CaseState
from triage.domain.commands import decide, return_to_ward
from triage.domain.facts import JourneyFacts, PersonFacts, ReferralNews, learn_referral
from triage.domain.reconcile import reconcile
from triage.domain.target import end_of_day, overdue_at

ANSWERED = a.news(5, "accepted", is_answer=True, coded=a.coded())
QUERIED = a.news(4, "queried", is_query_after_acceptance=True, missing=("needs",))


def test_an_accepted_referral_opens_one_case_with_the_wards_date() -> None:
    case, happened = reconcile(a.journey(), None, a.NOW)
    assert case is not None
    assert (case.state, case.target_on, case.version) == (CaseState.OPEN, a.TARGET, 1)
    assert [type(each.detail) for each in happened] == [events.Opened]
    assert a.after(a.journey(), case) == (case, [])


@pytest.mark.parametrize(
    "stop",
    [
        a.news(3, "withdrawn", stop_reason="withdrawn"),
        a.news(3, "declined", stop_reason="declined"),
        a.news(3, "closed", stop_reason="watch_completed"),
    ],
    ids=lambda stop: stop.state,
)
def test_a_stopped_referral_closes_its_case(stop: ReferralNews) -> None:
    facts = a.journey(stop)
    case, happened = a.after(facts, a.opened())
    assert (case.closed_reason, happened) == (stop.stop_reason, ["Closed"])
    assert a.after(facts, case) == (case, [])


def test_an_acceptance_heard_after_the_death_leaves_a_closed_case_that_says_why() -> None:
    case, happened = reconcile(a.journey(has_died=True), None, a.NOW)
    assert case is not None
    assert (case.state, case.closed_reason) == (CaseState.CLOSED, "died")
    assert [type(each.detail) for each in happened] == [events.Opened, events.Closed]


def test_a_referral_not_accepted_has_no_case() -> None:
    received = learn_referral(None, a.news(coded=a.coded()))
    assert reconcile(JourneyFacts(received), None, a.NOW) == (None, ())


def test_a_stop_is_never_taken_back_by_a_later_event() -> None:
    facts = a.journey(a.news(3, "withdrawn", stop_reason="withdrawn"), a.news(4, "accepted", coded=a.coded()))
    assert facts.stop_reason == "withdrawn"


def test_a_death_recorded_before_the_acceptance_stops_nothing() -> None:
    """It had been corrected by then, or nobody could have accepted: only the news comes late."""
    earlier = PersonFacts(a.PATIENT, a.NOW - timedelta(seconds=1))
    decided = a.decided()
    assert a.after(replace(a.journey(), person=earlier), decided) == (decided, [])


def test_a_death_ends_what_was_accepted_before_it_for_good() -> None:
    closed, happened = a.after(a.journey(has_died=True), a.opened())
    assert (closed.closed_reason, happened) == ("died", ["Closed"])
    stop = a.news(3, "closed", stop_reason="died")
    assert a.after(a.journey(stop, has_died=True), closed) == (closed, [])


def test_lost_readiness_pauses_and_readiness_resumes() -> None:
    lost = a.news(3, "accepted", criteria_to_reside=("iv_fluids",))
    paused, happened = a.after(a.journey(lost), a.opened())
    assert (paused.is_paused, happened) == (True, ["Paused"])
    ready = a.journey(lost, a.news(4, "accepted", criteria_to_reside=()))
    resumed, happened = a.after(ready, paused)
    assert (resumed.is_paused, happened) == (False, ["Resumed"])


def test_returned_stays_until_an_answer_newer_than_the_question() -> None:
    asked = return_to_ward(a.opened(), a.journey(), ("needs",)).case
    amended = a.news(3, "accepted", coded=a.coded())
    assert a.after(a.journey(amended), asked) == (asked, [])
    assert a.after(a.journey(amended, QUERIED), asked) == (asked, [])
    answered, happened = a.after(a.journey(amended, QUERIED, ANSWERED), asked)
    assert (answered.is_returned, happened) == (False, ["Resumed"])


def test_a_coordinators_own_query_marks_the_case_returned_and_says_who_asked() -> None:
    case, happened = reconcile(a.journey(QUERIED), a.opened(), a.NOW)
    assert case is not None
    assert case.is_returned
    assert happened[0].detail == events.Returned(("needs",), events.AskedBy.SPA_INTAKE)
    assert a.after(a.journey(QUERIED, ANSWERED), case)[1] == ["Resumed"]


def test_pause_and_return_are_cleared_each_by_its_own_fact() -> None:
    lost = a.news(3, "accepted", criteria_to_reside=("iv_fluids",))
    both, _ = a.after(a.journey(lost), return_to_ward(a.opened(), a.journey(), ("needs",)).case)
    assert both.is_paused
    assert both.is_returned
    still_unready = a.coded(criteria_to_reside=("iv_fluids",))
    answer = a.news(5, "accepted", is_answer=True, coded=still_unready)
    answered, _ = a.after(a.journey(lost, QUERIED, answer), both)
    assert answered.is_paused
    assert not answered.is_returned


def test_the_target_follows_the_ward_until_it_is_set_here() -> None:
    later = a.TARGET + timedelta(days=2)
    facts = a.journey(a.news(3, "accepted", coded=a.coded(expected_discharge_on=later)))
    moved, happened = a.after(facts, a.opened())
    assert (moved.target_on, happened) == (later, ["TargetSet"])
    ours = decide(a.opened(), a.journey(), a.order(target_on=a.TARGET), a.POLICY, a.NOW).case
    assert a.after(facts, ours) == (ours, [])


def test_overdue_is_told_once_for_each_target_date() -> None:
    late = end_of_day(a.TARGET)
    told, happened = a.after(a.journey(), a.opened(), late)
    assert (told.overdue_announced_for, happened) == (a.TARGET, ["Overdue"])
    assert a.after(a.journey(), told, late) == (told, [])
    assert a.after(a.journey(), a.opened(), late - timedelta(seconds=1))[1] == []


def test_nobody_is_late_who_is_paused_or_has_left_hospital() -> None:
    home = a.stay(discharged_at=a.NOW)
    assert overdue_at(a.opened(), a.journey(stay=home)) is None
    assert overdue_at(replace(a.opened(), is_paused=True), a.journey()) is None
    assert overdue_at(a.opened(), a.journey(stay=replace(home, is_cancelled=True))) is not None


def test_a_day_ends_at_midnight_in_london() -> None:
    assert end_of_day(date(2026, 7, 1)) == datetime(2026, 7, 1, 23, tzinfo=UTC)
    assert end_of_day(date(2026, 12, 1)) == datetime(2026, 12, 2, 0, tzinfo=UTC)
