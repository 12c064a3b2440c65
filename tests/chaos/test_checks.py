"""The checker sees what it is there to see: each broken promise, and none where all were kept."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from homeward_local.demo.ways import Way

from .checks import Fault, check
from .evidence import Evidence, Logged, Record, Row, consumer_of
from .history import History, Outcome, Promise, Submit

NOW = datetime(2026, 11, 22, tzinfo=UTC)
REFERRAL, PERSON, STAY, LATER_STAY, WATCH, CASE = (uuid4() for _ in range(6))
TOLD = (
    ("spa-intake", "discharge-hospital-activity", "patient.admitted", f"stay/{STAY}", 1),
    ("spa-intake", "discharge-referrals", "referral.received", f"referral/{REFERRAL}", 1),
    ("spa-intake", "discharge-referrals", "referral.stay_linked", f"referral/{REFERRAL}", 2),
    ("spa-intake", "discharge-referrals", "referral.accepted", f"referral/{REFERRAL}", 3),
    ("triage", "discharge-triage", "case.opened", f"case/{CASE}", 1),
    ("triage", "discharge-triage", "pathway.decided", f"case/{CASE}", 2),
    ("care-package", "discharge-care-packages", "package.opened", "package/p", 1),
    ("care-package", "discharge-care-packages", "package.agreed", "package/p", 4),
    ("readmission-monitor", "discharge-outcomes", "watch.started", f"watch/{WATCH}", 1),
    ("readmission-monitor", "discharge-outcomes", "readmission.detected", f"watch/{WATCH}", 2),
)
LOGGED = [
    Logged(service, seq, f"event-{seq}", f"discharge.{name}.v1", topic, str(PERSON), subject, version)
    for seq, (service, topic, name, subject, version) in enumerate(TOLD)
]
ROWS: dict[str, list[Row]] = {
    "referrals": [
        {"referral_id": REFERRAL, "patient_key": PERSON, "state": "accepted", "accepted_at": NOW, "stay_id": STAY}
        | {"nhs_number": "9990000000"}
    ],
    "stays": [
        {"stay_id": STAY, "patient_key": PERSON, "discharged_at": NOW},
        {"stay_id": LATER_STAY, "patient_key": PERSON, "discharged_at": None},
    ],
    "shown": [{"referral_id": REFERRAL, "referral_state": "accepted"}],
    "progress": [
        {"referral_id": REFERRAL, "case_state": "decided", "package_state": "agreed", "watch_state": "readmitted"}
    ],
    "cases": [{"case_id": CASE, "referral_id": REFERRAL, "state": "decided"}],
    "decisions": [{"referral_id": REFERRAL, "lines": 1}],
    "packages": [{"package_id": UUID(int=1), "referral_id": REFERRAL, "state": "agreed"}],
    "lines": [{"line_id": UUID(int=2), "state": "agreed", "accepted": 1}],
    "watches": [{"watch_id": WATCH, "stay_id": STAY, "referral_id": REFERRAL, "state": "readmitted"}],
}
GOOD = Evidence(
    logged=LOGGED,
    records=[Record(event.id, event.type, event.topic, event.key) for event in LOGGED] * 2,  # sent again: no harm
    rows=ROWS,
    seen={"triage": {"event-3"}},
    waiting={"triage: outbox": 0},
    consumers={"discharge.referral.accepted.v1": ["triage"]},
)
Change = Callable[[Evidence], Evidence]


def _history() -> History:
    return History(
        submits=[
            Submit("9990000000", Way.REST, Outcome.OK, str(REFERRAL)),
            Submit("9990000018", Way.FHIR, Outcome.UNKNOWN),
        ],
        journeys=[Promise("9990000000", is_discharged=True, comes_back=True, is_finished=True)],
        acknowledged_events={"spa-intake": ["event-1", "event-3"]},
    )


def _rows(name: str, *rows: dict[str, object]) -> Change:
    return lambda good: replace(good, rows=good.rows | {name: list(rows)})


def _twice(name: str) -> Change:
    return lambda good: replace(good, rows=good.rows | {name: good.rows[name] * 2})


def _logged(*numbers: int) -> Change:
    return lambda good: replace(good, logged=[good.logged[number] for number in numbers])


def _swapped(good: Evidence) -> Evidence:
    records = good.records[: len(good.logged)]
    records[1], records[3] = records[3], records[1]
    return replace(good, records=records)


def test_nothing_is_found_where_every_promise_was_kept() -> None:
    assert check(_history(), GOOD) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (_rows("referrals"), Fault.LOST),
        (_twice("referrals"), Fault.REPEATED),
        (_rows("shown"), Fault.LOST),
        (_rows("shown", {"referral_id": REFERRAL, "referral_state": "received"}), Fault.LOST),
        (_rows("progress"), Fault.LOST),
        (_rows("cases"), Fault.LOST),
        (_twice("cases"), Fault.REPEATED),
        (_rows("packages"), Fault.LOST),
        (_twice("packages"), Fault.REPEATED),
        (_rows("lines", {"line_id": UUID(int=2), "state": "agreed", "accepted": 0}), Fault.LOST),
        (_rows("lines", {"line_id": UUID(int=2), "state": "agreed", "accepted": 2}), Fault.REPEATED),
        (_rows("watches"), Fault.LOST),
        (_twice("watches"), Fault.REPEATED),
        (lambda good: replace(good, logged=good.logged[:-1]), Fault.LOST),
        (lambda good: replace(good, logged=[*good.logged, good.logged[-1]]), Fault.REPEATED),
        (lambda good: replace(good, records=good.records[1 : len(good.logged)]), Fault.LOST),
        (_swapped, Fault.REORDERED),
        (_logged(0, 1, 3, 4, 5, 6, 7, 8, 9), Fault.LOST),
        (_logged(0, 1, 3, 2, 4, 5, 6, 7, 8, 9), Fault.REORDERED),
        (lambda good: replace(good, seen={}), Fault.LOST),
        (lambda good: replace(good, waiting={"triage: open dead letters": 1}), Fault.LOST),
    ],
)
def test_a_broken_promise_is_found(change: Change, fault: Fault) -> None:
    assert fault in {finding.fault for finding in check(_history(), change(GOOD))}


def test_a_journey_that_came_to_no_end_is_lost() -> None:
    history = _history()
    history.journeys[0].is_finished = False
    assert [finding.fault for finding in check(history, GOOD)] == [Fault.LOST]


def test_an_event_that_an_answer_named_must_be_in_the_log() -> None:
    history = _history()
    history.acknowledged_events["triage"] = ["event-1"]  # it is spa-intake's
    assert [finding.fault for finding in check(history, GOOD)] == [Fault.LOST]


def test_an_unanswered_submit_may_be_there_once_and_no_more() -> None:
    once = {**ROWS["referrals"][0], "referral_id": uuid4(), "nhs_number": "9990000018", "accepted_at": None}
    shown = [*ROWS["shown"], {"referral_id": once["referral_id"], "referral_state": "accepted"}]
    there = replace(GOOD, rows=ROWS | {"referrals": [*ROWS["referrals"], once], "shown": shown})
    assert check(_history(), there) == []
    twice = replace(there, rows=there.rows | {"referrals": [*there.rows["referrals"], once]})
    assert {finding.fault for finding in check(_history(), twice)} == {Fault.REPEATED}


def test_the_read_model_is_the_generation_that_pages_read() -> None:
    first, second = "spa-intake-read-model", "spa-intake-read-model-2"
    assert [consumer_of(group, first) for group in (first, second, "triage")] == [first, f"former {second}", "triage"]
    assert [consumer_of(group, second) for group in (first, second)] == [f"former {first}", first]
