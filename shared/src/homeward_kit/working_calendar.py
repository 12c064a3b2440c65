"""Working time in London: due times counted in the hours in which somebody is there to act."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from homeward_kit.values import LONDON

EVERY_DAY = frozenset(range(7))
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """From `opens` to `closes` in London time, on these days of the week (0: Monday), but not on the days closed.

    Closing at midnight is `time(0)`; opening and closing at midnight, on every day, is around the clock.
    """

    opens: time = time(0)
    closes: time = time(0)
    days: frozenset[int] = EVERY_DAY
    closed_on: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if not self.days or not self.days <= EVERY_DAY:
            raise ValueError("work needs at least one day of the week, from 0 (Monday) to 6")
        if self.closes != time(0) and self.closes <= self.opens:
            raise ValueError("work ends after it begins, or at midnight")

    def is_working_day(self, day: date) -> bool:
        return day.weekday() in self.days and day not in self.closed_on

    def opening(self, day: date) -> tuple[datetime, datetime]:
        """When work begins and ends on a working day, in UTC; a change of the clock makes the day shorter or longer."""
        last = day + _DAY if self.closes == time(0) else day
        begins, ends = datetime.combine(day, self.opens, LONDON), datetime.combine(last, self.closes, LONDON)
        return begins.astimezone(UTC), max(begins.astimezone(UTC), ends.astimezone(UTC))


def add_working_time(hours: WorkingHours, start: datetime, duration: timedelta) -> datetime:
    """When so much working time has passed since `start` (aware), in UTC; with none, when work is next done.

    ValueError for a negative duration.
    """
    if duration < timedelta():
        raise ValueError("working time is counted forward only")
    left, start = duration, start.astimezone(UTC)  # between two times of one zone Python takes no change of the clock
    for begins, ends in _openings(hours, start):
        available = ends - max(begins, start)
        if left < available or (left == available and left > timedelta()):
            return max(begins, start) + left
        left -= available
    raise ValueError("the calendar ends before that")


@lru_cache(maxsize=1)
def bank_holidays() -> frozenset[date]:
    """England's, from the data that the library carries: known ones to the end of the year after next."""
    from govuk_bank_holidays.bank_holidays import BankHolidays

    known = BankHolidays(use_cached_holidays=True).get_holidays(division=BankHolidays.ENGLAND_AND_WALES)
    return frozenset(holiday["date"] for holiday in known)


def _openings(hours: WorkingHours, start: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The working days' hours that have not ended at `start`, one after the other."""
    day = start.astimezone(LONDON).date()
    while day < date.max - _DAY:
        if hours.is_working_day(day):
            begins, ends = hours.opening(day)
            if ends > start:
                yield begins, ends
        day += _DAY
