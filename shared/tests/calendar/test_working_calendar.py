from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward_kit.values import LONDON
from homeward_kit.working_calendar import EVERY_DAY, WorkingHours, add_working_time, bank_holidays

OFFICE = WorkingHours(time(8), time(18), frozenset(range(5)), bank_holidays())
NO_TIME = timedelta()


def london(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-11-24T09:00", 2, "2026-11-24T11:00"),
        ("2026-11-24T16:00", 2, "2026-11-24T18:00"),  # to the last minute
        ("2026-11-24T17:00", 2, "2026-11-25T09:00"),
        ("2026-11-24T03:00", 2, "2026-11-24T10:00"),  # handed over at night
        ("2026-11-27T17:30", 1, "2026-11-30T08:30"),  # over a weekend
        ("2026-12-24T17:00", 2, "2026-12-29T09:00"),  # Christmas Day, a Saturday, Sunday, and the substitute day
        ("2026-04-02T17:00", 2, "2026-04-07T09:00"),  # Good Friday to Easter Monday
        ("2026-11-28T12:00", 0, "2026-11-30T08:00"),  # none: when work is next done
        ("2026-11-24T12:00", 0, "2026-11-24T12:00"),
        ("2026-11-23T08:00", 50, "2026-11-27T18:00"),  # a week's work
    ],
)
def test_working_time_counts_only_while_somebody_is_there(start: str, hours: float, due: str) -> None:
    assert add_working_time(OFFICE, london(start), timedelta(hours=hours)) == london(due)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-03-28T22:00", 4, "2026-03-29T03:00"),  # the hour from one to two does not exist
        ("2026-10-24T22:00", 5, "2026-10-25T02:00"),  # it comes twice
    ],
)
def test_around_the_clock_an_hour_is_an_hour_when_the_clock_changes(start: str, hours: float, due: str) -> None:
    assert add_working_time(WorkingHours(), london(start), timedelta(hours=hours)) == london(due)


def test_bank_holidays_are_those_of_england() -> None:
    known = bank_holidays()
    assert {date(2026, 12, 25), date(2026, 12, 28), date(2027, 3, 26), date(2027, 12, 27)} <= known
    assert date(2026, 11, 30) not in known  # Saint Andrew's Day is Scotland's
    assert max(known).year >= datetime.now(UTC).year + 1, "the library's data run out: update it"


@pytest.mark.parametrize(
    "wrong", [{"days": frozenset()}, {"days": frozenset({7})}, {"opens": time(18), "closes": time(8)}]
)
def test_hours_that_never_come_are_refused(wrong: dict[str, frozenset[int] | time]) -> None:
    with pytest.raises(ValueError, match="work"):
        WorkingHours(**wrong)  # type: ignore[arg-type]  # wrong on purpose


def test_time_is_not_counted_backwards() -> None:
    with pytest.raises(ValueError, match="forward"):
        add_working_time(OFFICE, london("2026-11-24T09:00"), timedelta(hours=-1))


# Two years around both changes of the clock, and every kind of opening.
moments = st.timedeltas(NO_TIME, timedelta(days=700)).map(lambda since: datetime(2026, 1, 1, tzinfo=UTC) + since)
durations = st.timedeltas(NO_TIME, timedelta(days=6))
quarters = st.integers(0, 95).map(lambda number: time(number // 4, number % 4 * 15))


@st.composite
def openings(draw: st.DrawFn) -> WorkingHours:
    opens, closes = sorted(draw(st.lists(quarters, min_size=2, max_size=2, unique=True)))
    days = draw(st.frozensets(st.integers(0, 6), min_size=1))
    return WorkingHours(opens, draw(st.sampled_from([closes, time(0)])), days, bank_holidays())


def worked(hours: WorkingHours, start: datetime, end: datetime) -> timedelta:
    """The working time between two moments, counted day by day."""
    total, day = NO_TIME, start.astimezone(LONDON).date() - timedelta(days=1)
    while day <= end.astimezone(LONDON).date():
        if hours.is_working_day(day):
            begins, ends = hours.opening(day)
            total += max(NO_TIME, min(ends, end) - max(begins, start))
        day += timedelta(days=1)
    return total


@given(hours=openings(), start=moments, duration=durations)
def test_exactly_that_much_work_is_done_by_then_and_not_a_moment_earlier(
    hours: WorkingHours, start: datetime, duration: timedelta
) -> None:
    due = add_working_time(hours, start, duration)
    assert worked(hours, start, due) == duration
    if duration:
        assert worked(hours, start, due - timedelta(microseconds=1)) < duration
    begins, ends = hours.opening(due.astimezone(LONDON).date())
    day_before = hours.opening(due.astimezone(LONDON).date() - timedelta(days=1))
    assert begins <= due <= ends or day_before[1] == due  # when somebody is there; midnight belongs to the day before


@given(hours=openings(), start=moments, first=durations, second=durations)
def test_waiting_twice_is_waiting_for_both(
    hours: WorkingHours, start: datetime, first: timedelta, second: timedelta
) -> None:
    at_once = add_working_time(hours, start, first + second)
    in_turn = add_working_time(hours, add_working_time(hours, start, first), second)
    assert worked(hours, start, at_once) == worked(hours, start, in_turn) == first + second


@given(hours=openings(), start=moments, later=durations, duration=durations)
def test_who_starts_later_is_not_done_earlier(
    hours: WorkingHours, start: datetime, later: timedelta, duration: timedelta
) -> None:
    assert add_working_time(hours, start, duration) <= add_working_time(hours, start + later, duration)


@given(start=moments, duration=durations)
def test_around_the_clock_is_elapsed_time(start: datetime, duration: timedelta) -> None:
    assert add_working_time(WorkingHours(days=EVERY_DAY), start, duration) == start + duration
