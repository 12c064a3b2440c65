"""Every declared transition is taken by a journey that people can make, and what is not declared is refused."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cache
from itertools import product

import pytest

from care_package.domain.errors import OfferNotOpen, StepNotAllowed
from care_package.domain.line import TRANSITIONS as OF_LINES
from care_package.domain.line import Line, LineState, Step
from care_package.domain.offer import TRANSITIONS as OF_OFFERS
from care_package.domain.offer import OfferState
from readmission_monitor.domain.watch import TRANSITIONS as OF_WATCHES
from readmission_monitor.domain.watch import WatchState
from spa_intake.domain.ids import NoteId
from spa_intake.domain.referral import LIVE, ReferralFact, ReferralState
from spa_intake.domain.referral import TRANSITIONS as OF_REFERRALS
from spa_intake.domain.referral_commands import Assign, Note
from triage.domain.case import NAMED_FACTS, Case, CaseState, may, record
from triage.domain.case import TRANSITIONS as OF_CASES
from triage.domain.events import Detail

from .member import START, named
from .replay import check_other_orders
from .rules import check
from .scene import Scene

DAY = timedelta(days=1)
MOVING = sorted({event for _, event in OF_CASES}, key=str)
OFFER_WAYS = {(state, to) for state, reached in OF_OFFERS.items() for to in reached}

# Referrals


def queried(scene: Scene) -> None:
    scene.refer()
    scene.on_referral(scene.staff.query)


def queried_after_acceptance(scene: Scene) -> None:
    scene.refer()
    scene.on_referral(scene.staff.accept, scene.staff.query)


def declined(scene: Scene) -> None:
    scene.refer()
    scene.on_referral(scene.staff.decline)


def accepted(scene: Scene) -> None:
    scene.refer()
    scene.on_referral(scene.staff.accept)


def withdrawn(scene: Scene) -> None:
    accepted(scene)
    scene.on_referral(scene.staff.withdraw)


def closed(scene: Scene) -> None:
    accepted(scene)
    scene.on_referral(scene.staff.close)


REACHING: Mapping[ReferralState, Callable[[Scene], None]] = {
    ReferralState.RECEIVED: Scene.refer,
    ReferralState.QUERIED: queried,
    ReferralState.ACCEPTED: accepted,
    ReferralState.DECLINED: declined,
    ReferralState.WITHDRAWN: withdrawn,
    ReferralState.CLOSED: closed,
}


def written_about(state: ReferralState) -> Callable[[Scene], None]:
    """What leaves the state alone: notes and the person's stays always, the rest while it lives."""

    def journey(scene: Scene) -> None:
        REACHING[state](scene)
        scene.order(Note(NoteId(named("a note"))))
        scene.do(scene.hospitals.admit, scene.hospitals.cancel_admission)
        if state in LIVE:
            scene.order(Assign(named("somebody")))
            scene.on_referral(
                lambda referral: scene.staff.amend(referral, 3),
                scene.staff.assess_readiness,
            )

    return journey


def ended(state: ReferralState, how: str) -> Callable[[Scene], None]:
    def journey(scene: Scene) -> None:
        REACHING[state](scene)
        scene.on_referral(getattr(scene.staff, how))

    return journey


def asked_twice_and_answered(scene: Scene) -> None:
    queried(scene)
    scene.on_referral(lambda referral: scene.staff.query(referral, "mobility"), scene.staff.answer)


def closed_by_death(scene: Scene) -> None:
    scene.refer()
    scene.die(ago=DAY)


def closed_while_asked(scene: Scene) -> None:
    queried_after_acceptance(scene)
    scene.on_referral(scene.staff.close)


# Cases


def assessed_twice_decided_and_looked_at_again(scene: Scene) -> None:
    scene.open_case()
    scene.on_case(scene.staff.assess, lambda case: scene.staff.assess(case, "wound_care"))
    scene.decide("none")
    scene.on_case(scene.staff.reopen, scene.staff.close_case)


def closed_before_anybody_assessed(scene: Scene) -> None:
    scene.open_case()
    scene.on_case(scene.staff.close_case)


