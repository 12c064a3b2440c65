"""The tables of the four services: no transition without an event or a named fact, no state without way in and out."""

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import ModuleType
from typing import get_args

import pytest

from care_package.adapters.events import published as of_packages
from care_package.domain.line import OPEN, LineState, Step
from care_package.domain.line import TRANSITIONS as OF_LINES
from care_package.domain.offer import TRANSITIONS as OF_OFFERS
from care_package.domain.offer import OfferState
from care_package.domain.package import EVENT_OF_OFFER, EVENTS_OF_STEP, EventKind
from homeward_kit.envelope import PublishedEvent
from homeward_kit.values import Refusal
from readmission_monitor.adapters.events import published as of_watches
from readmission_monitor.domain.watch import TRANSITIONS as OF_WATCHES
from readmission_monitor.domain.watch import WatchEventKind, WatchState
from spa_intake.domain import referral_commands as asked
from spa_intake.domain.codes import CloseReason, DeclineReason, WithdrawReason
from spa_intake.domain.ids import NoteId, StayId
from spa_intake.domain.inputs import ReferralFacts
from spa_intake.domain.referral import LIVE, NAMED_FACTS, Action, Command, Referral, ReferralFact, ReferralState, decide
from spa_intake.domain.referral import TRANSITIONS as OF_REFERRALS
from triage.adapters.events import published as of_cases
from triage.domain import events
from triage.domain.case import NAMED_FACTS as FACTS_OF_CASES
from triage.domain.case import TRANSITIONS as OF_CASES
from triage.domain.case import CaseState

from .hospital import HOSPITALS
from .member import START, named
from .staff import Staff
from .world import World

OF_NO_PACKAGE = {"discharge.provider.capacity_declared.v1"}  # a provider's declaration is no transition


def types_of(module: ModuleType) -> set[str]:
    found = (one for _, one in inspect.getmembers(module, inspect.isclass) if issubclass(one, PublishedEvent))
    return {one.type for one in found if "type" in vars(one)}


def a_referral(state: ReferralState) -> Referral:
    world = World()
    Staff(world).refer(HOSPITALS[0])
    (received,) = world.intake.referrals.values()
    stay_id = StayId(named("a stay"))
    return replace(received, state=state, accepted_at=START, stay_id=stay_id)


FACTS = ReferralFacts(HOSPITALS[0], HOSPITALS[0], "W8")
COMMANDS: Mapping[Action, Command] = {
    Action.ACCEPT: asked.Accept(has_died=False),
    Action.DECLINE: asked.Decline(DeclineReason.OUT_OF_AREA),
    Action.QUERY: asked.Query(("needs",)),
    Action.ANSWER: asked.Answer(FACTS),
    Action.AMEND: asked.Amend(FACTS),
    Action.WITHDRAW: asked.Withdraw(WithdrawReason.PERSON_DECLINED),
    Action.CLOSE: asked.Close(CloseReason.MOVED_AWAY),
    Action.ASSIGN: asked.Assign(named("somebody")),
    Action.CHANGE_READINESS: asked.ChangeReadiness((), START),
    Action.NOTE: asked.Note(NoteId(named("a note"))),
    Action.LINK_STAY: asked.LinkStay(StayId(named("another stay"))),
    Action.UNLINK_STAY: asked.UnlinkStay(),
}


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("state", list(ReferralState))
def test_a_referral_takes_each_step_of_its_table_with_its_fact_and_refuses_every_other(
    state: ReferralState, action: Action
) -> None:
    before, command, step = a_referral(state), COMMANDS[action], OF_REFERRALS[action]
    if state in step.allowed_from and not command.is_repeat(before):
        change = decide(before, command, START)
        assert change.happened is not None
        assert change.happened.fact is step.fact
        assert change.referral.version == before.version + 1
    elif command.is_repeat(before):
        assert decide(before, command, START).happened is None
    else:
        with pytest.raises(Refusal):
            decide(before, command, START)


def test_every_fact_of_a_referral_is_in_its_table_or_named() -> None:
    assert {step.fact for step in OF_REFERRALS.values()} | NAMED_FACTS == set(ReferralFact)
    assert not {step.fact for step in OF_REFERRALS.values()} & NAMED_FACTS


def test_every_event_of_a_case_moves_it_or_is_a_named_fact() -> None:
    moving = {event for _, event in OF_CASES}
    assert moving | FACTS_OF_CASES == set(get_args(events.Detail))
    assert not moving & FACTS_OF_CASES
    assert len(types_of(of_cases)) == len(get_args(events.Detail))


def test_every_step_of_a_line_and_of_an_offer_is_told_and_every_event_is_of_a_step() -> None:
    steps = {step for _, step in OF_LINES}
    assert steps == set(Step) == set(EVENTS_OF_STEP)
    assert set(EVENT_OF_OFFER) == set(OfferState)
    of_steps = {kind for kinds in EVENTS_OF_STEP.values() for kind in kinds}
    of_packages_alone = {EventKind.PACKAGE_OPENED, EventKind.PACKAGE_HELD}  # facts: a birth, a reason to wait
    assert of_steps | of_packages_alone | set(EVENT_OF_OFFER.values()) == set(EventKind)
    assert {f"discharge.{kind}.v1" for kind in EventKind} == types_of(of_packages) - OF_NO_PACKAGE


def test_every_change_of_a_watch_is_told_and_every_event_is_of_a_change() -> None:
    assert all(OF_WATCHES.values())
    assert {kind for kinds in OF_WATCHES.values() for kind in kinds} == set(WatchEventKind)
    assert len(types_of(of_watches)) == len(WatchEventKind)


def reached(start: object, ways: Iterable[tuple[object, object]]) -> set[object]:
    known, ways = {start}, list(ways)
    while more := {to for frm, to in ways if frm in known} - known:
        known |= more
    return known


REFERRAL_WAYS = {
    (frm, step.to if isinstance(step.to, ReferralState) else frm)
    for step in OF_REFERRALS.values()
    for frm in step.allowed_from
} | {(ReferralState.QUERIED, ReferralState.RECEIVED), (ReferralState.QUERIED, ReferralState.ACCEPTED)}
CASE_WAYS = {(frm, to) for (frm, _), to in OF_CASES.items()}
LINE_WAYS = {(frm, to) for (frm, _), to in OF_LINES.items()}
OFFER_WAYS = {(frm, to) for frm, others in OF_OFFERS.items() for to in others}


@pytest.mark.parametrize(
    ("states", "start", "ways", "terminal"),
    [
        (ReferralState, ReferralState.RECEIVED, REFERRAL_WAYS, set(ReferralState) - LIVE),
        (CaseState, CaseState.OPEN, CASE_WAYS, {CaseState.CLOSED}),
        (LineState, LineState.BROKERING, LINE_WAYS, set(LineState) - OPEN),
        (OfferState, OfferState.SENT, OFFER_WAYS, set(OfferState) - {OfferState.SENT}),
        (WatchState, WatchState.VOID, set(OF_WATCHES), set()),  # late messages reach every watch
    ],
    ids=["referral", "case", "line", "offer", "watch"],
)
def test_every_state_is_reached_and_left(
    states: Iterable[object], start: object, ways: set[tuple[object, object]], terminal: set[object]
) -> None:
    assert reached(start, ways) == set(states)
    assert {state for state in states if not any(frm is state and to is not state for frm, to in ways)} == terminal
