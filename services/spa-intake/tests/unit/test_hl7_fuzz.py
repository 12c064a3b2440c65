from datetime import UTC, datetime

from door_builders import adt
from hypothesis import example, given, settings
from hypothesis import strategies as st

from spa_intake.adapters.hl7.acknowledgement import acknowledgements
from spa_intake.adapters.hl7.message import read_header, read_message
from spa_intake.adapters.hl7.movement import MERGE, event_of, read_merges, read_movement
from spa_intake.adapters.hl7.refusal import Acknowledgement, Hl7Refusal
from spa_intake.domain.codes import Trigger

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SECRETS = ("9990001219", "EDITH", "SAMPLE ROAD", "19410309", "H7700121", "02079460121")
NAMES = st.sampled_from(["a01-admission", "a03-discharge", "a13-cancel-discharge"])
ODD = st.one_of(
    st.text(max_size=40),
    st.text("0123456789+-.", max_size=20),
    st.sampled_from(["^~\\&", "\\X00\\", "\\", "~" * 500, "&&&&", "ADT^A99", "20261332", "\ufeff", "\x0b", '""']),
)


def refusal_of(body: bytes) -> Hl7Refusal | None:
    try:
        message = read_message(body)
        event = event_of(message)
        if event in set(Trigger):
            read_movement(message, "RJZ", NOW)
        elif event == MERGE:
            read_merges(message, "RJZ", NOW)
    except Hl7Refusal as refusal:
        return refusal
    return None


def assert_acknowledged(body: bytes) -> None:
    refusal = refusal_of(body)
    answer = acknowledgements(read_header(body), refusal, NOW).one
    assert read_message(answer).kind[0] == "ACK"
    assert refusal is None or refusal.acknowledgement is not Acknowledgement.ACCEPTED
    assert not any(secret.encode() in answer for secret in SECRETS)


@settings(max_examples=300, deadline=2000)
@given(NAMES, st.lists(st.tuples(st.integers(0, 120), ODD), max_size=4))
def test_mutated_fields_are_acknowledged(name: str, changes: list[tuple[int, str]]) -> None:
    fields = adt(name).decode().split("|")
    for place, value in changes:
        fields[place % len(fields)] = value
    assert_acknowledged("|".join(fields).encode("utf-8", "replace"))


@settings(max_examples=300, deadline=2000)
@given(NAMES, st.integers(0, 450), st.binary(max_size=6), st.integers(0, 60))
@example("a01-admission", 78, b"", 53)  # the birth date in the place of the character set
def test_cut_and_broken_bytes_are_acknowledged(name: str, at: int, inserted: bytes, removed: int) -> None:
    body = adt(name)
    assert_acknowledged(body[:at] + inserted + body[at + removed :])


@given(st.binary(max_size=300))
def test_any_bytes_are_acknowledged(body: bytes) -> None:
    assert_acknowledged(body)


@given(st.permutations(adt().rstrip(b"\r").split(b"\r")))
def test_segments_in_any_order_are_acknowledged(segments: list[bytes]) -> None:
    assert_acknowledged(b"\r".join(segments))
