"""readmission-monitor without its database."""

from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from homeward_kit.envelope import ConsumedEvent, Received
from readmission_monitor.adapters.events.reading import fact_of
from readmission_monitor.adapters.events.telling import published_event
from readmission_monitor.domain.facts import PersonFacts, learn
from readmission_monitor.domain.reconcile import reconcile
from readmission_monitor.domain.stay import PatientKey, StayId
from readmission_monitor.domain.watch import Watch, WatchState
from readmission_monitor.entrypoints.worker import HANDLERS

from .member import PATIENT, Member, models_of

WINDOWS = {"hospital_discharge": 30}


class Monitor(Member):
    name = "readmission-monitor"
    models = models_of(HANDLERS)

    def __init__(self) -> None:
        super().__init__()
        self.facts = PersonFacts(PatientKey(PATIENT))
        self.watches: dict[StayId, Watch] = {}

    def handle(self, received: Received[ConsumedEvent]) -> None:
        fact = fact_of(cast("Received[Any]", received))  # Any: its table of handlers says what it reads
        self.facts = learn(self.facts, fact)
        self.fire()

    def fire(self) -> None:
        for change in reconcile(self.facts, self.watches, WINDOWS, self.now):
            watch = change.watch
            assert change.events, "a watch changed and nobody is told"
            self.watches[watch.stay_id] = watch
            for version, event in enumerate(change.events, start=watch.version - len(change.events) + 1):
                self.tell(published_event(event), f"watch/{watch.watch_id}", version, watch.referral_id)

    def timers(self) -> list[datetime]:
        return [watch.window_ends_at for watch in self.watches.values() if watch.state is WatchState.OPEN]

    @property
    def live(self) -> dict[StayId, Watch]:
        return {key: watch for key, watch in self.watches.items() if watch.state is not WatchState.VOID}

    def live_work(self) -> object:
        return {key: replace(watch, version=0, void_reason=None) for key, watch in self.live.items()}
