"""Random lives of a person under random orders of delivery: the rules that must hold in every one of them."""

import random
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from package_builders import MARKET, NOW, PERSON, POLICY, a_decision, a_line, named, no_lines

from care_package.domain import steps
from care_package.domain.facts import (
    Decision,
    Facts,
    PersonFacts,
    ReferralFacts,
    ReferralNews,
    StayFacts,
)
from care_package.domain.ids import ReferralId, StayId
from care_package.domain.line import TRANSITIONS, Line, LineState
from care_package.domain.offer import Answer
from care_package.domain.offering import send_offers
from care_package.domain.package import (
    EVENT_OF_OFFER,
    EVENTS_OF_STEP,
    Change,
    EventKind,
    Package,
    PackageEvent,
)
from care_package.domain.reconcile import hospital_deadline, reconcile
from homeward_kit.values import Refusal

REFERRALS = [ReferralId(named("first referral")), ReferralId(named("second referral"))]
TOPICS = ["referrals", "hospital", "triage"]
TERMINAL = {"withdrawn", "declined", "closed"}
ACTIONS = ("accept", "decline", "start", "fall", "back", "end", "resume", "cancel")
SERVICES = ["home_care", "equipment", "reablement"]


@dataclass(frozen=True)
class Death:
    revision: int
    recorded_at: datetime | None


@dataclass(frozen=True)
class Message:
    """An event on its way: about a referral (news, a stay with it, a decision), a stay, or the person."""

    referral_id: ReferralId | None = None
    news: ReferralNews | None = None
    stay: StayFacts | None = None
    decision: Decision | None = None
    death: Death | None = None


@dataclass
class Service:
    """What the service stores, with the same pure functions its handlers use."""

    now: datetime = NOW
    referrals: dict[ReferralId, ReferralFacts] = field(default_factory=dict)
    stays: dict[StayId, StayFacts] = field(default_factory=dict)
    person: PersonFacts = field(default_factory=lambda: PersonFacts(PERSON))
    packages: dict[ReferralId, list[Package]] = field(default_factory=dict)

    def copy(self) -> "Service":
        packages = {referral_id: list(known) for referral_id, known in self.packages.items()}
        return replace(self, referrals=dict(self.referrals), stays=dict(self.stays), packages=packages)

    def facts(self, referral_id: ReferralId) -> Facts:
        return Facts(self.referrals[referral_id], self.person, self.stays)

    def newest(self, referral_id: ReferralId) -> Package | None:
        known = self.packages.get(referral_id, [])
        return known[-1] if known else None

    def receive(self, message: Message) -> None:
        if message.referral_id is not None:
            known = self.referrals.get(message.referral_id, ReferralFacts(message.referral_id, PERSON))
            known = known.with_news(message.news) if message.news else known
            known = known.with_decision(message.decision) if message.decision else known
            self.referrals[message.referral_id] = known
        if message.stay is not None:
            self.stays[message.stay.stay_id] = message.stay.merged(self.stays.get(message.stay.stay_id))
        if message.death is not None:
            self.person = self.person.with_death(message.death.revision, message.death.recorded_at)
        self.catch_up()

    def catch_up(self) -> None:
        for referral_id in self.referrals:
            self.progress(referral_id, self.newest(referral_id), [])

    def command(self, referral_id: ReferralId, change: Change) -> None:
        self.progress(referral_id, change.package, change.events)

    def progress(self, referral_id: ReferralId, package: Package | None, events: list[PackageEvent]) -> None:
        before = self.newest(referral_id)
        outcome = reconcile(self.facts(referral_id), package, self.now, POLICY)
        if outcome.package is None:
            return
        sent = send_offers(outcome.package, MARKET, self.now, POLICY)
        check_every_transition_is_told(before, sent.package, [*events, *outcome.events, *sent.events])
        kept = self.packages.setdefault(referral_id, [])
        if before is not None and before.package_id == sent.package.package_id:
            kept[-1] = sent.package
        else:
            kept.append(sent.package)


def check_every_transition_is_told(before: Package | None, after: Package, events: list[PackageEvent]) -> None:
    told_of_lines = {(line_id, event.kind) for event in events for line_id in event.concerns}
    told_of_offers = {(event.offer.offer_id, event.kind) for event in events if event.offer}
    told = {event.kind for event in events}
    if before is None or before.package_id != after.package_id:
        assert EventKind.PACKAGE_OPENED in told
        return
    known_lines = {line.line_id: line for line in before.lines}
    known_offers = {offer.offer_id: offer.state for line in before.lines for offer in line.offers}
    for line in after.lines:
        known = known_lines.get(line.line_id)
        if known is None or known.state is not line.state:
            kinds = {kind for line_id, kind in told_of_lines if line_id == line.line_id}
            ways = {step for (_, step), reached in TRANSITIONS.items() if reached is line.state}
            assert kinds & {kind for step in ways for kind in EVENTS_OF_STEP[step]}, (known, line, kinds)
        for offer in line.offers:
            if known_offers.get(offer.offer_id) is not offer.state:
                assert (offer.offer_id, EVENT_OF_OFFER[offer.state]) in told_of_offers
    if before.holds != after.holds and after.is_live:
        assert told & {EventKind.PACKAGE_HELD, EventKind.PACKAGE_RESUMED}
    assert [event.package.version for event in events] == list(
        range(before.version + 1, before.version + 1 + len(events))
    )


