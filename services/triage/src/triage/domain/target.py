"""By when somebody must have come or gone home, and when that is overdue: a day ends at midnight in London."""

from datetime import UTC, date, datetime, time, timedelta

from homeward_kit.values import LONDON
from homeward_kit.working_calendar import WorkingHours, add_working_time

from .case import Case, CaseState
from .facts import JourneyFacts

# NHS England, urgent community response: two hours from the referral, from 8 in the morning to 8 in the evening, every
# day. Bromley's rapid team: a home assessment within two hours or two days (Health and Wellbeing Board, February 2022).
_RESPONSE_HOURS = WorkingHours(opens=time(8), closes=time(20))
_RESPONSES = {
    "two_hours": (_RESPONSE_HOURS, timedelta(hours=2)),
    "two_days": (WorkingHours(), timedelta(days=2)),
}


def respond_by(facts: JourneyFacts) -> datetime | None:
    """When somebody must have responded, in UTC; None: the referral asks for no response within a time."""
    referral = facts.referral
    began_at = referral.received_at or referral.accepted_at
    asked = _RESPONSES.get((referral.coded and referral.coded.response_within) or "")
    return add_working_time(asked[0], began_at, asked[1]) if asked and began_at else None


def asked_for_on(facts: JourneyFacts) -> date | None:
    """The target date that the referral itself sets: of the response, else the ward's own day of leaving hospital.

    The ward's expected day counts; without one somebody who is ready leaves on the day they are (the national measure
    is the days between the two, none is the aim).
    """
    if moment := respond_by(facts):
        return today(moment)
    referral = facts.referral
    ready_on = referral.coded.discharge_ready_on if referral.coded else None
    return referral.expected_discharge_on or ready_on


def end_of_day(day: date) -> datetime:
    """The first moment after this London day, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), LONDON).astimezone(UTC)


def today(now: datetime) -> date:
    """The London date at this moment."""
    return now.astimezone(LONDON).date()


def overdue_at(case: Case, facts: JourneyFacts) -> datetime | None:
    """When the target date will have been missed; None where it cannot be or was announced already.

    A person who meets the criteria to reside is not awaited, and one who has left hospital is not late. A response is
    given by the first assessment or decision.
    """
    if case.target_on is None or case.target_on == case.overdue_announced_for:
        return None
    if case.is_closed or case.is_paused or facts.has_left_hospital:
        return None
    moment = None if case.is_target_set_here else respond_by(facts)
    if moment is None:
        return end_of_day(case.target_on)
    return moment if case.state is CaseState.OPEN else None
