"""What a case should be, computed from the facts alone and never from the order in which they came."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid5

from . import codes, events
from .case import Case, Happened, Outcome, record, then
from .facts import JourneyFacts
from .target import asked_for_on, overdue_at, respond_by

_CASES = UUID("5b3b2f9e-6d0e-4f0e-9a55-3f6d2f9f7c11")


def case_id_of(referral_id: UUID) -> UUID:
    """The one case that a referral can have: the same under every order and after a rebuild."""
    return uuid5(_CASES, str(referral_id))


def reconcile(facts: JourneyFacts, case: Case | None, now: datetime) -> tuple[Case | None, tuple[Happened, ...]]:
    """Bring a case in line with the facts: open, close, pause, return, follow the ward's date, tell that it is late.

    A second call with the same facts and time changes nothing.
    """
    if case is None:
        if not facts.referral.was_accepted or facts.referral.coded is None:
            return None, ()
        outcome = _open(facts, now)
    else:
        outcome = Outcome(case)
    for step in (_stop, _pause, _ward_question, _follow_referral, _overdue):
        outcome = then(outcome, step(outcome.case, facts, now))
    return outcome.case, outcome.happened


def _open(facts: JourneyFacts, now: datetime) -> Outcome:
    """Every accepted referral has its case; where a stop was heard first, the next step closes it at once."""
    referral = facts.referral
    born = Case(
        case_id=case_id_of(referral.referral_id),
        referral_id=referral.referral_id,
        patient_key=referral.patient_key,
        kind=referral.kind,
        target_on=asked_for_on(facts),
    )
    return record(born, events.Opened(opened_at=now, respond_by=respond_by(facts)))


def _stop(case: Case, facts: JourneyFacts, now: datetime) -> Outcome:
    if case.is_closed or facts.stop_reason is None:
        return Outcome(case)
    closing = replace(case, closed_reason=facts.stop_reason, is_paused=False)
    return record(closing, events.Closed(reason=facts.stop_reason, closed_at=now))


def _pause(case: Case, facts: JourneyFacts, _now: datetime) -> Outcome:
    referral = facts.referral
    if case.is_closed or case.is_paused != referral.is_ready:
        return Outcome(case)
    if referral.is_ready:
        return record(replace(case, is_paused=False), events.Resumed())
    return record(replace(case, is_paused=True), events.Paused(referral.criteria_to_reside))


def _ward_question(case: Case, facts: JourneyFacts, _now: datetime) -> Outcome:
    """Returned until an answer that is newer than the question."""
    referral, since = facts.referral, case.awaiting_answer_since
    if case.is_closed:
        return Outcome(case)
    if since is None and referral.is_queried_after_acceptance:
        asked = replace(case, awaiting_answer_since=referral.version)
        return record(asked, events.Returned(referral.missing, events.AskedBy.SPA_INTAKE))
    if since is not None and referral.answered_version > since and not referral.is_queried_after_acceptance:
        return record(replace(case, awaiting_answer_since=None), events.Resumed())
    return Outcome(case)


def _follow_referral(case: Case, facts: JourneyFacts, _now: datetime) -> Outcome:
    date = asked_for_on(facts)
    if case.is_closed or case.is_target_set_here or date is None or date == case.target_on:
        return Outcome(case)
    moved = replace(case, target_on=date)
    return record(moved, events.TargetSet(target_on=date, reason=codes.WARD_CHANGED_DATE, respond_by=respond_by(facts)))


def _overdue(case: Case, facts: JourneyFacts, now: datetime) -> Outcome:
    due = overdue_at(case, facts)
    if case.target_on is None or due is None or now < due:
        return Outcome(case)
    told = replace(case, overdue_announced_for=case.target_on)
    return record(told, events.Overdue(target_on=case.target_on))
