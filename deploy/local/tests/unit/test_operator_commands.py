"""What operators read: letters as a table and in sentences, who publishes on a topic, times."""

from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO

import pytest
from rich.console import Console

from homeward_kit import replay
from homeward_local.errors import StackError
from homeward_local.letters import Letter, Outcome, Reason, only_one
from homeward_local.letters_shown import description, sentence, table_of
from homeward_local.republishing import parse_since, publishers
from homeward_local.topics import catalogue

LETTER = Letter(
    id="0a1b2c3d-0000-4000-8000-000000000001",
    service="triage",
    group="triage",
    topic="discharge-referrals",
    partition=3,
    offset=41,
    key="5d3c6a52-7e0b-4c1d-9a44-000000000001",
    event_id="5d3c6a52-7e0b-4c1d-9a44-000000000099",
    type="discharge.referral.accepted.v1",
    error_class="pydantic_core.ValidationError",
    error_code="facts.hospital:missing",
    state="open",
    recorded_at="2026-11-22T09:30:12.123456Z",
    parked=2,
)
SERVICES = ("spa-intake", "triage", "care-package", "readmission-monitor")


def outcome(verb: str, *, is_dry_run: bool = False, error_code: str | None = None) -> Outcome:
    return Outcome(LETTER, verb, is_dry_run, error_code is None, error_code, parked_applied=2, parked_left=1)


def test_the_reasons_are_those_that_the_services_accept() -> None:
    assert [reason.value for reason in Reason] == [reason.value for reason in replay.Reason]


def test_a_letter_is_a_line_of_the_table() -> None:
    console = Console(width=200, record=True, file=StringIO())
    console.print(table_of([LETTER, replace(LETTER, type=None, event_id=None)]))
    first, second = console.export_text().splitlines()[1:3]
    assert first.split() == [
        "0a1b2c3d",
        "triage",
        "triage",
        "referral.accepted",
        "discharge-referrals",
        "facts.hospital:missing",
        "2",
        "open",
        "2026-11-22",
        "09:30",
    ]
    assert second.split()[3] == "unknown"


def test_the_description_names_the_record_and_the_reason() -> None:
    shown = dict(description(LETTER))
    assert shown["record"] == "discharge-referrals partition 3 offset 41"
    assert shown["why"] == "facts.hospital:missing (pydantic_core.ValidationError)"
    assert dict(description(replace(LETTER, type=None, event_id=None)))["event"] == "unknown without an id"


@pytest.mark.parametrize(
    ("done", "said"),
    [
        (outcome("repair"), "Repaired letter 0a1b2c3d of triage; replay it next."),
        (
            outcome("replay"),
            "Replayed letter 0a1b2c3d of triage; of what is parked behind it 2 applied, 1 left.",
        ),
        (
            outcome("repair", is_dry_run=True),
            "Would repair letter 0a1b2c3d of triage; replay it next. Nothing was changed: add --for-real to do it.",
        ),
        (
            outcome("replay", error_code="ward:missing"),
            "The letter cannot be replayed yet: ward:missing. Nothing was changed.",
        ),
    ],
)
def test_an_operator_is_told_what_was_done_or_would_be(done: Outcome, said: str) -> None:
    assert sentence(done) == said


def test_a_letter_is_found_by_the_beginning_of_its_id() -> None:
    other = replace(LETTER, id="0a1b9999-0000-4000-8000-000000000002")
    assert only_one([LETTER, other], "0A1B2") is LETTER
    with pytest.raises(StackError, match="2 dead letters begin with 0a1b"):
        only_one([LETTER, other], "0a1b")
    with pytest.raises(StackError, match="No dead letter's id begins with ffff"):
        only_one([LETTER, other], "ffff")


@pytest.mark.parametrize(
    ("topic", "services"),
    [
        ("discharge-referrals", ["spa-intake"]),
        ("discharge-care-packages", ["care-package"]),
        ("discharge-dead-letters", list(SERVICES)),
    ],
)
def test_a_topic_is_refilled_by_every_service_that_publishes_on_it(topic: str, services: list[str]) -> None:
    assert publishers(dict(catalogue()), topic, SERVICES) == services


def test_an_unknown_topic_is_refused_naming_those_there_are() -> None:
    with pytest.raises(StackError, match="There is no topic things: the topics are discharge-care-packages, "):
        publishers(dict(catalogue()), "things", SERVICES)


def test_a_time_is_a_day_or_has_an_offset() -> None:
    assert parse_since(None) is None
    assert parse_since("2026-11-22") == datetime(2026, 11, 22, tzinfo=UTC)
    assert parse_since("2026-11-22T10:30+01:00") == datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
    for text in ("yesterday", "2026-11-22T10:30", "2026-13-01"):
        with pytest.raises(StackError, match="is no time: write 2026-11-22"):
            parse_since(text)
