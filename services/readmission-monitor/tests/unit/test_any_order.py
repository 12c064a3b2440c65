"""Whatever the order of the topics and however often a message comes, the same watches are left."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid5

import monitor_builders as a
from hypothesis import given, settings
from hypothesis import strategies as st

from readmission_monitor.domain.facts import DeathKnown, Fact, PersonFacts, Unlinked, Withdrawn, learn
from readmission_monitor.domain.reconcile import reconcile
from readmission_monitor.domain.stay import PatientKey, Stay, StayId
from readmission_monitor.domain.watch import Watch, WatchEvent, WatchEventKind, WatchState

START = a.DISCHARGED_AT
STAYS = ("A", "B", "C")
OTHER = PatientKey(uuid5(a.PATIENT, "another key"))
KEYS = {"A": a.PATIENT, "B": a.PATIENT, "C": OTHER}  # by stay
REFERRALS = ("R", "S", "T")
AFTERWARDS = START + timedelta(days=400)


@dataclass(frozen=True)
class Word:
    """What is said of the two keys."""

    version: int
    is_merged: bool


Told = Fact | Word

# half-days, so that stays often follow one another within the window, and sometimes at the same moment
moments = st.integers(min_value=0, max_value=80).map(lambda number: START + timedelta(hours=12 * number))


@st.composite
def revisions(draw: st.DrawFn, name: str) -> list[Stay]:
    """A stay as it is published: corrected, discharged, taken back and made again as it may come."""
    told = []
    first_admitted_at = draw(moments)
    for revision in range(1, draw(st.sampled_from([1, 2, 2, 3])) + 1):
        admitted_at = draw(st.just(first_admitted_at) | moments)
        length = draw(st.sampled_from([None, 0, 6, 24, 24, 60, 120]))
        told.append(
            replace(
                a.stay(name, patient_key=KEYS[name], revision=revision, admitted_at=admitted_at),
                discharged_at=None if length is None else admitted_at + timedelta(hours=length),
                admission_method=draw(st.sampled_from(["21", "21", "21", "28", "2B", "11"])),
                discharge_destination=draw(st.sampled_from(["19", "19", "19", "51"])),
                discharge_method=draw(st.sampled_from(["1"] * 5 + ["4"])),
                is_cancelled=draw(st.sampled_from([False] * 5 + [True])),
            )
        )
    return told


@st.composite
def hospital_activity(draw: st.DrawFn) -> list[Told]:
    """One topic of one person: the stays' revisions, deaths and merges, each in its own order."""
    histories: list[list[Told]] = [list(draw(revisions(name))) for name in STAYS]
    for key in (a.PATIENT, OTHER):
        deaths = draw(st.lists(st.none() | moments, max_size=1))
        histories.append([DeathKnown(key, number, died_at) for number, died_at in enumerate(deaths, start=1)])
    words = draw(st.sampled_from([[], [True], [True], [True, False], [True, False, True]]))
    histories.append([Word(version, is_merged) for version, is_merged in enumerate(words, start=1)])
    return draw(interleaved(histories))


@st.composite
def referral_events(draw: st.DrawFn, name: str, stays: Sequence[Told]) -> list[Told]:
    """The events of one referral; a link carries the stay at any of its revisions."""
    told: list[Told] = []
    known = [fact for fact in stays if isinstance(fact, Stay)]
    usual = draw(st.permutations(["accept", "link"]))
    unusual = draw(st.lists(st.sampled_from(["accept", "link", "unlink", "withdraw"]), max_size=2))
    for version, what in enumerate(draw(st.sampled_from([[*usual, *unusual], unusual])), start=1):
        if what == "accept":
            linked_to = draw(st.none() | st.sampled_from(STAYS).map(a.stay_id))
            told.append(replace(a.accepted(name, at=draw(moments), version=version), stay_id=linked_to))
        elif what == "link":
            told.append(a.linked(draw(st.sampled_from(known)), name, version=version))
        elif what == "unlink":
            told.append(Unlinked(a.referral_id(name), version))
        else:
            told.append(Withdrawn(a.referral_id(name), draw(moments)))
    return told


@st.composite
def interleaved(draw: st.DrawFn, topics: Sequence[Sequence[Told]]) -> list[Told]:
    """One of the orders that keep each topic's own."""
    turns = draw(st.permutations([number for number, topic in enumerate(topics) for _ in topic]))
    feeds = [iter(topic) for topic in topics]
    return [next(feeds[number]) for number in turns]


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Told], list[Told]]:
    """The same messages twice: topic after topic, and interleaved with repeats of what was seen already."""
    activity = draw(hospital_activity())
    referrals = draw(interleaved([draw(referral_events(name, activity)) for name in REFERRALS]))
    order = draw(interleaved([activity, referrals]))
    arrivals: list[Told] = []
    for fact in order:
        arrivals.append(fact)
        arrivals += draw(st.lists(st.sampled_from(arrivals), max_size=1))
    return [*activity, *referrals], arrivals


