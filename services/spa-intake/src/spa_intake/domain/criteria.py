"""The criteria to reside as a dated series: which are met, since when, and when the clock ends them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from .codes import Criterion, ReadinessReason
from .inputs import ReferralFacts
from .referral_commands import ChangeReadiness

# DHSC hospital discharge guidance 2024, Annex A, criteria 9 to 11: they hold for so long after the operation
LAPSES_AFTER: Mapping[Criterion, timedelta] = MappingProxyType(
    {
        Criterion.LOWER_LIMB_SURGERY_48H: timedelta(hours=48),
        Criterion.TRUNK_SURGERY_72H: timedelta(hours=72),
        Criterion.INVASIVE_PROCEDURE_24H: timedelta(hours=24),
    }
)


@dataclass(frozen=True)
class Assessment:
    """What was found at one time. `since`: when the operation was, or a criterion began, as far as it is said."""

    assessed_at: datetime
    criteria: tuple[Criterion, ...]
    since: Mapping[Criterion, datetime] = field(default_factory=dict)
    recorded_at: datetime | None = None
    actor: str = ""


@dataclass(frozen=True)
class Met:
    """A criterion that is met; `lapses_at` where the clock ends it."""

    criterion: Criterion
    since: datetime
    lapses_at: datetime | None

    def has_lapsed(self, now: datetime) -> bool:
        return self.lapses_at is not None and self.lapses_at <= now


@dataclass(frozen=True)
class Entry:
    """An assessment in its place in the series, with what it found to be met."""

    assessment: Assessment
    met: tuple[Met, ...]


def first_assessment(facts: ReferralFacts, received_at: datetime) -> Assessment | None:
    """What a referral itself says; where it gives no time, it is as it was when it came. None: it says nothing."""
    if facts.criteria_assessed_at is None and not facts.criteria_to_reside:
        return None
    return Assessment(facts.criteria_assessed_at or received_at, facts.criteria_to_reside, facts.criteria_since)


def series(assessments: Iterable[Assessment]) -> list[Entry]:
    """In the order of the assessments, whatever the order in which they came; of two for one time the later counts.

    A criterion has been met since the first assessment of an unbroken row that found it, or since the time that an
    assessment of that row gives. Once the clock has ended it, the row is broken: found again, it begins again.
    """
    counting: dict[datetime, Assessment] = {}
    for one in assessments:
        known = counting.get(one.assessed_at)
        if known is None or _recorded(known) <= _recorded(one):
            counting[one.assessed_at] = one
    entries: list[Entry] = []
    for assessed_at in sorted(counting):
        before = entries[-1].met if entries else ()
        entries.append(Entry(counting[assessed_at], _met(counting[assessed_at], before)))
    return entries


def met_now(entries: Sequence[Entry], now: datetime) -> tuple[Met, ...]:
    """What the newest assessment found and the clock has not ended; none: ready for discharge."""
    newest = entries[-1].met if entries else ()
    return tuple(one for one in newest if not one.has_lapsed(now))


def readiness(entries: Sequence[Entry], now: datetime, reason: ReadinessReason) -> ChangeReadiness | None:
    """What a referral is to be told of its series; None: nobody has assessed the person."""
    if not entries:
        return None
    assessed_at = entries[-1].assessment.assessed_at
    met = met_now(entries, now)
    since = {one.criterion: one.since for one in met if one.since != assessed_at}
    return ChangeReadiness(tuple(one.criterion for one in met), assessed_at, since, reason)


def next_lapse(met: Iterable[Met]) -> datetime | None:
    """When the clock ends the next of these; None: it ends none of them."""
    return min((one.lapses_at for one in met if one.lapses_at is not None), default=None)


def is_kept(assessment: Assessment, known: Iterable[Assessment]) -> bool:
    """True where what counts for that time says the same already."""
    counting = {one.assessment.assessed_at: one.assessment for one in series(known)}.get(assessment.assessed_at)
    return (
        counting is not None
        and set(counting.criteria) == set(assessment.criteria)
        and dict(counting.since) == dict(assessment.since)
    )


def _met(assessment: Assessment, before: Sequence[Met]) -> tuple[Met, ...]:
    at = assessment.assessed_at
    unbroken = {one.criterion: one.since for one in before if not one.has_lapsed(at)}
    found = []
    for criterion in dict.fromkeys(assessment.criteria):
        said = assessment.since.get(criterion)
        since = min(said, at) if said is not None else unbroken.get(criterion, at)
        lapses_after = LAPSES_AFTER.get(criterion)
        found.append(Met(criterion, since, since + lapses_after if lapses_after else None))
    return tuple(found)


def _recorded(assessment: Assessment) -> float:
    return assessment.recorded_at.timestamp() if assessment.recorded_at else 0
