"""Days as the NHS measure counts them: calendar dates in London, not spans of 24 hours."""

from datetime import UTC, datetime, time, timedelta

from homeward_kit.values import LONDON


def days_between(earlier: datetime, later: datetime) -> int:
    """Calendar days from one moment to another by their London dates; same date: 0.

    Hospital statistics hold admission and discharge as dates, and the measure is "0-29 days inclusive"
    (domain.md §3.1); day 29 is in and day 30 is out (§9 no. 11).
    """
    return (later.astimezone(LONDON).date() - earlier.astimezone(LONDON).date()).days


def start_of_day(moment: datetime, days_later: int) -> datetime:
    """The midnight in London that begins the date so many days after the moment's date, in UTC."""
    date = moment.astimezone(LONDON).date() + timedelta(days=days_later)
    return datetime.combine(date, time(), LONDON).astimezone(UTC)
