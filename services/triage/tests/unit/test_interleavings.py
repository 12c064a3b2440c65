"""Any order across topics, with repeats, leaves the same live work; no order leaves a case nobody can move.

A small spa-intake, a small care-package and three triages: each triage hears each topic in order, but the topics in an
order of its own, and hears old events again. Where they have heard all, they must agree.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import triage_builders as a
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from homeward_kit.values import Refusal
from triage.domain import codes, commands, events
from triage.domain.case import Case, CaseState, Outcome
from triage.domain.facts import (
    JourneyFacts,
    PackageFacts,
    PackageNews,
    PersonFacts,
    ReferralFacts,
    ReferralNews,
    ReferralState,
    StayFacts,
    learn_package,
    learn_person,
    learn_referral,
    learn_stay,
)
from triage.domain.reconcile import reconcile

News = ReferralNews | PersonFacts | StayFacts | PackageNews
TOPICS = ("referrals", "hospital", "packages")
LIVE = {ReferralState.RECEIVED, ReferralState.QUERIED, ReferralState.ACCEPTED}
RARELY = st.integers(0, 4).map(lambda drawn: drawn == 4)  # what ends a journey, so that most go on
A_MOMENT = timedelta(seconds=1)
REASON = codes.DiffersReason.CLINICAL_JUDGEMENT


@dataclass
class Triage:
    """One triage: what it has heard of each topic, its facts and its cases."""

    heard: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TOPICS, 0))
    referrals: dict[UUID, ReferralFacts] = field(default_factory=dict)
    person: PersonFacts | None = None
    stays: dict[UUID, StayFacts] = field(default_factory=dict)
    packages: dict[UUID, PackageFacts] = field(default_factory=dict)
    cases: dict[UUID, Case] = field(default_factory=dict)
    happened: dict[UUID, list[events.Detail]] = field(default_factory=dict)

    def facts(self, referral_id: UUID) -> JourneyFacts:
        referral = self.referrals[referral_id]
        stay = self.stays.get(referral.stay_id) if referral.stay_id else None
        packages = tuple(package for package in self.packages.values() if package.referral_id == referral_id)
        return JourneyFacts(referral, stay, self.person, packages)

    def hear(self, news: News, now: datetime) -> None:
        if isinstance(news, ReferralNews):
            self.referrals[news.referral_id] = learn_referral(self.referrals.get(news.referral_id), news)
        elif isinstance(news, PersonFacts):
            self.person = learn_person(self.person, news)
        elif isinstance(news, StayFacts):
            self.stays[news.stay_id] = learn_stay(self.stays.get(news.stay_id), news)
        else:
            self.packages[news.package_id] = learn_package(self.packages.get(news.package_id), news)
        self.reconcile_all(now)

    def reconcile_all(self, now: datetime) -> None:
        for referral_id in self.referrals:
            before = self.cases.get(referral_id)
            case, happened = reconcile(self.facts(referral_id), before, now)
            self._keep(referral_id, before, case, [each.detail for each in happened])
            assert reconcile(self.facts(referral_id), case, now) == (case, ())

    def command(self, referral_id: UUID, act: Callable[[Case, JourneyFacts], Outcome]) -> str | list[str]:
        """What happened, or the refusal's code."""
        case = self.cases.get(referral_id)
        if case is None:
            return "no_case"
        try:
            outcome = act(case, self.facts(referral_id))
        except Refusal as refusal:
            return refusal.code
        self._keep(referral_id, case, outcome.case, [each.detail for each in outcome.happened])
        return [type(each.detail).__name__ for each in outcome.happened]

    def _keep(self, referral_id: UUID, before: Case | None, case: Case | None, details: list[events.Detail]) -> None:
        """No transition without an event: a case changes by exactly as many versions as events."""
        if case is None:
            assert not details
            return
        assert case.version == (before.version if before else 0) + len(details)
        assert case == before or details
        self.cases[referral_id] = case
        self.happened.setdefault(referral_id, []).extend(details)

    def live(self) -> dict[UUID, tuple[object, ...]]:
        return {
            referral_id: (
                case.state,
                case.is_paused,
                case.is_returned,
                case.target_on,
                len(case.assessments),
                case.decisions[-1].pathway if case.decisions else None,
                self.facts(referral_id).flags,
            )
            for referral_id, case in self.cases.items()
            if not case.is_closed
        }


