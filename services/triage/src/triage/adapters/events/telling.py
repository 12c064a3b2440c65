"""What happened to a case as the events that the others hear."""

from collections.abc import Mapping
from uuid import UUID

from homeward_kit.database import Tx
from homeward_kit.envelope import PublishedEvent
from triage.adapters.events import published
from triage.domain import events
from triage.domain.case import Case, Happened


async def publish(tx: Tx, happened: Happened) -> UUID:
    """Put one event of a case into the outbox."""
    case = happened.case
    return await tx.publish(
        told(happened),
        key=case.patient_key,
        subject=f"case/{case.case_id}",
        version=case.version,
        referral_id=case.referral_id,
    )


def told(happened: Happened) -> PublishedEvent:  # noqa: C901, PLR0911 — one branch for each event
    """The published form of what happened."""
    case, detail = happened.case, happened.detail
    about = {
        "case_id": case.case_id,
        "referral_id": case.referral_id,
        "patient_key": case.patient_key,
        "state": case.state.value,
        "is_paused": case.is_paused,
        "is_returned": case.is_returned,
    }
    match detail:
        case events.Opened(opened_at, respond_by):
            opened = {"kind": case.kind, "target_on": case.target_on, "opened_at": opened_at, "respond_by": respond_by}
            return published.CaseOpened.model_validate({**about, **opened})
        case events.AssessmentRecorded(assessment):
            return _assessment(about, assessment)
        case events.PathwayDecided(decision):
            return _decision(about, case, decision)
        case events.TargetSet(target_on, reason, respond_by):
            return published.CaseTargetSet(**about, target_on=target_on, reason=reason, respond_by=respond_by)
        case events.Paused(criteria):
            return published.CasePaused(**about, criteria_to_reside=list(criteria))
        case events.Resumed():
            return published.CaseResumed(**about)
        case events.Returned(missing, asked_by):
            return published.CaseReturned(**about, missing=list(missing), asked_by=asked_by.value)
        case events.Reopened(reason):
            return published.CaseReopened(**about, reason=reason)
        case events.Overdue(target_on):
            return published.CaseOverdue(**about, target_on=target_on)
        case events.Closed(reason, closed_at):
            return published.CaseClosed(**about, reason=reason, closed_at=closed_at)


def _assessment(about: Mapping[str, object], assessment: events.Assessment) -> published.AssessmentRecorded:
    return published.AssessmentRecorded.model_validate(
        {
            **about,
            "assessment_id": assessment.assessment_id,
            "role": assessment.role.value,
            "findings": list(assessment.findings),
            "assessed_at": assessment.assessed_at,
        }
    )


def _decision(about: Mapping[str, object], case: Case, decision: events.Decision) -> published.PathwayDecided:
    return published.PathwayDecided.model_validate(
        {
            **about,
            "kind": case.kind,
            "decision": decision.number,
            "pathway": decision.pathway,
            "suggested_pathway": decision.suggested_pathway,
            "differs_reason": decision.differs_reason,
            "rules_fired": list(decision.rules_fired),
            "participants": list(decision.participants),
            "lines": [{"line_id": line.line_id, **vars(line.spec)} for line in decision.lines],
            "outward_postcode": decision.outward_postcode,
            "age_band": decision.age_band,
            "target_on": case.target_on,
            "decided_at": decision.decided_at,
        }
    )