def closed_after_the_decision(scene: Scene) -> None:
    scene.open_case()
    scene.decide("none")
    scene.on_case(scene.staff.close_case)


# Lines and offers


def started_and_over(scene: Scene) -> None:
    scene.order_package()
    scene.on_line(scene.staff.take_offer, scene.staff.start, scene.staff.end)


def handed_back(scene: Scene) -> None:
    scene.order_package()
    scene.on_line(scene.staff.take_offer, scene.staff.start, scene.staff.hand_back)


def fallen_through_and_not_needed(scene: Scene) -> None:
    scene.order_package()
    scene.on_line(scene.staff.take_offer, scene.staff.fall_through, scene.staff.cancel)


def not_needed_once_agreed(scene: Scene) -> None:
    scene.order_package()
    scene.on_line(scene.staff.take_offer, scene.staff.cancel)


def nobody_takes_it(scene: Scene) -> None:
    scene.order_package()
    scene.on_line(scene.staff.refuse_offer, scene.staff.refuse_offer)


def asked_anew_and_given_up(scene: Scene) -> None:
    nobody_takes_it(scene)
    scene.on_line(scene.staff.resume)
    scene.wait(DAY)  # nobody answers
    scene.on_line(scene.staff.cancel)


def decided_differently_while_brokered(scene: Scene) -> None:
    scene.order_package()
    scene.decide_again("more")


def decided_differently_when_nobody_took_it(scene: Scene) -> None:
    nobody_takes_it(scene)
    scene.decide_again("more")


# Watches: the referred stay is the first, a readmission the second


def back_and_taken_back(scene: Scene) -> None:
    scene.go_home()
    scene.wait(DAY)
    scene.do(scene.hospitals.admit, lambda: scene.hospitals.cancel_admission(1))


def back_sooner_than_was_known(scene: Scene) -> None:
    scene.go_home()
    scene.wait(9 * DAY)
    scene.do(scene.hospitals.admit)
    scene.admit_late(ago=5 * DAY)


def back_by_a_late_message(scene: Scene) -> None:
    scene.go_home()
    scene.wait(40 * DAY)
    scene.admit_late(ago=20 * DAY)
    scene.do(lambda: scene.hospitals.cancel_admission(1))


def died_at_home_and_did_not(scene: Scene) -> None:
    scene.go_home()
    scene.wait(9 * DAY)
    scene.die(ago=2 * DAY)
    scene.die(ago=3 * DAY)
    scene.admit_late(ago=5 * DAY)
    scene.do(lambda: scene.hospitals.cancel_admission(1), scene.hospitals.correct_death)


def died_by_a_late_message(scene: Scene) -> None:
    scene.go_home()
    scene.wait(40 * DAY)
    scene.die(ago=20 * DAY)
    scene.do(scene.hospitals.correct_death)


def left_at_another_time(scene: Scene) -> None:
    """Soon corrected; after the thirty days, to another day of then; and to yesterday."""
    scene.go_home()
    scene.wait(9 * DAY)
    scene.correct_discharge(ago=8 * DAY)
    scene.wait(31 * DAY)
    scene.correct_discharge(ago=38 * DAY)
    scene.correct_discharge(ago=DAY)


def discharge_taken_back(scene: Scene) -> None:
    scene.go_home()
    scene.do(scene.hospitals.cancel_discharge, scene.hospitals.discharge)


def discharge_taken_back_after_a_readmission(scene: Scene) -> None:
    scene.go_home()
    scene.wait(9 * DAY)
    scene.do(scene.hospitals.admit, scene.hospitals.cancel_discharge)
    scene.discharge_again(ago=8 * DAY)


def discharge_taken_back_after_the_thirty_days(scene: Scene) -> None:
    scene.go_home()
    scene.wait(40 * DAY)
    scene.do(scene.hospitals.cancel_discharge)
    scene.discharge_again(ago=39 * DAY)


def discharge_taken_back_after_a_death(scene: Scene) -> None:
    scene.go_home()
    scene.wait(9 * DAY)
    scene.die(ago=2 * DAY)
    scene.do(scene.hospitals.cancel_discharge)
    scene.discharge_again(ago=8 * DAY)