def live_work(service: Service) -> object:
    """What is sought, agreed and running for whom, and what holds it."""
    return {
        referral_id: (
            package.decision,
            package.holds,
            sorted(
                (line.spec.service, line.state.value, repr(line.spec), repr(line.wanted))
                for line in package.lines
                if line.is_open
            ),
        )
        for referral_id in service.referrals
        if (package := service.newest(referral_id)) and package.is_live
    }


class Lives(RuleBasedStateMachine):
    """One person with two referrals; three topics, each in order; the world, the service, and what is under way."""

    def __init__(self) -> None:
        super().__init__()
        self.service = Service()
        self.under_way: dict[str, deque[Message]] = {topic: deque() for topic in TOPICS}
        self.delivered: list[Message] = []
        self.states: dict[ReferralId, str] = {}
        self.versions = dict.fromkeys(REFERRALS, 0)
        self.decisions = dict.fromkeys(REFERRALS, 0)
        self.stays: dict[StayId, StayFacts] = {}
        self.linked: dict[ReferralId, StayId] = {}
        self.death = Death(0, None)

    # The world

    def send_news(self, referral_id: ReferralId, stay: StayFacts | None = None, **said: object) -> None:
        self.versions[referral_id] += 1
        news = ReferralNews(self.versions[referral_id], self.states[referral_id], **said)  # type: ignore[arg-type]
        self.under_way["referrals"].append(Message(referral_id, news, stay))

    def send_stay(self, stay: StayFacts) -> None:
        self.stays[stay.stay_id] = stay
        self.under_way["hospital"].append(Message(stay=stay))

    @initialize(
        services=st.lists(st.sampled_from(SERVICES), min_size=1, max_size=2, unique=True),
        is_heard=st.sampled_from([True, True, True, False]),
        is_home=st.booleans(),
    )
    def begin(self, services: list[str], *, is_heard: bool, is_home: bool) -> None:
        """Lives begin with a stay, a referral and a decision, so that they come far."""
        self.hospital("admit")
        self.refer(is_ready=True)
        self.hospital("link")
        self.decide(REFERRALS[0], [(service, 2) for service in services], "BR1")
        if is_home:
            self.hospital("discharge")
        if is_heard:
            self.settle(seed=0)

    @precondition(lambda self: len(self.states) < len(REFERRALS) and not self.death.recorded_at)
    @rule(is_ready=st.booleans())
    def refer(self, *, is_ready: bool) -> None:
        referral_id = REFERRALS[len(self.states)]
        self.states[referral_id] = "accepted"
        self.send_news(referral_id, accepted_at=self.tick(), is_ready=is_ready)

    @precondition(lambda self: self.going_on())
    @rule(data=st.data(), is_ready=st.booleans())
    def assess_readiness(self, data: st.DataObject, *, is_ready: bool) -> None:
        self.send_news(data.draw(st.sampled_from(self.going_on())), is_ready=is_ready)

    @precondition(lambda self: self.going_on())
    @rule(data=st.data(), how=st.sampled_from([*sorted(TERMINAL), "death"]))
    def stop(self, data: st.DataObject, how: str) -> None:
        """Kept rare, since little happens after it."""
        if data.draw(st.integers(0, 3)):
            return
        if how == "death":
            self.die()
            return
        referral_id = data.draw(st.sampled_from(self.going_on()))
        self.states[referral_id] = how
        self.send_news(referral_id, closed_reason="superseded" if how == "closed" else None)

    def die(self) -> None:
        self.death = Death(self.death.revision + 1, self.tick())
        self.under_way["hospital"].append(Message(death=self.death))
        for referral_id in self.going_on():
            self.states[referral_id] = "closed"
            self.send_news(referral_id, closed_reason="died")

    @precondition(lambda self: self.death.recorded_at)
    @rule()
    def correct_death(self) -> None:
        self.death = Death(self.death.revision + 1, None)
        self.under_way["hospital"].append(Message(death=self.death))

    def going_on(self) -> list[ReferralId]:
        return [referral_id for referral_id, state in self.states.items() if state not in TERMINAL]

    @rule(
        number=st.integers(0, len(REFERRALS) - 1),
        lines=st.lists(
            st.tuples(st.sampled_from(SERVICES), st.integers(1, 2)), max_size=2, unique_by=lambda line: line[0]
        ),
        postcode=st.sampled_from(["BR1", "BR1", "BR2"]),
    )
    def decide_anew(self, number: int, lines: list[tuple[str, int]], postcode: str) -> None:
        self.decide(list(self.states)[number % len(self.states)], lines, postcode)

    def decide(self, referral_id: ReferralId, lines: list[tuple[str, int]], postcode: str) -> None:
        self.decisions[referral_id] += 1
        number = self.decisions[referral_id]
        decided = [
            a_line(service, line_id=f"{service}{number}{referral_id}", visits=visits) for service, visits in lines
        ]
        decision = a_decision(number, *decided, postcode=postcode) if decided else no_lines(number)
        self.under_way["triage"].append(Message(referral_id, decision=decision))

    @rule(what=st.sampled_from(["admit", "discharge", "cancel_discharge", "cancel_admission", "link"]))
    def hospital(self, what: str) -> None:
        in_bed = next((stay for stay in self.stays.values() if stay.is_open), None)
        last = list(self.stays.values())[-1] if self.stays else None
        if what == "link":
            self.link(last)
        elif in_bed is None and what == "admit":
            stay_id = StayId(named(f"stay {len(self.stays)}"))
            self.send_stay(StayFacts(stay_id, PERSON, 1, self.tick(), None, is_cancelled=False))
        elif in_bed and what == "discharge":
            self.send_stay(replace(in_bed, revision=in_bed.revision + 1, discharged_at=self.tick()))
        elif in_bed and what == "cancel_admission":
            self.send_stay(replace(in_bed, revision=in_bed.revision + 1, is_cancelled=True))
            self.unlink(in_bed)
        elif in_bed is None and last and not last.is_cancelled and what == "cancel_discharge":
            self.send_stay(replace(last, revision=last.revision + 1, discharged_at=None))

    def link(self, stay: StayFacts | None) -> None:
        for referral_id in self.states.keys() - self.linked.keys():
            if stay is not None and not stay.is_cancelled:
                self.linked[referral_id] = stay.stay_id
                self.send_news(referral_id, stay, linked_stay_id=stay.stay_id)

    def unlink(self, stay: StayFacts) -> None:
        for referral_id in [known for known, stay_id in self.linked.items() if stay_id == stay.stay_id]:
            del self.linked[referral_id]
            self.send_news(referral_id, unlinked_stay_id=stay.stay_id)

    # The service

    def tick(self) -> datetime:
        self.service.now += timedelta(minutes=1)
        return self.service.now

    @rule(topic=st.sampled_from(TOPICS), number=st.integers(1, 3))
    def deliver(self, topic: str, number: int) -> None:
        for _ in range(min(number, len(self.under_way[topic]))):
            message = self.under_way[topic].popleft()
            self.service.receive(message)
            self.delivered.append(message)

    @precondition(lambda self: self.delivered)
    @rule(data=st.data())
    def deliver_again(self, data: st.DataObject) -> None:
        before = live_work(self.service)
        self.service.receive(data.draw(st.sampled_from(self.delivered)))
        assert live_work(self.service) == before, "a repeat changed something"

    @rule(seed=st.integers(0, 2**16))
    def settle(self, seed: int) -> None:
        """The rest arrives in six orders, some of it twice: the same live work under every one."""
        chance = random.Random(seed)
        outcomes = []
        for _ in range(6):
            service, queues = self.service.copy(), {topic: queue.copy() for topic, queue in self.under_way.items()}
            while waiting := [queue for queue in queues.values() if queue]:
                message = chance.choice(waiting).popleft()
                for _ in range(chance.choice([1, 1, 2])):
                    service.receive(message)
            outcomes.append(service)
        works = [live_work(service) for service in outcomes]
        assert all(work == works[0] for work in works), works
        for queue in self.under_way.values():
            self.delivered.extend(queue)
            queue.clear()
        self.service = outcomes[0]

    @rule(hours=st.sampled_from([1, 3, 25]))
    def time_passes(self, hours: int) -> None:
        """Timers fire at their times, and once more for nothing."""
        until = self.service.now + timedelta(hours=hours)
        while due := [at for at in self.deadlines() if at <= until]:
            self.service.now = max(self.service.now, min(due))
            self.service.catch_up()
        self.service.now = until
        self.service.catch_up()

    def deadlines(self) -> list[datetime]:
        newest = [self.service.newest(referral_id) for referral_id in self.service.referrals]
        of_offers = [
            offer.respond_by for package in newest if package for line in package.lines for offer in line.open_offers
        ]
        return of_offers + [at for package in newest if (at := hospital_deadline(package, POLICY))]

    @rule(number=st.integers(1, 3))
    def progress_all(self, number: int) -> None:
        """Everybody says yes: offers are accepted, agreed lines start."""
        for _ in range(number):
            for package in self.newest():
                for line in package.lines:
                    self.attempt("accept" if line.open_offers else "start", package.referral_id, line)

    @rule(data=st.data(), action=st.sampled_from(["accept", "decline", "start", *ACTIONS]))
    def act(self, data: st.DataObject, action: str) -> None:
        """Somebody does something, possible or not."""
        lines = [(package.referral_id, line) for package in self.newest() for line in package.lines]
        if lines:
            self.attempt(action, *data.draw(st.sampled_from(lines)))

    def attempt(self, action: str, referral_id: ReferralId, line: Line) -> None:
        try:
            change = self.take(action, referral_id, line)
        except Refusal:
            return
        if change is not None:
            self.service.command(referral_id, change)

    def take(self, action: str, referral_id: ReferralId, line: Line) -> Change | None:
        package, now = self.service.newest(referral_id), self.service.now
        assert package is not None
        if action in {"accept", "decline"}:
            if not line.offers:
                return None
            answer, offer_id = Answer(now, reason="no_staff"), line.offers[-1].offer_id
            return (steps.accept_offer if action == "accept" else steps.decline_offer)(package, offer_id, answer)
        is_stopped = self.service.facts(referral_id).stop is not None
        return {
            "start": lambda: steps.start_line(package, line.line_id, now, now),
            "fall": lambda: steps.fall_through(package, line.line_id, "staff_ill", now),
            "back": lambda: steps.hand_back(package, line.line_id, "staff_ill", is_stopped=is_stopped),
            "end": lambda: steps.end_line(package, line.line_id, "independent"),
            "resume": lambda: steps.resume_line(package, line.line_id),
            "cancel": lambda: steps.cancel_line(package, line.line_id, "not_needed", now),
        }[action]()

    # What holds always

    @invariant()
    def one_live_package_per_referral_and_one_package_per_decision(self) -> None:
        for packages in self.service.packages.values():
            assert sum(package.is_live for package in packages) <= 1
            decisions = [package.opened_decision for package in packages]
            assert decisions == sorted(set(decisions))

    @invariant()
    def a_stopped_referral_has_no_work(self) -> None:
        for referral_id in self.service.referrals:
            stop, package = self.service.facts(referral_id).stop, self.service.newest(referral_id)
            if stop is None or package is None:
                continue
            allowed = set() if stop.ends_started_care else {LineState.STARTED}
            assert {line.state for line in package.lines if line.is_open} <= allowed
            assert not any(line.open_offers for line in package.lines)

    @invariant()
    def one_offer_at_a_time_and_one_agreed(self) -> None:
        for package in self.newest():
            for line in package.lines:
                assert len(line.open_offers) <= 1
                has_provider = line.agreed_offer is not None
                if line.is_open:
                    assert has_provider == (line.state in {LineState.AGREED, LineState.STARTED})

    @invariant()
    def nobody_is_asked_while_held(self) -> None:
        for package in self.newest():
            assert not (package.is_held and any(line.open_offers for line in package.lines))

    @invariant()
    def somebody_is_asked_while_not_held(self) -> None:
        """No state that nobody can leave: a brokered line has an open offer, an unfilled one can be resumed."""
        for package in self.newest():
            if package.is_held or not package.is_live:
                continue
            for line in package.lines:
                assert not line.needs_offer
                if line.state is LineState.UNFILLED:
                    assert steps.resume_line(package, line.line_id).package.line(line.line_id).needs_offer

    @invariant()
    def every_open_line_can_be_brought_to_an_end(self) -> None:
        for package in self.newest():
            for line in package.lines:
                if line.state is LineState.STARTED:
                    steps.end_line(package, line.line_id, "independent")
                elif line.is_open:
                    steps.cancel_line(package, line.line_id, "not_needed", self.service.now)

    @invariant()
    def the_holds_are_those_of_the_facts(self) -> None:
        for referral_id in self.service.referrals:
            package = self.service.newest(referral_id)
            again = reconcile(self.service.facts(referral_id), package, self.service.now, POLICY)
            assert (again.package, again.events) == (package, ())

    def newest(self) -> list[Package]:
        return [package for referral_id in self.service.referrals if (package := self.service.newest(referral_id))]

    def teardown(self) -> None:
        self.settle(seed=1)


TestLives = Lives.TestCase
TestLives.settings = settings(
    max_examples=400, stateful_step_count=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