@dataclass
class Sent:
    """A referral as spa-intake has it."""

    referral_id: UUID
    state: ReferralState = ReferralState.RECEIVED
    version: int = 0
    before_query: ReferralState | None = None
    was_accepted: bool = False


class World(RuleBasedStateMachine):
    """One person with up to three referrals."""

    triages = 3
    referrals = Bundle("referrals")
    returned = Bundle("returned")

    @initialize()
    def begin(self) -> None:
        self.now = a.NOW
        self.topics: dict[str, list[News]] = {topic: [] for topic in TOPICS}
        self.all = [Triage() for _ in range(self.triages)]
        self.sent: dict[UUID, Sent] = {}
        self.has_died = False
        self.stay = a.stay(revision=0)
        self.package_version = 0
        self.package_lines: dict[UUID, str] = {}

    # --- what spa-intake tells (Any: whatever fields of ReferralNews)

    def tell(self, sent: Sent, state: ReferralState | None = None, **changes: Any) -> None:
        sent.version += 1
        sent.state = state or sent.state
        news = ReferralNews(sent.referral_id, a.PATIENT, "hospital_discharge", sent.version, sent.state)
        self.topics["referrals"].append(replace(news, **changes))

    @rule(target=referrals, is_ready=st.booleans())
    def receive(self, is_ready: bool) -> Any:  # noqa: FBT001 — Hypothesis passes it by name
        if len(self.sent) < 3 and not self.has_died:
            sent = Sent(uuid5(a.REFERRAL, str(len(self.sent))))
            self.sent[sent.referral_id] = sent
            self.tell(sent, coded=a.coded(criteria_to_reside=() if is_ready else ("iv_fluids",)))
            return sent
        return multiple()

    @rule(sent=referrals, shift=st.integers(0, 2))
    def accept(self, sent: Sent, shift: int) -> None:
        if sent.state is ReferralState.RECEIVED and not self.has_died:
            self.now += A_MOMENT
            sent.was_accepted = True
            date = a.TARGET + timedelta(days=shift)
            self.tell(sent, ReferralState.ACCEPTED, accepted_at=self.now, coded=a.coded(expected_discharge_on=date))

    @rule(sent=referrals, to=st.sampled_from(["declined", "withdrawn", "closed"]), is_meant=RARELY)
    def stop(self, sent: Sent, to: str, is_meant: bool) -> None:  # noqa: FBT001 — as above
        if not is_meant or sent.state not in LIVE or (to == "declined" and sent.was_accepted):
            return
        if to != "closed" or sent.was_accepted:
            self.tell(sent, ReferralState(to), stop_reason=to)

    @rule(sent=referrals, shift=st.none() | st.integers(0, 3))
    def amend(self, sent: Sent, shift: int | None) -> None:
        if sent.state in LIVE:
            date = None if shift is None else a.TARGET + timedelta(days=shift)
            self.tell(sent, coded=a.coded(expected_discharge_on=date))

    @rule(sent=referrals, is_ready=st.booleans())
    def change_readiness(self, sent: Sent, is_ready: bool) -> None:  # noqa: FBT001 — as above
        if sent.state in LIVE:
            self.tell(sent, criteria_to_reside=() if is_ready else ("iv_fluids",))

    @rule(sent=referrals)
    def query(self, sent: Sent) -> None:
        if sent.state in LIVE:
            sent.before_query = sent.before_query or sent.state
            self.tell(
                sent,
                ReferralState.QUERIED,
                missing=("needs",),
                is_query_after_acceptance=sent.before_query is ReferralState.ACCEPTED,
            )

    @rule(sent=consumes(returned))
    def hear_of_return(self, sent: Sent) -> None:
        if sent.state is ReferralState.ACCEPTED:
            self.query(sent)

    @rule(sent=referrals)
    def answer(self, sent: Sent) -> None:
        if sent.state is ReferralState.QUERIED:
            back, sent.before_query = sent.before_query, None
            self.tell(sent, back, is_answer=True, coded=a.coded())

    @rule(is_meant=RARELY)
    def die(self, is_meant: bool) -> None:  # noqa: FBT001 — as above
        if is_meant and not self.has_died:
            self.has_died = True
            self.now += A_MOMENT
            self.topics["hospital"].append(PersonFacts(a.PATIENT, self.now))
            for sent in self.sent.values():
                if sent.state in LIVE:
                    self.tell(sent, ReferralState.CLOSED, stop_reason="died")

    @rule()
    def correct_death(self) -> None:
        """Those who died can be referred again; triage hears nothing of it."""
        self.has_died = False

    @rule(is_home=st.booleans(), is_cancelled=st.booleans())
    def move(self, is_home: bool, is_cancelled: bool) -> None:  # noqa: FBT001 — as above
        self.stay = replace(
            self.stay,
            revision=self.stay.revision + 1,
            discharged_at=self.now if is_home else None,
            is_cancelled=is_cancelled,
        )
        self.topics["hospital"].append(self.stay)

    @rule(sent=referrals, is_linked=st.booleans())
    def link(self, sent: Sent, is_linked: bool) -> None:  # noqa: FBT001 — as above
        if sent.version:
            stay_id = self.stay.stay_id
            self.tell(
                sent, linked_stay_id=stay_id if is_linked else None, unlinked_stay_id=None if is_linked else stay_id
            )

    # --- what care-package tells

    @rule(
        sent=referrals,
        state=st.sampled_from(["brokering", "agreed", "unfilled", "handed_back", "ended"]),
        number=st.integers(1, 2),
    )
    def package(self, sent: Sent, state: str, number: int) -> None:
        self.package_version += 1
        line = uuid5(sent.referral_id, f"line/{number}")
        self.package_lines[line] = "brokering" if state == "handed_back" else state
        news = PackageNews(
            package_id=uuid5(sent.referral_id, "package"),
            referral_id=sent.referral_id,
            patient_key=a.PATIENT,
            version=self.package_version,
            lines={each: now for each, now in self.package_lines.items() if each == line},
            handed_back=frozenset({line}) if state == "handed_back" else frozenset(),
            ended_reason="in_hospital" if state == "ended" else None,
        )
        self.topics["packages"].append(news)

    # --- how triage hears it

    def next_for(self, triage: Triage, topic: str) -> bool:
        position = triage.heard[topic]
        if position == len(self.topics[topic]):
            return False
        triage.heard[topic] += 1
        triage.hear(self.topics[topic][position], self.now)
        return True

    @rule(which=st.integers(0, 2), topic=st.sampled_from(TOPICS), number=st.integers(1, 4))
    def deliver(self, which: int, topic: str, number: int) -> None:
        for _ in range(number):
            self.next_for(self.all[which % self.triages], topic)

    @rule(which=st.integers(0, 2), topic=st.sampled_from(TOPICS), position=st.integers(0, 20))
    def repeat(self, which: int, topic: str, position: int) -> None:
        triage = self.all[which % self.triages]
        if triage.heard[topic]:
            triage.hear(self.topics[topic][position % triage.heard[topic]], self.now)

    @rule(hours=st.integers(1, 60))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        for triage in self.all:
            triage.reconcile_all(self.now)

    @rule(orders=st.permutations(TOPICS))
    def settle(self, orders: list[str]) -> None:
        """Everybody hears the rest, each topic by topic in an order of their own."""
        for number, triage in enumerate(self.all):
            for topic in orders[number:] + orders[:number]:
                while self.next_for(triage, topic):
                    pass
        for triage in self.all[1:]:
            assert triage.live() == self.all[0].live()
        for triage in self.all:
            self.check_settled(triage)

    def check_settled(self, triage: Triage) -> None:
        for sent in self.sent.values():
            case = triage.cases.get(sent.referral_id)
            if sent.state not in LIVE:
                assert case is None or case.is_closed, "an open case for a stopped referral"
            elif case is not None:
                assert not case.is_closed or case.closed_reason == "not_suitable", "no live case for a live referral"
            assert (case is not None) is sent.was_accepted, "one case for each accepted referral, none for others"

    # --- what staff do, where everybody has heard the same

    def act(self, sent: Sent, act: Callable[[Case, JourneyFacts], Outcome]) -> str | list[str]:
        self.settle(list(TOPICS))
        answers = [triage.command(sent.referral_id, act) for triage in self.all]
        assert all(answer == answers[0] for answer in answers)
        return answers[0]

    @rule(sent=referrals, finding=st.sampled_from(["meals", "needs_increased", "bed_based_rehabilitation"]))
    def assess(self, sent: Sent, finding: str) -> None:
        assessment = a.assessment(a.NURSE, finding)
        self.act(sent, lambda case, _: commands.record_assessment(case, assessment))

    @rule(sent=referrals, pathway=st.integers(0, 3), note_id=st.none() | st.uuids())
    def decide(self, sent: Sent, pathway: int, note_id: UUID | None) -> None:
        order = a.order(pathway, differs_reason=REASON, note_id=note_id)
        self.act(sent, lambda case, facts: commands.decide(case, facts, order, a.POLICY, self.now))

    @rule(sent=referrals)
    def reopen(self, sent: Sent) -> None:
        self.act(sent, lambda case, _: commands.reopen(case, codes.ReopenReason.NEEDS_CHANGED))

    @rule(sent=referrals, days=st.integers(0, 5))
    def set_target(self, sent: Sent, days: int) -> None:
        date = (self.now + timedelta(days=days)).date()
        self.act(sent, lambda case, _: commands.set_target(case, date, codes.TargetReason.MEDICAL, self.now))

    @rule(target=returned, sent=referrals)
    def return_to_ward(self, sent: Sent) -> Any:
        answer = self.act(sent, lambda case, facts: commands.return_to_ward(case, facts, ("needs",)))
        return sent if answer == ["Returned"] else multiple()

    @rule(sent=referrals, is_meant=RARELY)
    def close(self, sent: Sent, is_meant: bool) -> None:  # noqa: FBT001 — as above
        if is_meant:
            self.act(sent, lambda case, _: commands.close(case, codes.CloseReason.NOT_SUITABLE, self.now))

    # --- what always holds

    @invariant()
    def one_case_opened_once(self) -> None:
        for triage in getattr(self, "all", []):
            for referral_id, details in triage.happened.items():
                kinds = [type(detail) for detail in details]
                assert kinds.count(events.Opened) == 1
                is_closed = triage.cases[referral_id].is_closed
                assert kinds.count(events.Closed) == is_closed

    def teardown(self) -> None:
        """Whatever was reached, the ward and the MDT can go on to a decision, and staff can close the case."""
        if not hasattr(self, "sent"):
            return
        for sent in self.sent.values():
            if sent.state in LIVE and sent.was_accepted:
                self.hear_of_return(sent)  # spa-intake hears of it sooner or later
                self.answer(sent)
                self.change_readiness(sent, is_ready=True)
        self.settle(list(TOPICS))
        for triage in self.all:
            for referral_id, case in list(triage.cases.items()):
                if not case.is_closed:
                    self.finish(triage, referral_id)

    def finish(self, triage: Triage, referral_id: UUID) -> None:
        if triage.cases[referral_id].state is CaseState.DECIDED:
            assert triage.command(referral_id, lambda case, _: commands.reopen(case, codes.ReopenReason.NEEDS_CHANGED))
        bed = a.order(2, differs_reason=REASON, note_id=uuid4())
        decided = triage.command(referral_id, lambda case, facts: commands.decide(case, facts, bed, a.POLICY, self.now))
        assert decided == ["PathwayDecided"]
        closed = triage.command(
            referral_id, lambda case, _: commands.close(case, codes.CloseReason.NOT_SUITABLE, self.now)
        )
        assert closed == ["Closed"]


class HurriedWorld(World):
    """One triage, whose staff act on what they have heard so far: its stops and marks must still come out right."""

    triages = 1

    def act(self, sent: Sent, act: Callable[[Case, JourneyFacts], Outcome]) -> str | list[str]:
        return self.all[0].command(sent.referral_id, act)


TestAnyOrder = World.TestCase
TestAnyOrder.settings = settings(
    max_examples=300, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
)
TestHurriedStaff = HurriedWorld.TestCase
TestHurriedStaff.settings = TestAnyOrder.settings
