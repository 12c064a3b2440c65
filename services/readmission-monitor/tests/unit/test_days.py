"""Days are dates in London."""

from datetime import UTC, datetime

from readmission_monitor.domain.days import days_between, start_of_day


def test_an_hour_across_midnight_in_london_is_a_day() -> None:
    # 23:30 and 00:30 British Summer Time
    earlier = datetime(2026, 6, 1, 22, 30, tzinfo=UTC)
    assert days_between(earlier, datetime(2026, 6, 1, 23, 30, tzinfo=UTC)) == 1
    assert days_between(earlier, datetime(2026, 6, 1, 22, 59, tzinfo=UTC)) == 0


def test_a_window_across_the_end_of_summer_time_ends_at_midnight() -> None:
    discharged_at = datetime(2026, 10, 10, 13, 0, tzinfo=UTC)
    assert start_of_day(discharged_at, 0) == datetime(2026, 10, 9, 23, 0, tzinfo=UTC)
    assert start_of_day(discharged_at, 30) == datetime(2026, 11, 9, 0, 0, tzinfo=UTC)
