"""What the facts make of a package: opening, holds, stops, newer decisions, deadlines (architecture §7)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from package_builders import (
    ABBEY,
    BECKENHAM,
    LATER_STAY,
    NOW,
    POLICY,
    STAY,
    a_decision,
    a_line,
    a_referral,
    a_stay,
    after,
    agreed,
    facts,
    line_of,
    no_lines,
    open_offer,
    opened,
    settled,
    started,
)

from care_package.domain import steps
from care_package.domain.errors import AwaitingReconfirmation
from care_package.domain.facts import Facts, Hold, Stop
from care_package.domain.line import LineState
from care_package.domain.offer import Answer, OfferState
from care_package.domain.package import Package, PackageEvent
from care_package.domain.reconcile import hospital_deadline, why_not_opened

KNOWN = facts()
NOT_READY = facts(replace(a_referral(a_decision()), is_ready=False))
LINKED = replace(a_referral(a_decision()), linked_stay_id=STAY)
HOME_AGAIN = facts(LINKED, a_stay(revision=2, discharged_at=NOW))
BACK = facts(LINKED, a_stay(revision=2, discharged_at=NOW), a_stay(LATER_STAY, admitted_at=NOW + timedelta(hours=1)))
HELD_BOTH = replace(BACK, referral=replace(LINKED, is_ready=False))


def kinds(events: list[PackageEvent]) -> list[str]:
    return [event.kind.value for event in events]


def stopped(stop: Stop) -> Facts:
    state, reason = {
        Stop.DIED: ("accepted", None),
        Stop.WITHDRAWN: ("withdrawn", None),
        Stop.DECLINED: ("declined", None),
        Stop.CLOSED: ("closed", "superseded"),
    }[stop]
    referral = replace(a_referral(a_decision()), state=state, closed_reason=reason)
    return facts(referral, has_died=stop is Stop.DIED)


def of(package: Package | None) -> Package:
    assert package is not None
    return package


class TestOpening:
    def test_a_decision_with_lines_opens_a_package_and_asks_the_first_provider(self) -> None:
        package, events = settled(KNOWN)
        assert kinds(events) == ["package.opened", "offer.sent"]
        assert open_offer(of(package)).respond_by == NOW + POLICY.offer_deadline

    def test_the_same_facts_again_change_nothing(self) -> None:
        package = opened()
        assert settled(KNOWN, package) == (package, [])

    def test_pathway_0_without_lines_opens_nothing_and_says_so(self) -> None:
        known = facts(a_referral(no_lines(1)))
        assert settled(known) == (None, [])
        assert why_not_opened(known, None) == "no_lines"

    def test_without_a_decision_there_is_nothing(self) -> None:
        assert settled(facts(a_referral())) == (None, [])
        assert why_not_opened(facts(a_referral()), None) is None

    @pytest.mark.parametrize("stop", Stop)
    def test_a_decision_after_a_stop_opens_nothing_and_says_why(self, stop: Stop) -> None:
        assert settled(stopped(stop)) == (None, [])
        assert why_not_opened(stopped(stop), None) == stop.value

    def test_a_decision_under_a_hold_opens_a_held_package(self) -> None:
        package, events = settled(NOT_READY)
        assert kinds(events) == ["package.opened"]
        assert of(package).holds == {Hold.NOT_READY}

    def test_no_eligible_provider_leaves_it_unfilled(self) -> None:
        assert opened(market=()).state is LineState.UNFILLED


class TestStops:
    @pytest.mark.parametrize("stop", Stop)
    @pytest.mark.parametrize("package", [opened(), opened(market=()), agreed()])
    def test_what_has_not_started_is_cancelled_and_its_offers_withdrawn(self, stop: Stop, package: Package) -> None:
        after_it, events = settled(stopped(stop), package)
        assert of(after_it).state is LineState.CANCELLED
        assert not line_of(after_it).open_offers
        assert events[-1].reason == stop.value

    @pytest.mark.parametrize("stop", [Stop.DIED, Stop.WITHDRAWN, Stop.DECLINED])
    def test_what_has_started_ends(self, stop: Stop) -> None:
        package, events = settled(stopped(stop), started())
        assert kinds(events) == ["package.ended"]
        assert of(package).state is LineState.ENDED

    def test_closed_otherwise_lets_it_run_on_and_handed_back_it_ends(self) -> None:
        package, events = settled(stopped(Stop.CLOSED), started())
        assert events == []
        line_id = line_of(package).line_id
        known = stopped(Stop.CLOSED)
        package, events = after(
            steps.hand_back(of(package), line_id, "staff_ill", is_stopped=known.stop is not None), known
        )
        assert kinds(events) == ["package.handed_back", "package.ended"]

    def test_a_stopped_package_is_not_reopened_by_a_later_decision(self) -> None:
        package, _ = settled(stopped(Stop.CLOSED), started())
        known = stopped(Stop.CLOSED)
        known = replace(known, referral=known.referral.with_decision(a_decision(2, a_line("equipment"))))
        after_it, events = settled(known, package)
        assert events == []
        assert [line.state for line in of(after_it).lines] == [LineState.STARTED]
        assert line_of(after_it).question == "no_longer_decided"


class TestHolds:
    def test_lost_readiness_withdraws_the_offer_and_readiness_sends_a_new_wave(self) -> None:
        package, events = settled(NOT_READY, opened())
        assert kinds(events) == ["offer.withdrawn", "package.held"]
        package, events = settled(KNOWN, package)
        assert kinds(events) == ["package.resumed", "offer.sent"]
        assert open_offer(of(package)).wave == 2
        assert open_offer(of(package)).provider_id == ABBEY.provider_id  # withdrawn is not refused

    def test_an_unfilled_line_tries_again_after_a_hold(self) -> None:
        package, _ = settled(NOT_READY, opened(market=()))
        package, events = settled(KNOWN, package)
        assert kinds(events) == ["package.resumed", "offer.sent"]

    def test_lost_readiness_does_not_hold_what_has_started(self) -> None:
        package = started()
        assert settled(NOT_READY, package) == (package, [])

    def test_handing_back_works_while_held_and_is_brokered_after_the_hold(self) -> None:
        package, events = settled(BACK, started(HOME_AGAIN))
        assert kinds(events) == ["package.held"]
        line = line_of(package)
        package, events = after(steps.hand_back(of(package), line.line_id, "staff_ill", is_stopped=False), BACK)
        assert kinds(events) == ["package.handed_back"]
        package, events = settled(HOME_AGAIN, package)
        assert kinds(events) == ["package.resumed", "offer.sent"]
        assert open_offer(of(package)).provider_id == BECKENHAM.provider_id

    def test_one_of_two_reasons_gone_is_still_a_hold(self) -> None:
        package, events = settled(HELD_BOTH, agreed(HOME_AGAIN))
        assert of(package).holds == {Hold.NOT_READY, Hold.IN_HOSPITAL}
        package, events = settled(BACK, package)
        assert kinds(events) == ["package.held"]
        assert of(package).holds == {Hold.IN_HOSPITAL}

    def test_started_care_resumes_when_the_person_is_home_again(self) -> None:
        package, _ = settled(BACK, started(HOME_AGAIN))
        package, events = settled(HOME_AGAIN, package)
        assert kinds(events) == ["package.resumed"]
        assert of(package).state is LineState.STARTED


class TestHospitalLimit:
    def test_started_care_ends_after_24_hours_in_hospital(self) -> None:
        package, _ = settled(BACK, started(HOME_AGAIN))
        due = hospital_deadline(package, POLICY)
        assert due == NOW + timedelta(hours=24)
        assert settled(BACK, package, now=due - timedelta(seconds=1)) == (package, [])
        package, events = settled(BACK, package, now=due)
        assert (kinds(events), events[0].reason) == (["package.ended"], "in_hospital")
        assert of(package).holds == frozenset()
        assert hospital_deadline(package, POLICY) is None

    def test_what_is_only_agreed_waits_on(self) -> None:
        package, _ = settled(BACK, agreed(HOME_AGAIN))
        assert hospital_deadline(package, POLICY) is None
        assert settled(BACK, package, now=NOW + timedelta(days=2)) == (package, [])


class TestReconfirmation:
    def held_and_back(self) -> Package:
        package, events = settled(NOT_READY, agreed())
        assert kinds(events) == ["package.held"]
        package, events = settled(KNOWN, package)
        assert kinds(events) == ["package.resumed", "offer.sent"]
        assert open_offer(of(package)).is_reconfirmation
        assert open_offer(of(package)).provider_id == ABBEY.provider_id
        return of(package)

    def test_a_yes_keeps_the_line_agreed_under_the_new_offer(self) -> None:
        package = self.held_and_back()
        offer = open_offer(package)
        package, events = after(steps.accept_offer(package, offer.offer_id, Answer(NOW)), KNOWN)
        assert kinds(events) == ["offer.accepted", "package.agreed"]
        assert line_of(package).agreed_offer_id == offer.offer_id

    def test_a_no_brokers_it_again_elsewhere(self) -> None:
        package = self.held_and_back()
        package, events = after(
            steps.decline_offer(package, open_offer(package).offer_id, Answer(NOW, reason="no_staff")), KNOWN
        )
        assert kinds(events) == ["offer.declined", "package.reopened", "offer.sent"]
        assert open_offer(package).provider_id == BECKENHAM.provider_id

    def test_no_answer_brokers_it_again_elsewhere(self) -> None:
        package = self.held_and_back()
        late, events = settled(KNOWN, package, now=open_offer(package).respond_by)
        assert kinds(events) == ["offer.expired", "package.reopened", "offer.sent"]
        assert open_offer(of(late)).provider_id == BECKENHAM.provider_id

    def test_it_does_not_start_before_the_answer(self) -> None:
        package = self.held_and_back()
        with pytest.raises(AwaitingReconfirmation):
            steps.start_line(package, line_of(package).line_id, NOW, NOW)

    def test_falling_through_takes_the_question_back(self) -> None:
        package = self.held_and_back()
        change = steps.fall_through(package, line_of(package).line_id, "staff_ill", NOW)
        assert kinds(change.events) == ["offer.withdrawn", "package.reopened"]


def test_an_offer_without_an_answer_passes_to_the_next_provider() -> None:
    package = opened()
    after_it, events = settled(KNOWN, package, now=open_offer(package).respond_by)
    assert kinds(events) == ["offer.expired", "offer.sent"]
    assert line_of(after_it).offers[0].state is OfferState.EXPIRED


class TestNewerDecision:
    def decided(self, *services: str, visits: int = 2, postcode: str = "BR1") -> Facts:
        lines = [a_line(service, line_id=f"{service} again", visits=visits) for service in services]
        decision = a_decision(2, *lines, postcode=postcode) if lines else no_lines(2)
        return facts(a_referral(decision))

    def test_the_same_again_leaves_the_offer_alone(self) -> None:
        package, events = settled(self.decided("home_care"), opened())
        assert events == []
        assert of(package).decision == 2

    def test_a_line_not_agreed_follows_at_once(self) -> None:
        package, events = settled(self.decided("home_care", visits=4), opened())
        assert kinds(events) == ["offer.withdrawn", "package.reopened", "offer.sent"]
        assert line_of(package).spec.visits_per_day == 4

    def test_another_area_asks_anew(self) -> None:
        package, events = settled(self.decided("home_care", postcode="BR2"), opened())
        assert kinds(events) == ["offer.withdrawn", "package.reopened", "offer.sent"]
        assert of(package).outward_postcode == "BR2"

    def test_what_is_no_longer_decided_is_cancelled_and_what_is_new_is_brokered(self) -> None:
        package, events = settled(self.decided("equipment"), opened())
        assert kinds(events) == ["offer.withdrawn", "package.cancelled", "package.reopened", "offer.sent"]
        assert [(line.spec.service, line.state.value) for line in of(package).lines] == [
            ("home_care", "cancelled"),
            ("equipment", "brokering"),
        ]

    def test_none_left_cancels_the_package_and_a_later_one_opens_another(self) -> None:
        first = opened()
        package, events = settled(self.decided(), first)
        assert kinds(events) == ["offer.withdrawn", "package.cancelled"]
        assert of(package).state is LineState.CANCELLED
        second, events = settled(facts(a_referral(a_decision(3))), package)
        assert kinds(events) == ["package.opened", "offer.sent"]
        assert of(second).package_id != first.package_id

    @pytest.mark.parametrize("package", [agreed(), started()])
    @pytest.mark.parametrize(
        ("services", "visits", "question"),
        [(["home_care"], 2, None), (["home_care"], 4, "decided_differently"), ([], 2, "no_longer_decided")],
    )
    def test_about_what_is_agreed_or_started_the_broker_is_asked(
        self, package: Package, services: list[str], visits: int, question: str | None
    ) -> None:
        after_it, events = settled(self.decided(*services, visits=visits), package)
        assert events == []
        assert line_of(after_it).question == question
        assert line_of(after_it).state is package.state

    def test_brokered_again_it_follows_the_newest_decision(self) -> None:
        known = self.decided("home_care", visits=4)
        package, _ = settled(known, agreed())
        package, _ = after(steps.fall_through(of(package), line_of(package).line_id, "staff_ill", NOW), known)
        assert line_of(package).spec.visits_per_day == 4
        assert line_of(package).question is None

    def test_an_id_used_before_names_no_second_line(self) -> None:
        first = opened()
        package, _ = settled(self.decided("equipment"), first)
        package, _ = settled(facts(a_referral(a_decision(3, a_line(), a_line("equipment")))), package)
        assert len({line.line_id for line in of(package).lines}) == 3
        assert line_of(package).state is LineState.BROKERING

    def test_after_an_ended_package_it_opens_a_new_one(self) -> None:
        package, _ = after(steps.end_line(started(), line_of(opened()).line_id, "independent"), KNOWN)
        assert settled(KNOWN, package) == (package, [])
        second, events = settled(self.decided("home_care"), package)
        assert kinds(events) == ["package.opened", "offer.sent"]
        assert of(second).package_id != package.package_id

    def test_the_target_date_follows_the_case(self) -> None:
        known = facts(a_referral(a_decision()).with_target(NOW.date(), 7))
        assert of(settled(known, opened())[0]).target_on == NOW.date()
