"""What helps to decide about a referral: what the acceptance rules find, and its criteria to reside by time."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from homeward_kit.values import LONDON
from spa_intake.adapters.db.referral_views import ReferralView
from spa_intake.domain.acceptance_rules import Finding, Rule, evaluate
from spa_intake.domain.criteria import Entry, Met, met_now, next_lapse
from spa_intake.domain.referral import ReferralState

from .resources import Resource

UNDECIDED = frozenset({ReferralState.RECEIVED, ReferralState.QUERIED})


class MetOut(Resource):
    criterion: str
    since: datetime
    lapses_at: datetime | None  # when the clock ends it


class AssessmentOut(Resource):
    assessed_at: datetime
    recorded_at: datetime | None
    by: str
    met: list[MetOut]


class CriteriaOut(Resource):
    """`met` is what holds now; `items` the assessments, the newest first."""

    referral_id: UUID
    is_ready: bool
    met: list[MetOut]
    next_lapse_at: datetime | None
    items: list[AssessmentOut]


def findings_about(view: ReferralView, rules: Sequence[Rule]) -> Sequence[Finding]:
    """Nothing once it is decided."""
    if view.state not in UNDECIDED:
        return ()
    return evaluate(rules, view.candidate, view.read_at.astimezone(LONDON).date())


def criteria_out(referral_id: UUID, entries: Sequence[Entry], now: datetime) -> CriteriaOut:
    met = met_now(entries, now)
    return CriteriaOut(
        referral_id=referral_id,
        is_ready=not met,
        met=[_met_out(one) for one in met],
        next_lapse_at=next_lapse(met),
        items=[_assessment_out(entry) for entry in reversed(entries)],
    )


def _assessment_out(entry: Entry) -> AssessmentOut:
    assessment = entry.assessment
    return AssessmentOut(
        assessed_at=assessment.assessed_at,
        recorded_at=assessment.recorded_at,
        by=assessment.actor,
        met=[_met_out(one) for one in entry.met],
    )


def _met_out(met: Met) -> MetOut:
    return MetOut(criterion=met.criterion, since=met.since, lapses_at=met.lapses_at)