JOURNEYS: Mapping[str, Callable[[Scene], None]] = {
    **{f"written about while {state}": written_about(state) for state in ReferralState},
    "withdrawn when received": ended(ReferralState.RECEIVED, "withdraw"),
    "withdrawn when queried": ended(ReferralState.QUERIED, "withdraw"),
    "declined when queried": ended(ReferralState.QUERIED, "decline"),
    **{
        journey.__name__.replace("_", " "): journey
        for journey in (
            asked_twice_and_answered,
            closed_by_death,
            closed_while_asked,
            assessed_twice_decided_and_looked_at_again,
            closed_before_anybody_assessed,
            closed_after_the_decision,
            started_and_over,
            handed_back,
            fallen_through_and_not_needed,
            not_needed_once_agreed,
            asked_anew_and_given_up,
            decided_differently_while_brokered,
            decided_differently_when_nobody_took_it,
            back_and_taken_back,
            back_sooner_than_was_known,
            back_by_a_late_message,
            died_at_home_and_did_not,
            died_by_a_late_message,
            left_at_another_time,
            discharge_taken_back,
            discharge_taken_back_after_a_readmission,
            discharge_taken_back_after_the_thirty_days,
            discharge_taken_back_after_a_death,
        )
    },
}


@cache
def played(name: str) -> Scene:
    scene = Scene()
    JOURNEYS[name](scene)
    return scene


def an_open_case() -> Case:
    (case,) = played("written about while accepted").world.triage.cases.values()
    return case


def a_line() -> Line:
    ((_, line),) = played("decided differently while brokered").staff.lines()
    return replace(line, offers=line.offers[:1])


def taken(service: str) -> set[tuple[object, object]]:
    return {step for name in JOURNEYS for step in played(name).world.members[service].taken}


@pytest.mark.parametrize("name", list(JOURNEYS))
def test_a_journey_keeps_the_rules_under_other_orders_too(name: str) -> None:
    world = played(name).world
    check(world)
    check_other_orders(world, seed=1)


def test_a_referral_takes_every_step_of_its_table_and_no_other() -> None:
    declared = {(state, step.fact) for step in OF_REFERRALS.values() for state in step.allowed_from}
    assert taken("spa-intake") == declared | {(None, ReferralFact.RECEIVED)}


def test_a_case_takes_every_step_of_its_table_and_no_other() -> None:
    assert {(state, event) for state, event in taken("triage") if event not in NAMED_FACTS} == set(OF_CASES)


def test_lines_and_offers_take_every_step_of_their_tables_and_no_other() -> None:
    assert taken("care-package") == set(OF_LINES) | OFFER_WAYS | {(None, OfferState.SENT)}


@pytest.mark.parametrize(("state", "event"), sorted(set(product(CaseState, MOVING)) - set(OF_CASES), key=str), ids=str)
def test_no_event_moves_a_case_in_another_way(state: CaseState, event: type[Detail]) -> None:
    case = replace(an_open_case(), state=state)
    assert not may(case, event)
    with pytest.raises(ValueError, match="cannot happen"):
        record(case, object.__new__(event))


@pytest.mark.parametrize(("state", "step"), sorted(set(product(LineState, Step)) - set(OF_LINES)), ids=str)
def test_a_line_refuses_every_other_step(state: LineState, step: Step) -> None:
    with pytest.raises(StepNotAllowed):
        replace(a_line(), state=state).takes(step)


@pytest.mark.parametrize(("state", "to"), sorted(set(product(OfferState, OfferState)) - OFFER_WAYS), ids=str)
def test_an_offer_refuses_every_other_step(state: OfferState, to: OfferState) -> None:
    (offer,) = a_line().offers
    with pytest.raises(OfferNotOpen):
        replace(offer, state=state).becomes(to, START)


def test_a_watch_takes_every_step_of_its_table_and_no_other() -> None:
    assert taken("readmission-monitor") == set(OF_WATCHES)
    assert set(product(WatchState, WatchState)) - set(OF_WATCHES) == {(WatchState.VOID, WatchState.VOID)}
