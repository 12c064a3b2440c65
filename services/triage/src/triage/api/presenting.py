"""A case as callers see it: with the suggestion, the rules behind it and who must take part."""

from collections.abc import Iterable

from sqlalchemy import RowMapping

from triage.adapters.case_file import CaseFile
from triage.api import schemas
from triage.domain.case import CaseState
from triage.domain.codes import Role
from triage.domain.events import Assessment, Decision, LineSpec
from triage.domain.facts import CodedFacts, JourneyFacts
from triage.domain.lines import suggest_lines
from triage.domain.quorum import Quorum
from triage.domain.suggestion import picture_of, suggest
from triage.domain.target import respond_by


def case_view(file: CaseFile) -> schemas.CaseView:
    """Everything about one case."""
    case, facts = file.case, file.facts
    suggestion = _suggestion(facts.referral.coded or CodedFacts(), case.assessments)
    needed = {pathway: _groups(quorum) for pathway, quorum in file.policy.items()}
    return schemas.CaseView(
        case_id=case.case_id,
        referral_id=case.referral_id,
        patient_key=case.patient_key,
        kind=case.kind,
        state=case.state.value,
        version=case.version,
        is_paused=case.is_paused,
        is_returned=case.is_returned,
        target_on=case.target_on,
        respond_by=None if case.is_target_set_here else respond_by(facts),
        closed_reason=case.closed_reason,
        pathway=case.decisions[-1].pathway if case.decisions else None,
        flags=sorted(facts.flags) if case.state is CaseState.DECIDED else [],
        missing=list(facts.referral.missing) if case.is_returned else [],
        suggestion=suggestion,
        assessments=[_assessment(each) for each in case.assessments],
        decisions=[_decision(each) for each in case.decisions],
        quorum=schemas.QuorumView(
            needed=needed.get(suggestion.pathway, []),
            have=sorted({each.role for each in case.assessments}),
            by_pathway=needed,
        ),
        facts=_facts(facts),
    )


def case_summary(row: RowMapping) -> schemas.CaseSummary:
    """A case as a line of a list."""
    is_returned = row["awaiting_answer_since"] is not None and row["state"] != CaseState.CLOSED
    return schemas.CaseSummary.model_validate({**row, "is_returned": is_returned})


def _suggestion(coded: CodedFacts, assessments: Iterable[Assessment]) -> schemas.SuggestionView:
    picture = picture_of(coded, assessments)
    suggestion = suggest(picture)
    return schemas.SuggestionView(
        pathway=suggestion.pathway,
        rules=[
            schemas.RuleView(rule=fired.rule, pathway=fired.pathway, because=list(fired.because))
            for fired in suggestion.rules
        ],
        lines=[_line(line) for line in suggest_lines(picture, suggestion.pathway)],
    )


def _line(line: LineSpec) -> schemas.LineView:
    return schemas.LineView.model_validate(vars(line))


def _groups(quorum: Quorum) -> list[list[Role]]:
    return [sorted(group) for group in quorum.needed]


def _assessment(assessment: Assessment) -> schemas.AssessmentView:
    return schemas.AssessmentView.model_validate(vars(assessment) | {"findings": list(assessment.findings)})


def _decision(decision: Decision) -> schemas.DecisionView:
    lines = [{"line_id": line.line_id, **vars(line.spec)} for line in decision.lines]
    lists = {"rules_fired": list(decision.rules_fired), "participants": list(decision.participants), "lines": lines}
    return schemas.DecisionView.model_validate(vars(decision) | lists)


def _facts(facts: JourneyFacts) -> schemas.FactsView:
    referral, coded = facts.referral, facts.referral.coded or CodedFacts()
    return schemas.FactsView(
        referral_state=referral.state.value,
        is_ready=referral.is_ready,
        criteria_to_reside=list(referral.criteria_to_reside),
        needs=list(coded.needs),
        expected_discharge_on=referral.expected_discharge_on,
        outward_postcode=coded.outward_postcode,
        age_band=coded.age_band,
        living_situation=coded.living_situation,
        existing_care=coded.existing_care,
        mobility=coded.mobility,
        cognition=coded.cognition,
        clinical_frailty_scale=coded.clinical_frailty_scale,
        safeguarding_concern=coded.safeguarding_concern,
        stay_id=referral.stay_id,
        has_left_hospital=facts.has_left_hospital,
    )
