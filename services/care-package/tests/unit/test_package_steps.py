"""What providers and brokers do to a package, step by step."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from package_builders import (
    ABBEY,
    BECKENHAM,
    NOW,
    POLICY,
    a_decision,
    a_line,
    a_provider,
    a_referral,
    after,
    agreed,
    facts,
    line_of,
    named,
    open_offer,
    opened,
    started,
)

from care_package.domain import steps
from care_package.domain.errors import (
    LineNotFound,
    OfferDeadlinePassed,
    OfferNotFound,
    OfferNotOpen,
    PackageIsHeld,
    StartInFuture,
    StepNotAllowed,
)
from care_package.domain.facts import Hold
from care_package.domain.ids import LineId, OfferId
from care_package.domain.line import TRANSITIONS, LineState, Step
from care_package.domain.offer import Answer, OfferState
from care_package.domain.offering import send_offers
from care_package.domain.package import EVENT_OF_OFFER, EVENTS_OF_STEP, Change, EventKind
from homeward_kit.values import Refusal

KNOWN = facts()
TWO_LINES = facts(a_referral(a_decision(1, a_line(), a_line("equipment"))))


def test_every_step_and_every_offer_state_has_its_event() -> None:
    assert set(EVENTS_OF_STEP) == set(Step) == {step for _, step in TRANSITIONS}
    assert set(EVENT_OF_OFFER) == set(OfferState)
    told = set(EVENT_OF_OFFER.values()).union(*EVENTS_OF_STEP.values())
    assert set(EventKind) - told == {EventKind.PACKAGE_OPENED, EventKind.PACKAGE_HELD}


def test_every_open_state_can_be_left() -> None:
    for state in {state for state, _ in TRANSITIONS}:
        reached, front = {state}, {state}
        while front:
            front = {after for (before, _), after in TRANSITIONS.items() if before in front} - reached
            reached |= front
        assert reached & {LineState.ENDED, LineState.CANCELLED}


def test_acceptance_agrees_the_line() -> None:
    package = opened()
    package, events = after(
        steps.accept_offer(package, open_offer(package).offer_id, Answer(NOW, start_on=NOW.date())), KNOWN
    )
    assert [event.kind for event in events] == [EventKind.OFFER_ACCEPTED, EventKind.PACKAGE_AGREED]
    assert (package.state, line_of(package).start_on) == (LineState.AGREED, NOW.date())


def test_each_event_has_a_version_of_its_own() -> None:
    package = opened()
    change = steps.accept_offer(package, open_offer(package).offer_id, Answer(NOW))
    assert [event.package.version for event in change.events] == [package.version + 1, package.version + 2]


def test_a_decline_asks_the_next_provider_and_then_nobody_is_left() -> None:
    package = opened()
    assert open_offer(package).provider_id == ABBEY.provider_id
    package, events = after(
        steps.decline_offer(package, open_offer(package).offer_id, Answer(NOW, reason="no_staff")), KNOWN
    )
    assert [event.kind for event in events] == [EventKind.OFFER_DECLINED, EventKind.OFFER_SENT]
    assert open_offer(package).provider_id == BECKENHAM.provider_id
    package, events = after(
        steps.decline_offer(package, open_offer(package).offer_id, Answer(NOW, reason="no_staff")), KNOWN
    )
    assert [event.kind for event in events] == [EventKind.OFFER_DECLINED, EventKind.PACKAGE_UNFILLED]
    assert package.state is LineState.UNFILLED


def test_an_unfilled_line_can_be_resumed_and_everyone_is_asked_again() -> None:
    package = opened(market=())
    package, events = after(steps.resume_line(package, line_of(package).line_id), KNOWN)
    assert [event.kind for event in events] == [EventKind.PACKAGE_REOPENED, EventKind.OFFER_SENT]
    assert open_offer(package).provider_id == ABBEY.provider_id


def test_repeats_are_accepted_silently() -> None:
    package = started()
    line = line_of(package)
    assert line.agreed_offer_id
    assert not steps.accept_offer(package, line.agreed_offer_id, Answer(NOW)).events
    assert not steps.start_line(package, line.line_id, NOW, NOW).events
    ended, _ = after(steps.end_line(package, line.line_id, "independent"), KNOWN)
    assert not steps.end_line(ended, line.line_id, "independent").events
    cancelled, _ = after(steps.cancel_line(opened(), line.line_id, "not_needed", NOW), KNOWN)
    assert not steps.cancel_line(cancelled, line.line_id, "not_needed", NOW).events
    assert not steps.resume_line(opened(), line.line_id).events
    declined, _ = after(steps.decline_offer(opened(), open_offer(opened()).offer_id, Answer(NOW, reason="full")), KNOWN)
    assert not steps.decline_offer(declined, open_offer(opened()).offer_id, Answer(NOW, reason="full")).events


def test_a_line_that_falls_through_is_brokered_again_and_the_others_stay_agreed() -> None:
    package = agreed(TWO_LINES)
    package, events = after(steps.fall_through(package, line_of(package).line_id, "staff_ill", NOW), TWO_LINES)
    assert [event.kind for event in events] == [EventKind.PACKAGE_REOPENED, EventKind.OFFER_SENT]
    assert package.state is LineState.BROKERING
    assert line_of(package, "equipment").state is LineState.AGREED
    assert open_offer(package).provider_id == BECKENHAM.provider_id  # the one that left is not asked


def test_care_handed_back_is_brokered_again() -> None:
    package = started()
    package, events = after(
        steps.hand_back(package, line_of(package).line_id, "needs_changed", is_stopped=False), KNOWN
    )
    assert [event.kind for event in events] == [EventKind.PACKAGE_HANDED_BACK, EventKind.OFFER_SENT]
    assert package.state is LineState.BROKERING


def test_care_handed_back_after_a_stop_ends() -> None:
    package = started()
    change = steps.hand_back(package, line_of(package).line_id, "needs_changed", is_stopped=True)
    assert [event.kind for event in change.events] == [EventKind.PACKAGE_HANDED_BACK, EventKind.PACKAGE_ENDED]
    assert change.package.state is LineState.ENDED


def test_what_is_no_longer_decided_is_not_brokered_again() -> None:
    package = agreed()
    package = package.with_line(replace(line_of(package), wanted=None))
    fallen = steps.fall_through(package, line_of(package).line_id, "staff_ill", NOW)
    assert fallen.package.state is LineState.CANCELLED
    package = package.with_line(replace(line_of(started()), wanted=None))
    back = steps.hand_back(package, line_of(package).line_id, "staff_ill", is_stopped=False)
    assert back.package.state is LineState.ENDED


def test_a_package_is_as_advanced_as_its_least_advanced_open_line() -> None:
    package = agreed(TWO_LINES, "home_care")
    assert package.state is LineState.BROKERING
    package, _ = after(steps.cancel_line(package, line_of(package, "equipment").line_id, "not_needed", NOW), TWO_LINES)
    assert package.state is LineState.AGREED
    package, _ = after(steps.start_line(package, line_of(package).line_id, NOW, NOW), TWO_LINES)
    package, _ = after(steps.end_line(package, line_of(package).line_id, "independent"), TWO_LINES)
    assert package.state is LineState.ENDED


def test_two_lines_do_not_get_the_same_last_place() -> None:
    package = opened(TWO_LINES, market=())
    package = package.with_line(replace(line_of(package), state=LineState.BROKERING))
    package = package.with_line(
        replace(line_of(package, "equipment"), spec=line_of(package).spec, state=LineState.BROKERING)
    )
    sent = send_offers(package, [a_provider("One place", places=1)], NOW, POLICY).package
    assert [line.state for line in sent.lines] == [LineState.BROKERING, LineState.UNFILLED]


PAST_DEADLINE = NOW + POLICY.offer_deadline + timedelta(seconds=1)


def _declined_offer() -> Change:
    package, _ = after(steps.decline_offer(opened(), open_offer(opened()).offer_id, Answer(NOW, reason="full")), KNOWN)
    return steps.accept_offer(package, open_offer(opened()).offer_id, Answer(NOW))


def _held_start() -> Change:
    package = replace(agreed(), holds=frozenset({Hold.NOT_READY}))
    return steps.start_line(package, line_of(package).line_id, NOW, NOW)


def _held_resume() -> Change:
    package = replace(opened(market=()), holds=frozenset({Hold.NOT_READY}))
    return steps.resume_line(package, line_of(package).line_id)


@pytest.mark.parametrize(
    ("refused", "refusal"),
    [
        (
            lambda: steps.accept_offer(opened(), open_offer(opened()).offer_id, Answer(PAST_DEADLINE)),
            OfferDeadlinePassed,
        ),
        (_declined_offer, OfferNotOpen),
        (lambda: steps.accept_offer(opened(), OfferId(named("none")), Answer(NOW)), OfferNotFound),
        (lambda: steps.start_line(opened(), LineId(named("none")), NOW, NOW), LineNotFound),
        (lambda: steps.start_line(opened(), line_of(opened()).line_id, NOW, NOW), StepNotAllowed),
        (lambda: steps.start_line(agreed(), line_of(opened()).line_id, PAST_DEADLINE, NOW), StartInFuture),
        (lambda: steps.fall_through(opened(), line_of(opened()).line_id, "x", NOW), StepNotAllowed),
        (lambda: steps.hand_back(agreed(), line_of(opened()).line_id, "x", is_stopped=False), StepNotAllowed),
        (lambda: steps.end_line(agreed(), line_of(opened()).line_id, "x"), StepNotAllowed),
        (lambda: steps.cancel_line(started(), line_of(opened()).line_id, "x", NOW), StepNotAllowed),
        (lambda: steps.resume_line(agreed(), line_of(opened()).line_id), StepNotAllowed),
        (_held_start, PackageIsHeld),
        (_held_resume, PackageIsHeld),
    ],
)
def test_what_is_refused(refused: Callable[[], Change], refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        refused()
