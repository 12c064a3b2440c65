"""triage without its database."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from homeward_kit.envelope import ConsumedEvent, Received
from triage.adapters.events import consumed
from triage.adapters.events.reading import news_of
from triage.adapters.events.telling import told
from triage.domain.case import Case, CaseState, Happened, Outcome
from triage.domain.codes import Role
from triage.domain.facts import (
    JourneyFacts,
    News,
    PackageFacts,
    PackageNews,
    PersonFacts,
    ReferralFacts,
    ReferralNews,
    StayFacts,
    learn_package,
    learn_person,
    learn_referral,
    learn_stay,
)
from triage.domain.quorum import Quorum
from triage.domain.reconcile import reconcile
from triage.domain.target import overdue_at
from triage.entrypoints.worker import HANDLERS

from .member import Member, models_of

NURSE = Quorum((frozenset({Role.NURSE}),))
POLICY = dict.fromkeys(range(4), NURSE)  # quorums have tests of their own
Act = Callable[[Case, JourneyFacts], Outcome]


class Triage(Member):
    name = "triage"
    models = models_of(HANDLERS)

    def __init__(self) -> None:
        super().__init__()
        self.referrals: dict[UUID, ReferralFacts] = {}
        self.stays: dict[UUID, StayFacts] = {}
        self.people: dict[UUID, PersonFacts] = {}
        self.packages: dict[UUID, PackageFacts] = {}
        self.cases: dict[UUID, Case] = {}  # by referral

    def facts(self, referral_id: UUID) -> JourneyFacts:
        referral = self.referrals[referral_id]
        stay = self.stays.get(referral.stay_id) if referral.stay_id else None
        packages = (self.packages[key] for key in sorted(self.packages))
        person = self.people.get(referral.patient_key)
        return JourneyFacts(referral, stay, person, tuple(each for each in packages if each.referral_id == referral_id))

    def order(self, referral_id: UUID, act: Act) -> None:
        outcome = act(self.cases[referral_id], self.facts(referral_id))
        self._keep(referral_id, outcome.case, outcome.happened)

    def handle(self, received: Received[ConsumedEvent]) -> None:
        event = received.payload
        if isinstance(event, consumed.AliasIn):
            self.keys.hear(event.revision, is_merged=isinstance(event, consumed.PatientMergedIn))
            self.fire()
            return
        for news in news_of(cast("Received[Any]", received)):  # Any: its table of handlers says what it reads
            self._learn(news)
            self._turn(self.keys.of(news.patient_key))

    def fire(self) -> None:
        for keys in self.keys.groups:
            self._turn(keys)

    def _turn(self, keys: Collection[UUID]) -> None:
        """Handlers and timers alike: the person's cases follow the facts and the time."""
        for referral_id in sorted(self.referrals):
            if self.referrals[referral_id].patient_key not in keys:
                continue
            case, happened = reconcile(self.facts(referral_id), self.cases.get(referral_id), self.now)
            self._keep(referral_id, case, happened)

    def _learn(self, news: News) -> None:
        match news:
            case ReferralNews():
                self.referrals[news.referral_id] = learn_referral(self.referrals.get(news.referral_id), news)
            case StayFacts():
                self.stays[news.stay_id] = learn_stay(self.stays.get(news.stay_id), news)
            case PersonFacts():
                self.people[news.patient_key] = learn_person(self.people.get(news.patient_key), news)
            case PackageNews():
                self.packages[news.package_id] = learn_package(self.packages.get(news.package_id), news)

    def _keep(self, referral_id: UUID, case: Case | None, happened: Iterable[Happened]) -> None:
        before = self.cases.get(referral_id)
        events = list(happened)
        assert (case.version if case else 0) == (before.version if before else 0) + len(events)
        assert case == before or events, "a case changed and nobody is told"
        state = before.state if before else CaseState.OPEN
        for each in events:
            self.taken.add((state, type(each.detail)))
            state = each.case.state
        if case is not None:
            self.cases[referral_id] = case
        for each in events:
            self.tell(told(each), f"case/{each.case.case_id}", each.case.version, each.case.patient_key, referral_id)

    def timers(self) -> list[datetime]:
        due = (overdue_at(case, self.facts(referral_id)) for referral_id, case in self.cases.items())
        return [at for at in due if at is not None]

    def live_work(self) -> object:
        return set(self.cases), {
            referral_id: (
                case.state,
                case.is_paused,
                case.is_returned,
                case.target_on,
                case.assessments,
                case.decisions,
                self.facts(referral_id).flags,
            )
            for referral_id, case in self.cases.items()
            if case.state is not CaseState.CLOSED
        }
