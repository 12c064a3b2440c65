"""HL7 v2 dates and times: local to London unless they carry an offset, as precise as they are given."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

from homeward_kit.values import LONDON

_TIME = re.compile(
    r"(?P<day>\d{4}\d{2}\d{2})(?P<clock>\d{2}(?:\d{2}(?:\d{2})?)?)?(?:\.(?P<fraction>\d{1,9}))?(?P<offset>[+-]\d{4})?",
    re.ASCII,
)
_YEARS = range(1900, 2101)  # feeds write 00010101 and 99991231 for "not known" and "never"
_FURTHEST_OFFSET = timedelta(hours=14)


def hl7_time(text: str | None) -> datetime | None:
    """A time stamp as aware UTC; None when it is absent, vaguer than a day, or does not exist or cannot be meant.

    Without an offset it is local time in London (domain.md 2.7). An hour that summer time repeats is taken as its
    first; one that it skips as if the clock had not yet been moved. 24:00 is midnight at the end of the day.
    """
    match = _TIME.fullmatch(text) if text else None
    if match is None:
        return None
    try:
        on = date.fromisoformat(match["day"])
        clock = (match["clock"] or "").ljust(6, "0")
        hour, minute, second = int(clock[:2]), int(clock[2:4]), int(clock[4:])
        if clock == "240000":
            on, hour = on + timedelta(days=1), 0
        microsecond = int((match["fraction"] or "").ljust(6, "0")[:6])
        moment = datetime.combine(on, time(hour, minute, min(second, 59), microsecond), _zone(match["offset"]))
        return moment.astimezone(UTC) if on.year in _YEARS else None
    except (ValueError, OverflowError):
        return None


def hl7_day(text: str | None) -> date | None:
    """The day of a date or time as written, which is what a birth date means: no zone shifts it.

    Month 13 and other days that do not exist (feeds send them) are no day rather than a fault.
    """
    match = _TIME.fullmatch(text) if text else None
    try:
        return date.fromisoformat(match["day"]) if match else None
    except ValueError:
        return None


def _zone(offset: str | None) -> tzinfo:
    if offset is None:
        return LONDON
    size = timedelta(hours=int(offset[1:3]), minutes=int(offset[3:]))
    if size > _FURTHEST_OFFSET:
        raise ValueError("no place on Earth is that far from UTC")
    return timezone(-size if offset[0] == "-" else size)
