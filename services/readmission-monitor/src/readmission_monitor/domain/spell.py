"""Stays that follow one another closely may be one continuous inpatient (CIP) spell."""

from readmission_monitor.domain.days import days_between
from readmission_monitor.domain.stay import Stay

LONGEST_GAP_DAYS = 2
DESTINATIONS = frozenset({"49", "50", "51", "52", "53", "84"})
SOURCES = frozenset({"49", "50", "51", "52", "53", "87"})
METHODS = frozenset({"2B", "81"})


def continues_spell(previous: Stay, following: Stay) -> bool:
    """Whether the following stay is the same spell as the previous one: a transfer, not a readmission.

    Rule as published by UKHSA's epidm (domain.md §3.1). Its last condition, patient class 3 or 4 (regular
    attenders), cannot be applied: no stay event carries the class.
    """
    if previous.discharged_at is None:
        return False
    if not 0 <= days_between(previous.discharged_at, following.admitted_at) <= LONGEST_GAP_DAYS:
        return False
    is_transfer = (
        previous.discharge_destination in DESTINATIONS
        or following.admission_source in SOURCES
        or following.admission_method in METHODS
    )
    came_from_home = (
        previous.discharge_destination,
        following.admission_source,
        following.admission_method,
    ) == ("19", "51", "21")
    return is_transfer and not came_from_home
