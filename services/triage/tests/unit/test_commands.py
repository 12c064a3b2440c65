"""What staff may do to a case, and the refusals that tell them what to do instead."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
import triage_builders as a

from homeward_kit.values import Refusal
from triage.domain import codes, commands, events, refusals
from triage.domain.case import NAMED_FACTS, TRANSITIONS, CaseState, record


def test_work_goes_from_open_through_assessing_to_decided() -> None:
    assessed = commands.record_assessment(a.opened(), a.assessment())
    assert (assessed.case.state, a.names(assessed)) == (CaseState.ASSESSING, ["AssessmentRecorded"])
    outcome = commands.decide(assessed.case, a.journey(), a.order(), a.POLICY, a.NOW)
    assert (outcome.case.state, a.names(outcome)) == (CaseState.DECIDED, ["PathwayDecided"])
    assert outcome.case.decisions[0].number == 1


def test_an_assessment_sent_twice_counts_once() -> None:
    one = a.assessment()
    case = commands.record_assessment(a.opened(), one).case
    assert commands.record_assessment(case, one).happened == ()


def test_a_second_decision_needs_a_reopened_case_and_has_new_number_and_lines() -> None:
    first = a.decided()
    with pytest.raises(refusals.CaseIsDecided):
        commands.decide(first, a.journey(), a.order(), a.POLICY, a.NOW)
    reopened = commands.reopen(first, codes.ReopenReason.NEEDS_CHANGED)
    assert a.names(reopened) == ["Reopened"]
    assert commands.reopen(reopened.case, codes.ReopenReason.NEEDS_CHANGED).happened == ()
    second = commands.decide(reopened.case, a.journey(), a.order(), a.POLICY, a.NOW).case
    assert [decision.number for decision in second.decisions] == [1, 2]
    line_ids = [line.line_id for decision in second.decisions for line in decision.lines]
    assert len(set(line_ids)) == len(line_ids)


def test_only_a_decided_case_is_reopened() -> None:
    with pytest.raises(refusals.CaseIsNotDecided):
        commands.reopen(a.opened(), codes.ReopenReason.NEEDS_CHANGED)


@pytest.mark.parametrize(
    ("marks", "refusal"),
    [
        ({"is_paused": True}, refusals.CaseIsPaused),
        ({"awaiting_answer_since": 2}, refusals.CaseIsReturned),
        ({"state": CaseState.CLOSED}, refusals.CaseIsClosed),
        ({"state": CaseState.DECIDED}, refusals.CaseIsDecided),
    ],
)
def test_work_needs_a_live_undecided_case_with_both_marks_clear(marks: dict[str, Any], refusal: type[Refusal]) -> None:
    case = replace(a.opened(), **marks)
    with pytest.raises(refusal):
        commands.record_assessment(case, a.assessment())
    with pytest.raises(refusal):
        commands.decide(case, a.journey(), a.order(), a.POLICY, a.NOW)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"participants": (a.NURSE,)}, refusals.QuorumMissing),
        ({"pathway": 4}, refusals.NoPolicyForKind),
        ({"pathway": 0}, refusals.DifferenceUnexplained),
        ({"pathway": 0, "differs_reason": codes.DiffersReason.PERSON_CHOICE}, refusals.DifferenceUnexplained),
        ({"pathway": 0, "note_id": uuid4()}, refusals.DifferenceUnexplained),
        ({"lines": ()}, refusals.LinesMissing),
        ({"lines": (events.LineSpec(codes.Service.BED),)}, refusals.BedAtHome),
        ({"lines": (events.LineSpec(codes.Service.HOME_CARE, 3),)}, refusals.VisitsMissing),
        ({"target_on": a.NOW.date().replace(day=1)}, refusals.TargetInThePast),
    ],
)
def test_a_decision_is_refused_by_name(changes: dict[str, Any], refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        commands.decide(a.opened(), a.journey(), a.order(**changes), a.POLICY, a.NOW)


def test_the_missing_roles_are_named() -> None:
    with pytest.raises(refusals.QuorumMissing) as refused:
        commands.decide(a.opened(), a.journey(), a.order(participants=(a.NURSE,)), a.POLICY, a.NOW)
    assert refused.value.facts == {"missing": ["occupational_therapist|social_worker"]}


def test_a_bed_based_pathway_needs_a_bed() -> None:
    therapy = (events.LineSpec(codes.Service.THERAPY),)
    different = a.order(2, lines=therapy, differs_reason=codes.DiffersReason.CLINICAL_JUDGEMENT, note_id=uuid4())
    with pytest.raises(refusals.BedMissing):
        commands.decide(a.opened(), a.journey(), different, a.POLICY, a.NOW)
    decision = commands.decide(a.opened(), a.journey(), replace(different, lines=None), a.POLICY, a.NOW)
    assert [line.spec.service for line in decision.case.decisions[0].lines] == ["bed"]


def test_a_decision_keeps_the_suggestion_and_why_it_differs() -> None:
    differs = a.order(0, differs_reason=codes.DiffersReason.FAMILY_SUPPORT, note_id=uuid4(), lines=())
    decision = commands.decide(a.opened(), a.journey(), differs, a.POLICY, a.NOW).case.decisions[0]
    assert (decision.pathway, decision.suggested_pathway, decision.differs_reason) == (0, 1, "family_support")
    same = replace(a.order(), differs_reason=codes.DiffersReason.FAMILY_SUPPORT)
    decision = commands.decide(a.opened(), a.journey(), same, a.POLICY, a.NOW).case.decisions[0]
    assert decision.differs_reason is None


def test_a_case_is_returned_once_and_not_when_closed() -> None:
    asked = commands.return_to_ward(a.opened(), a.journey(), ("needs",))
    assert a.names(asked) == ["Returned"]
    assert commands.return_to_ward(asked.case, a.journey(), ("needs",)).happened == ()
    closed = commands.close(asked.case, codes.CloseReason.NOT_SUITABLE, a.NOW)
    assert a.names(closed) == ["Closed"]
    assert commands.close(closed.case, codes.CloseReason.NOT_SUITABLE, a.NOW).happened == ()
    with pytest.raises(refusals.CaseIsClosed):
        commands.return_to_ward(closed.case, a.journey(), ("needs",))


def test_a_target_is_set_once_for_a_date_and_not_in_the_past() -> None:
    moved = commands.set_target(a.opened(), a.TARGET, codes.TargetReason.MEDICAL, a.NOW)
    assert a.names(moved) == ["TargetSet"]
    assert commands.set_target(moved.case, a.TARGET, codes.TargetReason.MEDICAL, a.NOW).happened == ()
    with pytest.raises(refusals.TargetInThePast):
        commands.set_target(a.opened(), a.NOW.date().replace(day=22), codes.TargetReason.MEDICAL, a.NOW)


def test_every_event_is_a_transition_or_a_named_fact_and_never_both() -> None:
    moving = {kind for _, kind in TRANSITIONS}
    assert not moving & NAMED_FACTS
    assert moving | NAMED_FACTS == set(events.Detail.__args__)


def test_every_state_can_be_reached_and_all_but_the_last_left() -> None:
    for state in CaseState:
        onwards = {onward for (start, _), onward in TRANSITIONS.items() if start is state} - {state}
        assert bool(onwards) is (state is not CaseState.CLOSED)
        assert state is CaseState.OPEN or state in TRANSITIONS.values()


def test_a_forbidden_event_is_a_fault() -> None:
    with pytest.raises(ValueError, match="cannot happen"):
        record(a.opened(), events.Reopened("needs_changed"))
