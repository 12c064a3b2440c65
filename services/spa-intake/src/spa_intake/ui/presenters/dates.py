"""Dates and times as staff say them, in London time."""

from datetime import date, datetime, timedelta

from homeward_kit.values import LONDON, age_in_years


def london_day(moment: datetime) -> date:
    """The calendar day a moment falls on in London."""
    return moment.astimezone(LONDON).date()


def day(when: date, today: date) -> str:
    """A day such as "Mon 24 Nov", with the year when it is another one."""
    text = f"{when:%a} {when.day} {when:%b}"
    return text if when.year == today.year else f"{text} {when.year}"


def clock(moment: datetime) -> str:
    """A time of day such as "09:42"."""
    return f"{moment.astimezone(LONDON):%H:%M}"


def moment(when: datetime, now: datetime) -> str:
    """A moment such as "09:42 today", "09:42 yesterday" or "09:42 Fri 21 Nov"."""
    today, on = london_day(now), london_day(when)
    if on == today:
        return f"{clock(when)} today"
    if on == today - timedelta(days=1):
        return f"{clock(when)} yesterday"
    return f"{clock(when)} {day(on, today)}"


def short(when: datetime, now: datetime) -> str:
    """For lists: a time such as "09:42" is today's, "Fri 21 Nov 09:42" another day's."""
    today, on = london_day(now), london_day(when)
    return clock(when) if on == today else f"{day(on, today)} {clock(when)}"


def countdown(due_on: date, today: date) -> str:
    """Days to a date in words."""
    days = (due_on - today).days
    if days in {-1, 0, 1}:
        return {-1: "yesterday", 0: "today", 1: "tomorrow"}[days]
    return f"in {days} days" if days > 0 else f"{-days} days ago"


def born(born_on: date) -> str:
    """A date of birth as ISB 1505 writes it: "03-Feb-1941"."""
    return f"{born_on:%d-%b-%Y}"


def age(born_on: date, on: date) -> str:
    """An age as ISB 1505 writes it, such as "85y"; months for children under two."""
    years = age_in_years(born_on, on)
    if years >= 2:
        return f"{years}y"
    months = (on.year - born_on.year) * 12 + on.month - born_on.month - (on.day < born_on.day)
    return f"{months}m"
