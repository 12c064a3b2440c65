"""Random journeys: people act on what they see, hospitals send, time passes, the bus delivers as it may."""

from collections.abc import Callable
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from care_package.domain.line import LineState
from spa_intake.domain.codes import DIED, Criterion
from spa_intake.domain.referral import ReferralState

from .exits import check_exits, check_that_all_ends
from .hospital import ALIVE, EMERGENCY, HOSPITALS, PLANNED, Hospitals
from .replay import check_other_orders
from .rules import check
from .staff import LINES, LIVE, Staff
from .world import FEEDS, World, pick

hours = st.sampled_from([1, 1, 3, 25, 8 * 24, 8 * 24, 31 * 24]).map(lambda number: timedelta(hours=number))
delays = st.sampled_from([0, 0, 0, 1, 30, 80]).map(lambda number: timedelta(hours=number, minutes=1))
numbers = st.integers(0, 5)
hospitals = st.sampled_from([HOSPITALS[0], HOSPITALS[0], HOSPITALS[1]])
methods = st.sampled_from([EMERGENCY, EMERGENCY, PLANNED])
rarely = st.sampled_from(range(9)).map(lambda number: number == 4)  # what ends a journey, so that most go on
stages = st.sampled_from([5, 4, 5, 3, 3, 5, 0])
records = st.sampled_from(["H1", "H1", "H2"])
missing = st.sampled_from(["needs", "mobility"])
# the second ends by the clock, a day after it was found
FLUIDS, PROCEDURE = Criterion.IV_FLUIDS, Criterion.INVASIVE_PROCEDURE_24H
findings = st.sampled_from([(), (), (FLUIDS,), (PROCEDURE,), (PROCEDURE,), (FLUIDS, PROCEDURE)])


