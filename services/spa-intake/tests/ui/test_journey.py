"""The row of a journey, computed from facts in whatever order they came."""

from datetime import UTC, date, datetime
from itertools import permutations
from uuid import UUID

from journey_builders import PERSON, REFERRAL, STAY, fact, referral, stay

from spa_intake.read_model.journey import Known, journeys
from spa_intake.read_model.projected import FactKind
from spa_intake.read_model.states import Stage, WaitingFor

LATER_STAY = UUID("00000000-0000-4000-8000-000000000004")
CASE = fact(
    FactKind.CASE, state="decided", is_paused=False, is_returned=False, pathway=1, lines=[{}], target_on="2026-11-25"
)
PACKAGE = fact(FactKind.PACKAGE, state="started", holds=[], decision=1)
LEFT_AT = "2026-11-25T14:00:00+00:00"
WATCH = fact(FactKind.WATCH, state="open", discharged_at=LEFT_AT, window_ends_at="2026-12-25T00:00:00+00:00")


def test_a_referral_that_was_not_received_yet_has_no_row() -> None:
    early = Known(FactKind.REFERRAL, REFERRAL, REFERRAL, {"state": "accepted"})
    assert journeys(PERSON, [early]) == []


def test_a_new_referral_waits_for_a_coordinator_and_counts_to_the_wards_date() -> None:
    [found] = journeys(PERSON, [referral(state="received")])
    assert (found.stage, found.waiting_for) == (Stage.TO_CHECK, WaitingFor.COORDINATOR_CHECK)
    assert found.due_on == date(2026, 11, 26)
    assert found.flags == ()


def test_a_response_within_hours_is_awaited_until_it_is_given_or_staff_set_another_date() -> None:
    marks = {"is_paused": False, "is_returned": False}
    asked = {"target_on": "2026-11-24", "respond_by": "2026-11-24T10:30:00+00:00"}

    def due(**case: object) -> tuple[date | None, datetime | None]:
        [found] = journeys(PERSON, [referral(), fact(FactKind.CASE, **marks | asked | case)])
        return found.due_on, found.due_at

    day = date(2026, 11, 24)
    assert due(state="open") == (day, datetime(2026, 11, 24, 10, 30, tzinfo=UTC))
    assert due(state="assessing") == (day, None)
    assert due(state="open", target_on="2026-11-25", respond_by=None) == (date(2026, 11, 25), None)


def test_the_order_of_facts_does_not_matter() -> None:
    facts = [referral(stay_id=str(STAY)), CASE, PACKAGE, stay(discharged_at=LEFT_AT), WATCH]
    rows = [journeys(PERSON, order) for order in permutations(facts)]
    assert all(row == rows[0] for row in rows)


def test_at_home_the_list_counts_to_the_last_of_the_thirty_days() -> None:
    [found] = journeys(PERSON, [referral(stay_id=str(STAY)), CASE, PACKAGE, stay(discharged_at=LEFT_AT), WATCH])
    assert (found.stage, found.waiting_for) == (Stage.AT_HOME, WaitingFor.THIRTY_DAYS)
    assert found.due_on == date(2026, 12, 24)
    assert found.ward == "5A"


def test_a_later_open_stay_means_back_in_hospital() -> None:
    again = stay(LATER_STAY, admitted_at="2026-11-28T10:00:00+00:00")
    [found] = journeys(PERSON, [referral(stay_id=str(STAY)), CASE, PACKAGE, stay(discharged_at=LEFT_AT), WATCH, again])
    assert found.stage == Stage.BACK_IN_HOSPITAL
    assert "back_in_hospital" in found.flags


def test_a_cancelled_later_stay_does_not() -> None:
    again = stay(LATER_STAY, admitted_at="2026-11-28T10:00:00+00:00", is_cancelled=True)
    [found] = journeys(PERSON, [referral(stay_id=str(STAY)), CASE, PACKAGE, stay(discharged_at=LEFT_AT), WATCH, again])
    assert found.stage == Stage.AT_HOME


def test_death_and_lost_readiness_are_flags() -> None:
    died = Known(FactKind.PERSON, PERSON, None, {"died_at": "2026-11-25T04:00:00+00:00"})
    [found] = journeys(PERSON, [referral(is_ready=False), died])
    assert found.flags == ("died", "not_ready")


def test_the_earliest_deadline_of_open_offers_is_shown() -> None:
    package = fact(FactKind.PACKAGE, state="brokering", holds=[], decision=1)
    late = Known(FactKind.OFFER, UUID(int=8), REFERRAL, {"state": "sent", "respond_by": "2026-11-24T16:00:00+00:00"})
    soon = Known(FactKind.OFFER, UUID(int=9), REFERRAL, {"state": "sent", "respond_by": "2026-11-24T14:00:00+00:00"})
    gone = Known(FactKind.OFFER, UUID(int=7), REFERRAL, {"state": "expired", "respond_by": "2026-11-24T10:00:00+00:00"})
    [found] = journeys(PERSON, [referral(), CASE, package, late, soon, gone])
    assert found.answer_by == datetime(2026, 11, 24, 14, tzinfo=UTC)


def test_a_void_watch_gives_way_to_the_one_that_stands() -> None:
    void = Known(FactKind.WATCH, UUID(int=5), REFERRAL, {**WATCH.data, "state": "void"})
    [found] = journeys(PERSON, [referral(stay_id=str(STAY)), CASE, PACKAGE, stay(discharged_at=LEFT_AT), void, WATCH])
    assert found.waiting_for == WaitingFor.THIRTY_DAYS


def test_a_readmission_is_due_for_review_on_its_day() -> None:
    readmitted = Known(
        FactKind.WATCH,
        UUID(int=5),
        REFERRAL,
        {**WATCH.data, "state": "readmitted", "admitted_at": "2026-11-28T23:30:00Z"},
    )
    [found] = journeys(PERSON, [referral(stay_id=str(STAY)), CASE, PACKAGE, stay(discharged_at=LEFT_AT), readmitted])
    assert found.waiting_for == WaitingFor.READMISSION_REVIEW
    assert found.due_on == date(2026, 11, 28)
