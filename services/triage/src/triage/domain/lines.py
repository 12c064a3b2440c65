"""The lines of a package: what needs suggest, and what a decision may ask for."""

from collections.abc import Sequence

from . import refusals
from .codes import Judgement, Need, Service
from .events import LineSpec
from .suggestion import PERSONAL_CARE, Picture

_AT_HOME = (
    (Service.COMMUNITY_NURSING, {Need.WOUND_CARE, Need.CATHETER_CARE, Need.END_OF_LIFE_CARE}),
    (Service.THERAPY, {Need.THERAPY}),
    (Service.EQUIPMENT, {Need.EQUIPMENT}),
    (Service.VOLUNTARY_SECTOR, {Need.SHOPPING_SOCIAL}),
)
# How often a need brings a carer to the door; local starting values (general knowledge), the MDT edits them.
_VISITS = {
    Need.TOILETING: 4,
    Need.NIGHT_CARE: 4,
    Need.MEALS: 3,
    Need.MOVING_HANDLING: 3,
    Need.MEDICATION_SUPPORT: 2,
    Need.COGNITION_SUPPORT: 2,
    Need.WASHING_DRESSING: 1,
}
_TWO_CARERS = frozenset({"two_people", "hoist", "bed_bound"})
_VISITED = frozenset({Service.HOME_CARE, Service.REABLEMENT})


def suggest_lines(picture: Picture, pathway: int) -> tuple[LineSpec, ...]:
    """What this picture suggests on this pathway: a bed for 2 and 3, else services at home."""
    if pathway >= 2:
        return (LineSpec(Service.BED),)
    lines = [] if picture.is_care_home_resident else _personal_care(picture)
    lines += [LineSpec(service) for service, needs in _AT_HOME if picture.needs & needs]
    return tuple(lines)


def _personal_care(picture: Picture) -> list[LineSpec]:
    """Home care restarts what the person had; a person new to care is reabled where an assessor sees the chance."""
    wanted = picture.needs & PERSONAL_CARE
    if not wanted and not picture.has_package:
        return []
    is_reablement = Judgement.REABLEMENT_POTENTIAL in picture.judgements and not picture.has_package
    return [
        LineSpec(
            service=Service.REABLEMENT if is_reablement else Service.HOME_CARE,
            visits_per_day=max((_VISITS[Need(need)] for need in wanted), default=1),
            minutes_per_visit=45 if Need.MOVING_HANDLING in wanted else 30,
            carers_per_visit=2 if picture.mobility in _TWO_CARERS else 1,
            days_per_week=7,
        )
    ]


def check_lines(lines: Sequence[LineSpec], pathway: int) -> None:
    """Refuse lines that cannot be brokered or that contradict the pathway's definition."""
    has_bed = any(line.service is Service.BED for line in lines)
    if pathway >= 1 and not lines:
        raise refusals.LinesMissing
    if pathway >= 2 and not has_bed:
        raise refusals.BedMissing
    if pathway <= 1 and has_bed:
        raise refusals.BedAtHome
    if any(line.service in _VISITED and _lacks_visits(line) for line in lines):
        raise refusals.VisitsMissing


def _lacks_visits(line: LineSpec) -> bool:
    return None in {
        line.visits_per_day,
        line.minutes_per_visit,
        line.carers_per_visit,
        line.days_per_week,
    }