class Journeys(RuleBasedStateMachine):
    """Two records, now and then of one person, with their stays and referrals, and the four services."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.hospitals = Hospitals(self.world)
        self.staff = Staff(self.world)

    @initialize(stage=stages, is_delivered=st.booleans(), is_one=st.booleans(), lines=st.sampled_from(["one", "two"]))
    def begin(self, stage: int, is_delivered: bool, is_one: bool, lines: str) -> None:  # noqa: FBT001 — drawn by Hypothesis
        """Most journeys begin the usual way, so that more come far; half of them with two records of one person."""
        if is_one:
            self.hospitals.merge("H1", is_merged=True)
        steps: list[Callable[[], object]] = [
            self.hospitals.admit,
            lambda: self.staff.refer(HOSPITALS[0]),
            lambda: self.accept(0),
            lambda: self.decide(0, lines),
            lambda: self.answer_offers(is_meant=True),
        ]
        for step in steps[:stage]:
            step()
            self.world.settle()
        if is_delivered and stage == len(steps):
            self.start(0)
            self.hospitals.discharge()

    # Referrals

    @rule(hospital=hospitals, is_ready=st.booleans(), is_named=st.booleans(), number=records)
    def refer(self, hospital: str, is_ready: bool, is_named: bool, number: str) -> None:  # noqa: FBT001 — as above
        stays = self.world.intake.stays
        visit_number = stays[-1].content.visit_number if stays and is_named else None
        self.staff.refer(hospital, is_ready=is_ready, visit_number=visit_number, number=number)

    @precondition(lambda self: self.staff.referrals(ReferralState.RECEIVED))
    @rule(index=numbers)
    def accept(self, index: int) -> None:
        referral = pick(self.staff.referrals(ReferralState.RECEIVED), index)
        if referral:
            self.staff.accept(referral)

    @precondition(lambda self: self.staff.referrals(*LIVE))
    @rule(index=numbers, how=st.sampled_from(["decline", "withdraw", "close"]), is_meant=rarely)
    def stop(self, index: int, how: str, is_meant: bool) -> None:  # noqa: FBT001 — as above
        referral = pick(self.staff.referrals(*LIVE), index)
        if referral and is_meant:
            {"decline": self.staff.decline, "withdraw": self.staff.withdraw, "close": self.staff.close}[how](referral)

    @precondition(lambda self: self.staff.referrals(*LIVE))
    @rule(index=numbers, what=missing)
    def query(self, index: int, what: str) -> None:
        referral = pick(self.staff.referrals(*LIVE), index)
        if referral:
            self.staff.query(referral, what)

    @precondition(lambda self: self.staff.referrals(ReferralState.QUERIED))
    @rule(index=numbers)
    def answer(self, index: int) -> None:
        referral = pick(self.staff.referrals(ReferralState.QUERIED), index)
        if referral:
            self.staff.answer(referral)

    @precondition(lambda self: self.staff.referrals(*LIVE))
    @rule(index=numbers, found=findings, ago=delays)
    def assess_readiness(self, index: int, found: tuple[Criterion, ...], ago: timedelta) -> None:
        referral = pick(self.staff.referrals(*LIVE), index)
        if referral:
            self.staff.assess_readiness(referral, *found, ago=ago)

    @precondition(lambda self: self.staff.referrals(*LIVE))
    @rule(index=numbers, days=numbers)
    def amend(self, index: int, days: int) -> None:
        referral = pick(self.staff.referrals(*LIVE), index)
        if referral:
            self.staff.amend(referral, days)

    # Hospitals

    @rule(hospital=hospitals, method=methods, ago=delays, number=records)
    def admit(self, hospital: str, method: str, ago: timedelta, number: str) -> None:
        self.hospitals.admit(hospital, method, ago, number)

    @rule(number=records, is_merged=st.sampled_from([True, True, False]))
    def say_who_is_one(self, number: str, is_merged: bool) -> None:  # noqa: FBT001 — as above
        self.hospitals.merge(number, is_merged=is_merged)

    @precondition(lambda self: self.hospitals.stays(is_open=True))
    @rule(index=numbers, ago=delays, number=st.sampled_from([None, None, "H1", "H2"]))
    def discharge(self, index: int, ago: timedelta, number: str | None) -> None:
        self.hospitals.discharge(index, ago, number=number)

    @precondition(lambda self: self.hospitals.stays(is_open=False))
    @rule(index=numbers)
    def cancel_discharge(self, index: int) -> None:
        self.hospitals.cancel_discharge(index)

    @precondition(lambda self: self.world.intake.stays)
    @rule(index=numbers, is_meant=rarely)
    def cancel_admission(self, index: int, is_meant: bool) -> None:  # noqa: FBT001 — as above
        if is_meant:
            self.hospitals.cancel_admission(index)

    @precondition(lambda self: self.hospitals.stays(is_open=True))
    @rule(index=numbers, ward=st.sampled_from(["W1", "W2", None]))
    def move(self, index: int, ward: str | None) -> None:
        if ward is None:
            self.hospitals.cancel_transfer(index)
        else:
            self.hospitals.transfer(index, ward)

    @precondition(lambda self: self.world.intake.stays)
    @rule(index=numbers, method=methods, left_as=st.sampled_from([ALIVE, ALIVE, DIED, None]), ago=delays)
    def correct(self, index: int, method: str, left_as: str | None, ago: timedelta) -> None:
        if left_as is None:
            self.hospitals.correct_admission(index, method)
        else:
            self.hospitals.correct_discharge(index, ago, left_as)

    @rule(is_meant=rarely, in_hospital=st.booleans(), hospital=hospitals, number=records)
    def die(self, is_meant: bool, in_hospital: bool, hospital: str, number: str) -> None:  # noqa: FBT001 — as above
        if is_meant and in_hospital:
            self.hospitals.die_in_hospital(0)
        elif is_meant:
            self.hospitals.die(hospital, number)

    @precondition(lambda self: any(person.has_died for person in self.world.intake.people.values()))
    @rule()
    def correct_death(self) -> None:
        self.hospitals.correct_death()

    @rule(index=numbers, postcode=st.sampled_from(["BR1 1AA", "BR2 1AA", None]))
    def send_again_or_move_house(self, index: int, postcode: str | None) -> None:
        if postcode is None:
            self.hospitals.repeat(index)
        else:
            self.hospitals.move_house(postcode)

    @precondition(lambda self: self.hospitals.stays(is_open=True))
    @rule(index=numbers, away=hours, method=methods, number=st.sampled_from(["H1", "H2"]))
    def go_home_and_return(self, index: int, away: timedelta, method: str, number: str) -> None:
        self.hospitals.discharge(index)
        self.world.pass_time(away, with_delivery=True)
        self.hospitals.admit(method=method, number=number)

    # The MDT

    @precondition(lambda self: self.staff.cases())
    @rule(index=numbers, lines=st.sampled_from(sorted(LINES)))
    def decide(self, index: int, lines: str) -> None:
        case = pick(self.staff.cases(), index)
        if case:
            self.staff.decide(case, lines)

    @precondition(lambda self: self.staff.cases())
    @rule(index=numbers, how=st.sampled_from(["assess", "reopen", "reopen", "return", "target"]))
    def work_on_case(self, index: int, how: str) -> None:
        case = pick(self.staff.cases(), index)
        if case is None:
            return
        match how:
            case "assess":
                self.staff.assess(case)
            case "reopen":
                self.staff.reopen(case)
            case "return":
                self.staff.return_case(case)
            case _:
                self.staff.set_target(case, index)

    @precondition(lambda self: self.staff.cases())
    @rule(index=numbers, is_meant=rarely)
    def close_case(self, index: int, is_meant: bool) -> None:  # noqa: FBT001 — as above
        case = pick(self.staff.cases(), index)
        if case and is_meant:
            self.staff.close_case(case)

    # Brokers and providers

    @precondition(lambda self: self.staff.asked())
    @rule(is_meant=st.sampled_from([True, False, True]))
    def answer_offers(self, is_meant: bool) -> None:  # noqa: FBT001 — as above
        """Everybody who is asked answers: yes where it is meant."""
        for referral_id, line in self.staff.asked():
            if is_meant:
                self.staff.take_offer(referral_id, line)
            else:
                self.staff.refuse_offer(referral_id, line)

    @precondition(lambda self: self.staff.lines(LineState.AGREED))
    @rule(index=numbers)
    def start(self, index: int) -> None:
        found = pick(self.staff.lines(LineState.AGREED), index)
        if found:
            self.staff.start(*found)

    @precondition(lambda self: self.staff.lines())
    @rule(index=numbers, is_over=rarely)
    def lose_line(self, index: int, is_over: bool) -> None:  # noqa: FBT001 — as above
        """Agreed, it falls through; started, it is handed back; or it is over. Unfilled, it is sought again."""
        found = pick(self.staff.lines(), index)
        if found is None:
            return
        match found[1].state:
            case LineState.AGREED:
                (self.staff.cancel if is_over else self.staff.fall_through)(*found)
            case LineState.STARTED:
                (self.staff.end if is_over else self.staff.hand_back)(*found)
            case LineState.UNFILLED:
                self.staff.resume(*found)
            case _ if is_over:
                self.staff.cancel(*found)

    # Time and the bus

    @rule(length=hours, with_delivery=st.booleans())
    def pass_time(self, length: timedelta, with_delivery: bool) -> None:  # noqa: FBT001 — as above
        self.world.pass_time(length, with_delivery=with_delivery)

    @precondition(lambda self: self.world.waiting())
    @rule(index=st.integers(0, len(FEEDS) - 1), number=st.integers(1, 4))
    def deliver(self, index: int, number: int) -> None:
        feed = pick(self.world.waiting(), index)
        if feed:
            self.world.deliver(*feed, number)

    @rule(feed=st.sampled_from(FEEDS), index=st.integers(0, 40))
    def deliver_again(self, feed: tuple[str, str], index: int) -> None:
        self.world.deliver_again(feed[0], index)

    @rule(seed=st.integers(0, 2**16))
    def settle(self, seed: int) -> None:
        """Everything is delivered, and the rules hold."""
        self.world.settle(seed)
        check(self.world)
        check_exits(self.world)

    @invariant()
    def one_case_and_one_package_at_any_time(self) -> None:
        for packages in self.world.packages.packages.values():
            assert sum(package.is_live for package in packages) <= 1
            decisions = [package.opened_decision for package in packages]
            assert decisions == sorted(set(decisions))
            assert all(len(line.open_offers) <= 1 for package in packages for line in package.lines)

    def teardown(self) -> None:
        self.settle(1)
        check_other_orders(self.world, seed=len(self.world.bus.told))
        check_that_all_ends(self.world)