class Monitor:
    """The service without its database: facts of two keys, watches, and everything it told."""

    def __init__(self) -> None:
        self.facts = PersonFacts(a.PATIENT, frozenset({a.PATIENT}))
        self.word = Word(0, is_merged=False)
        self.watches: dict[StayId, Watch] = {}
        self.told: list[WatchEvent] = []

    def receive(self, told: Told, now: datetime) -> None:
        if isinstance(told, Word):
            self.word = max(self.word, told, key=lambda word: word.version)
        else:
            self.facts = learn(self.facts, told)
        self.turn(now)

    @property
    def groups(self) -> list[frozenset[PatientKey]]:
        both = frozenset({a.PATIENT, OTHER})
        return [both] if self.word.is_merged else [frozenset({key}) for key in sorted(both)]

    def turn(self, now: datetime) -> None:
        """Of each person what is filed under their keys, as the service reads it."""
        for keys in self.groups:
            facts = PersonFacts(
                min(keys),
                keys,
                stays={stay.stay_id: stay for stay in self.facts.stays.values() if stay.patient_key in keys},
                referrals=self.facts.referrals if a.PATIENT in keys else {},
                deaths={key: death for key, death in self.facts.deaths.items() if key in keys},
            )
            watches = {stay_id: watch for stay_id, watch in self.watches.items() if watch.patient_key in keys}
            for change in reconcile(facts, watches, a.WINDOWS, now):
                self.watches[change.watch.stay_id] = change.watch
                self.told += change.events

    @property
    def live(self) -> dict[StayId, Watch]:
        return {
            stay_id: replace(watch, version=0, void_reason=None)
            for stay_id, watch in self.watches.items()
            if watch.state is not WatchState.VOID
        }


def monitored(arrivals: Sequence[Told], times: Sequence[datetime], until: datetime) -> Monitor:
    monitor = Monitor()
    for fact, now in zip(arrivals, times, strict=True):
        monitor.receive(fact, now)
    monitor.turn(until)
    return monitor


@settings(max_examples=400, deadline=None)
@given(deliveries(), st.integers(min_value=0, max_value=80), st.data())
def test_any_order_leaves_the_same_watches(both: tuple[list[Told], list[Told]], days: int, data: st.DataObject) -> None:
    in_order, arrivals = both
    until = START + timedelta(days=days)
    reference = monitored(in_order, [START] * len(in_order), until)
    # time passes while the messages come, so windows may end before the facts are complete
    passing = data.draw(st.lists(st.integers(0, days), min_size=len(arrivals), max_size=len(arrivals)))
    monitor = monitored(arrivals, sorted(START + timedelta(days=day) for day in passing), until)
    assert monitor.live == reference.live
    assert_one_watch_per_live_discharge(monitor)
    assert_one_detection_per_readmission(monitor)
    monitor.turn(AFTERWARDS)
    assert WatchState.OPEN not in {watch.state for watch in monitor.watches.values()}


def assert_one_watch_per_live_discharge(monitor: Monitor) -> None:
    """Read from the facts alone, in the words of the rule."""
    expected = set()
    referred = next(keys for keys in monitor.groups if a.PATIENT in keys)
    for stay in (one for one in monitor.facts.stays.values() if one.patient_key in referred):
        for referral in monitor.facts.referrals.values():
            left = None if stay.is_cancelled or stay.discharge_method == "4" else stay.discharged_at
            if left is None or referral.stay_id != stay.stay_id or referral.accepted_at is None:
                continue
            if referral.withdrawn_at is None or referral.withdrawn_at >= left:
                expected.add(stay.stay_id)
    assert set(monitor.live) == expected


def assert_one_detection_per_readmission(monitor: Monitor) -> None:
    """Detections less retractions: one for each watch now readmitted, and no admission counted twice."""
    standing: Counter[tuple[StayId, StayId]] = Counter()
    for event in monitor.told:
        if event.readmission:
            change = 1 if event.kind is WatchEventKind.DETECTED else -1
            standing[event.watch.stay_id, event.readmission.stay_id] += change
            assert standing[event.watch.stay_id, event.readmission.stay_id] in {0, 1}
    counted = {(key, watch.readmission.stay_id) for key, watch in monitor.live.items() if watch.readmission}
    assert {pair for pair, number in standing.items() if number} == counted
    assert len({readmission for _, readmission in counted}) == len(counted)
    assert all(index != readmission for index, readmission in counted)
