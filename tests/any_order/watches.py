"""readmission-monitor without its database."""

from dataclasses import replace
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from homeward_kit.envelope import ConsumedEvent, Received
from readmission_monitor.adapters.events import consumed
from readmission_monitor.adapters.events.reading import fact_of
from readmission_monitor.adapters.events.telling import published_event
from readmission_monitor.domain.facts import PersonFacts, ReferralFact, learn
from readmission_monitor.domain.reconcile import reconcile
from readmission_monitor.domain.stay import PatientKey, ReferralId, StayId
from readmission_monitor.domain.watch import Watch, WatchState
from readmission_monitor.entrypoints.worker import HANDLERS

from .member import PATIENT, Member, models_of

WINDOWS = {"hospital_discharge": 30}
KEY = PatientKey(PATIENT)


class Monitor(Member):
    name = "readmission-monitor"
    models = models_of(HANDLERS)

    def __init__(self) -> None:
        super().__init__()
        self.facts = PersonFacts(KEY, frozenset({KEY}))  # of everybody; read by person
        self.key_of: dict[ReferralId, UUID] = {}
        self.watches: dict[StayId, Watch] = {}

    def handle(self, received: Received[ConsumedEvent]) -> None:
        event = received.payload
        if isinstance(event, consumed.AliasIn):
            self.keys.hear(event.revision, is_merged=isinstance(event, consumed.PatientMergedIn))
            self.fire()
            return
        fact = fact_of(cast("Received[Any]", received))  # Any: its table of handlers says what it reads
        self.facts = learn(self.facts, fact)
        key = UUID(received.key)
        if isinstance(fact, ReferralFact):
            self.key_of[fact.referral_id] = key
        self._turn(self.keys.of(key))

    def fire(self) -> None:
        for keys in self.keys.groups:
            self._turn(keys)

    def _turn(self, keys: frozenset[UUID]) -> None:
        """Of everything what is filed under the person's keys, as the service reads it."""
        facts = replace(
            self.facts,
            keys=frozenset(PatientKey(key) for key in keys),
            stays={stay_id: stay for stay_id, stay in self.facts.stays.items() if stay.patient_key in keys},
            referrals={
                referral_id: referral
                for referral_id, referral in self.facts.referrals.items()
                if self.key_of[referral_id] in keys
            },
            deaths={key: death for key, death in self.facts.deaths.items() if key in keys},
        )
        watches = {stay_id: watch for stay_id, watch in self.watches.items() if watch.patient_key in keys}
        for change in reconcile(facts, watches, WINDOWS, self.now):
            watch = change.watch
            assert change.events, "a watch changed and nobody is told"
            known = self.watches.get(watch.stay_id)
            self.taken.add((known.state if known else WatchState.VOID, watch.state))
            self.watches[watch.stay_id] = watch
            for version, event in enumerate(change.events, start=watch.version - len(change.events) + 1):
                self.tell(
                    published_event(event), f"watch/{watch.watch_id}", version, watch.patient_key, watch.referral_id
                )

    def timers(self) -> list[datetime]:
        return [watch.window_ends_at for watch in self.watches.values() if watch.state is WatchState.OPEN]

    @property
    def live(self) -> dict[StayId, Watch]:
        return {key: watch for key, watch in self.watches.items() if watch.state is not WatchState.VOID}

    def live_work(self) -> object:
        return {key: replace(watch, version=0, void_reason=None) for key, watch in self.live.items()}
