"""Which admission, if any, is the readmission of a discharge."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from readmission_monitor.domain.days import days_between
from readmission_monitor.domain.spell import continues_spell
from readmission_monitor.domain.stay import Stay, StayId


@dataclass(frozen=True)
class Readmission:
    stay_id: StayId
    admitted_at: datetime
    admission_method: str
    days_since_discharge: int


def find_readmission(index: Stay, stays: Iterable[Stay], *, window_days: int) -> Readmission | None:
    """The emergency admission that counts against this discharge, or None.

    Only the next admission is asked (domain.md §3.1: a pair is a discharge and the *next* spell), only when
    this discharge is the last one before it, when it is no transfer within the same spell, and when it falls
    on day 0 to window_days - 1 by London dates.
    """
    live = [stay for stay in stays if not stay.is_cancelled]
    following = [stay for stay in live if _last_discharge_before(stay, live) == index]
    if not following or index.discharged_at is None:
        return None
    first = min(following, key=_order)
    days = days_between(index.discharged_at, first.admitted_at)
    if days >= window_days or not first.is_emergency or continues_spell(index, first):
        return None
    return Readmission(first.stay_id, first.admitted_at, first.admission_method or "", days)


def _last_discharge_before(stay: Stay, live: Iterable[Stay]) -> Stay | None:
    """The stay left last before this admission; a stay begun later is never before, at equal times too."""
    candidates = [
        (other.discharged_at, _order(other), other)
        for other in live
        if other.discharged_at is not None and other.discharged_at <= stay.admitted_at and _order(other) < _order(stay)
    ]
    return max(candidates, key=lambda candidate: candidate[:2])[2] if candidates else None


def _order(stay: Stay) -> tuple[datetime, str]:
    return stay.admitted_at, str(stay.stay_id)
