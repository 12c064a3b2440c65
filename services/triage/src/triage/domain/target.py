"""When a case is overdue: a day ends at midnight in London."""

from datetime import UTC, date, datetime, time, timedelta

from homeward_kit.values import LONDON

from .case import Case
from .facts import JourneyFacts


def end_of_day(day: date) -> datetime:
    """The first moment after this London day, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), LONDON).astimezone(UTC)


def today(now: datetime) -> date:
    """The London date at this moment."""
    return now.astimezone(LONDON).date()


def overdue_at(case: Case, facts: JourneyFacts) -> datetime | None:
    """When the target date will have been missed; None where it cannot be or was announced already.

    A person who meets the criteria to reside is not awaited, and one who has left hospital is not late.
    """
    if case.target_on is None or case.target_on == case.overdue_announced_for:
        return None
    if case.is_closed or case.is_paused or facts.has_left_hospital:
        return None
    return end_of_day(case.target_on)
