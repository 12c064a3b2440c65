"""What staff do to a case: each takes the case and gives what happened, or refuses by name.

A repeat of what is so already changes nothing. Work on a case (assessing, deciding) needs both marks clear.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID, uuid5

from . import events, refusals
from .case import Case, CaseState, Outcome, may, record
from .codes import CloseReason, DiffersReason, ReopenReason, Role, TargetReason
from .facts import CodedFacts, JourneyFacts
from .lines import check_lines, suggest_lines
from .quorum import Quorum
from .suggestion import Picture, Suggestion, picture_of, suggest
from .target import today

QuorumPolicy = Mapping[int, Quorum]  # by pathway


@dataclass(frozen=True)
class DecisionOrder:
    """What the MDT wants recorded; lines None asks for the suggested ones."""

    pathway: int
    participants: tuple[Role, ...]
    lines: tuple[events.LineSpec, ...] | None = None
    differs_reason: DiffersReason | None = None
    note_id: UUID | None = None
    target_on: date | None = None
    by: str = "system"


def _refuse_closed(case: Case) -> None:
    if case.is_closed:
        raise refusals.CaseIsClosed


def _refuse_unless_workable(case: Case, event: type[events.Detail]) -> None:
    _refuse_closed(case)
    if not may(case, event):
        raise refusals.CaseIsDecided
    if case.is_paused:
        raise refusals.CaseIsPaused
    if case.is_returned:
        raise refusals.CaseIsReturned


def record_assessment(case: Case, assessment: events.Assessment) -> Outcome:
    """Add what one member of the MDT found."""
    if any(known.assessment_id == assessment.assessment_id for known in case.assessments):
        return Outcome(case)
    _refuse_unless_workable(case, events.AssessmentRecorded)
    assessed = replace(case, assessments=(*case.assessments, assessment))
    return record(assessed, events.AssessmentRecorded(assessment))


def decide(case: Case, facts: JourneyFacts, order: DecisionOrder, policy: QuorumPolicy, now: datetime) -> Outcome:
    """Record the pathway that the MDT decided together, with the lines of the package it asks for."""
    _refuse_unless_workable(case, events.PathwayDecided)
    coded = facts.referral.coded or CodedFacts()
    picture = picture_of(coded, case.assessments)
    suggestion = suggest(picture)
    _check_order(order, suggestion, policy, now)
    decision = _decision(case, coded, order, (picture, suggestion), now)
    decided = replace(
        case,
        decisions=(*case.decisions, decision),
        target_on=order.target_on or case.target_on,
        is_target_set_here=case.is_target_set_here or order.target_on is not None,
    )
    return record(decided, events.PathwayDecided(decision))


def _check_order(order: DecisionOrder, suggestion: Suggestion, policy: QuorumPolicy, now: datetime) -> None:
    quorum = policy.get(order.pathway)
    if quorum is None:
        raise refusals.NoPolicyForKind
    if missing := quorum.missing(order.participants):
        raise refusals.QuorumMissing(missing=["|".join(sorted(group)) for group in missing])
    is_explained = order.differs_reason is not None and order.note_id is not None
    if order.pathway != suggestion.pathway and not is_explained:
        raise refusals.DifferenceUnexplained(suggested_pathway=suggestion.pathway)
    _refuse_past(order.target_on, now)


def _decision(
    case: Case,
    coded: CodedFacts,
    order: DecisionOrder,
    advice: tuple[Picture, Suggestion],
    now: datetime,
) -> events.Decision:
    picture, suggestion = advice
    lines = suggest_lines(picture, order.pathway) if order.lines is None else order.lines
    check_lines(lines, order.pathway)
    number = len(case.decisions) + 1
    is_different = order.pathway != suggestion.pathway
    return events.Decision(
        number=number,
        pathway=order.pathway,
        suggested_pathway=suggestion.pathway,
        rules_fired=tuple(fired.rule for fired in suggestion.rules),
        participants=tuple(sorted(set(order.participants))),
        lines=tuple(
            events.PackageLine(uuid5(case.case_id, f"decision/{number}/line/{position}"), line)
            for position, line in enumerate(lines, start=1)
        ),
        differs_reason=order.differs_reason if is_different else None,
        note_id=order.note_id,
        outward_postcode=coded.outward_postcode,
        age_band=coded.age_band,
        by=order.by,
        decided_at=now,
    )


def _refuse_past(target_on: date | None, now: datetime) -> None:
    if target_on is not None and target_on < today(now):
        raise refusals.TargetInThePast


def set_target(case: Case, target_on: date, reason: TargetReason, now: datetime) -> Outcome:
    """Set the case's own target date; from then on it no longer follows the ward's."""
    _refuse_closed(case)
    if case.is_target_set_here and case.target_on == target_on:
        return Outcome(case)
    _refuse_past(target_on, now)
    moved = replace(case, target_on=target_on, is_target_set_here=True)
    return record(moved, events.TargetSet(target_on=target_on, reason=reason))


def return_to_ward(case: Case, facts: JourneyFacts, missing: tuple[str, ...]) -> Outcome:
    """Ask the ward for what is missing; work waits for its answer."""
    _refuse_closed(case)
    if case.is_returned:
        return Outcome(case)
    asked = replace(case, awaiting_answer_since=facts.referral.version)
    return record(asked, events.Returned(missing, events.AskedBy.MDT))


def reopen(case: Case, reason: ReopenReason) -> Outcome:
    """The MDT looks at its decision again; what was agreed runs on until a new decision."""
    _refuse_closed(case)
    if case.state is CaseState.ASSESSING and case.decisions:
        return Outcome(case)
    if not may(case, events.Reopened):
        raise refusals.CaseIsNotDecided
    return record(case, events.Reopened(reason))


def close(case: Case, reason: CloseReason, now: datetime) -> Outcome:
    """Staff find that the referral does not suit this service."""
    if case.is_closed:
        return Outcome(case)
    return record(replace(case, closed_reason=reason, is_paused=False), events.Closed(reason, now))
