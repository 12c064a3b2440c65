"""A person's watches, computed from the facts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid5

import monitor_builders as a
import pytest

from readmission_monitor.domain.facts import DeathKnown, PersonFacts, Unlinked, Withdrawn, learn
from readmission_monitor.domain.reconcile import reconcile
from readmission_monitor.domain.stay import PatientKey, Stay, StayId
from readmission_monitor.domain.watch import TRANSITIONS, Watch, WatchEvent, WatchEventKind, WatchState

DAY_10 = a.DISCHARGED_AT + timedelta(days=10)
DAY_30 = a.DISCHARGED_AT + timedelta(days=30)
WATCHED = a.facts_of(a.accepted(), a.linked(a.stay()))


class Monitor:
    """Keeps watches as the service does: changes are put beside what was there."""

    def __init__(self) -> None:
        self.watches: dict[StayId, Watch] = {}
        self.events: list[WatchEvent] = []

    def sees(self, facts: PersonFacts, now: datetime = DAY_10) -> list[str]:
        told: list[WatchEvent] = []
        for change in reconcile(facts, self.watches, a.WINDOWS, now):
            self.watches[change.watch.stay_id] = change.watch
            told += change.events
        self.events += told
        return [f"{event.kind}:{event.state}" for event in told]

    @property
    def states(self) -> list[str]:
        return [watch.state.value for watch in self.watches.values()]


def test_a_discharge_with_an_accepted_referral_starts_a_watch() -> None:
    monitor = Monitor()
    assert monitor.sees(WATCHED) == ["started:open"]
    watch = monitor.watches[a.stay_id("A")]
    assert watch.referral_id == a.referral_id("R")
    # 14:00 UTC on 1 June; day 30 begins at midnight in London on 1 July
    assert watch.window_ends_at == datetime.fromisoformat("2026-06-30T23:00:00Z")
    assert monitor.sees(WATCHED) == []


@pytest.mark.parametrize(
    "facts",
    [
        a.facts_of(a.stay()),
        a.facts_of(a.accepted(), a.stay()),
        a.facts_of(a.linked(a.stay())),
        a.facts_of(a.accepted(), a.linked(a.stay(discharged_at=None))),
        a.facts_of(a.accepted(), a.linked(a.stay(is_cancelled=True))),
        a.facts_of(a.accepted(), a.linked(a.stay(discharge_method="4"))),
        a.facts_of(replace(a.accepted(), kind="care_home"), a.linked(a.stay())),
        a.facts_of(
            a.accepted(),
            a.linked(a.stay()),
            Withdrawn(a.referral_id("R"), a.DISCHARGED_AT - timedelta(hours=1)),
        ),
        a.facts_of(a.accepted(), a.linked(a.stay()), Unlinked(a.referral_id("R"), version=4)),
    ],
    ids=[
        "no referral",
        "not linked",
        "not accepted",
        "in hospital",
        "admission cancelled",
        "died in hospital",
        "kind without a watch",
        "withdrawn before",
        "unlinked",
    ],
)
def test_no_watch(facts: PersonFacts) -> None:
    assert Monitor().sees(facts) == []


def test_a_withdrawal_after_the_discharge_changes_nothing() -> None:
    withdrawn = Withdrawn(a.referral_id("R"), a.DISCHARGED_AT + timedelta(hours=1))
    assert Monitor().sees(learn(WATCHED, withdrawn)) == ["started:open"]


def test_the_watch_carries_the_youngest_accepted_referral() -> None:
    monitor = Monitor()
    monitor.sees(WATCHED)
    younger = a.accepted("S", at=a.DISCHARGED_AT - timedelta(days=1))
    assert monitor.sees(a.learn_all(WATCHED, [younger, a.linked(a.stay(), "S")])) == ["started:open"]
    assert monitor.watches[a.stay_id("A")].referral_id == a.referral_id("S")


def test_a_readmission_is_detected_once_and_retracted_when_it_is_cancelled() -> None:
    monitor = Monitor()
    monitor.sees(WATCHED)
    readmitted = learn(WATCHED, a.readmission())
    assert monitor.sees(readmitted) == ["detected:readmitted"]
    assert monitor.sees(readmitted, DAY_30) == []
    taken_back = learn(readmitted, replace(a.readmission(revision=2), is_cancelled=True))
    assert monitor.sees(taken_back) == ["retracted:open"]
    assert monitor.events[-1].reason == "admission_cancelled"


def test_a_detection_whose_admission_is_corrected_is_said_again() -> None:
    monitor = Monitor()
    monitor.sees(learn(WATCHED, a.readmission(days=5)))
    corrected = learn(WATCHED, a.readmission(days=6, revision=2))
    assert monitor.sees(corrected) == ["retracted:readmitted", "detected:readmitted"]
    assert [event.reason for event in monitor.events[-2:]] == ["corrected", None]


def test_day_30_completes_and_late_data_still_count() -> None:
    monitor = Monitor()
    monitor.sees(WATCHED)
    assert monitor.sees(WATCHED, DAY_30) == ["completed:completed"]
    readmitted = learn(WATCHED, a.readmission(days=29))
    assert monitor.sees(readmitted, DAY_30) == ["detected:readmitted"]
    taken_back = learn(readmitted, replace(a.readmission(days=29, revision=2), is_cancelled=True))
    assert monitor.sees(taken_back, DAY_30) == ["retracted:completed", "completed:completed"]


def test_a_death_ends_the_watch_and_its_correction_starts_it_again() -> None:
    monitor = Monitor()
    monitor.sees(WATCHED)
    died = learn(WATCHED, DeathKnown(a.PATIENT, 1, a.DISCHARGED_AT + timedelta(days=4)))
    assert monitor.sees(died) == ["ended:died"]
    assert monitor.sees(learn(died, a.readmission(days=3))) == ["detected:readmitted"]
    monitor = Monitor()
    monitor.sees(died)
    assert monitor.sees(learn(died, DeathKnown(a.PATIENT, 2, None))) == ["started:open"]


def test_a_death_after_the_window_ends_nothing() -> None:
    died = learn(WATCHED, DeathKnown(a.PATIENT, 1, DAY_30))
    assert Monitor().sees(died, DAY_30) == ["started:open", "completed:completed"]


@pytest.mark.parametrize(
    ("newer", "reason"),
    [
        (a.stay(revision=2, discharged_at=None), "discharge_cancelled"),
        (a.stay(revision=2, is_cancelled=True), "admission_cancelled"),
        (a.stay(revision=2, discharge_method="4"), "discharged_by_death"),
    ],
)
def test_a_discharge_taken_back_voids_the_watch_until_it_is_made_again(newer: Stay, reason: str) -> None:
    monitor = Monitor()
    monitor.sees(WATCHED)
    void = learn(WATCHED, newer)
    assert monitor.sees(void) == ["voided:void"]
    assert monitor.events[-1].reason == reason
    assert monitor.sees(void, DAY_30) == []
    assert monitor.sees(learn(void, a.stay(revision=3))) == ["started:open"]


def test_a_readmitted_watch_that_is_voided_takes_its_detection_back() -> None:
    monitor = Monitor()
    readmitted = learn(WATCHED, a.readmission())
    monitor.sees(readmitted)
    void = learn(readmitted, Unlinked(a.referral_id("R"), version=4))
    assert monitor.sees(void) == ["retracted:void", "voided:void"]
    assert monitor.events[-1].reason == "no_referral"


def test_two_discharges_have_two_watches_and_one_readmission_counts_once() -> None:
    first = a.stay("A")
    second = replace(a.readmission("B", days=5), discharged_at=a.DISCHARGED_AT + timedelta(days=8))
    third = a.readmission("C", days=10)
    facts = a.facts_of(a.accepted("R"), a.linked(first, "R"), a.accepted("S"), a.linked(second, "S"), third)
    monitor = Monitor()
    monitor.sees(facts)
    assert monitor.states == ["readmitted", "readmitted"]
    counted = [watch.readmission.stay_id for watch in monitor.watches.values() if watch.readmission]
    assert counted == [a.stay_id("B"), a.stay_id("C")]


OTHER = PatientKey(uuid5(a.PATIENT, "another key"))


def _merged(facts: PersonFacts) -> PersonFacts:
    return replace(facts, keys=facts.keys | {OTHER})


def test_a_merge_makes_the_other_key_s_stay_a_readmission_and_its_undoing_takes_it_back() -> None:
    monitor = Monitor()
    known = learn(WATCHED, replace(a.readmission(), patient_key=OTHER))
    assert monitor.sees(known) == ["started:open"]
    assert monitor.sees(_merged(known)) == ["detected:readmitted"]
    assert monitor.sees(known) == ["retracted:open"]
    assert monitor.events[-1].reason == "other_person"


def test_a_death_told_of_either_key_ends_the_watch() -> None:
    monitor = Monitor()
    monitor.sees(WATCHED)
    died = learn(WATCHED, DeathKnown(OTHER, 1, a.DISCHARGED_AT + timedelta(days=4)))
    assert monitor.sees(_merged(died)) == ["ended:died"]


def test_a_stay_of_another_person_is_not_watched_because_a_referral_was_linked_to_it() -> None:
    theirs = a.stay(patient_key=OTHER)
    facts = a.facts_of(a.accepted(), a.linked(theirs))
    assert Monitor().sees(facts) == []
    monitor = Monitor()
    assert monitor.sees(_merged(facts)) == ["started:open"]
    assert monitor.watches[theirs.stay_id].patient_key == OTHER


def test_every_change_of_state_has_an_event_and_every_event_a_change() -> None:
    states: Sequence[WatchState] = list(WatchState)
    changes = {(old, new) for old in states for new in states} - {(WatchState.VOID, WatchState.VOID)}
    assert set(TRANSITIONS) == changes
    assert all(TRANSITIONS.values())
    assert {kind for kinds in TRANSITIONS.values() for kind in kinds} == set(WatchEventKind)
