import time

import pytest
from door_builders import adt

from spa_intake.adapters.hl7.message import read_header, read_message
from spa_intake.adapters.hl7.refusal import Acknowledgement, Hl7Refusal


def refused(body: bytes) -> Hl7Refusal:
    with pytest.raises(Hl7Refusal) as caught:
        read_message(body)
    return caught.value


@pytest.mark.parametrize(
    "frame",
    [
        lambda text: text,
        lambda text: text.replace(b"\r", b"\n"),
        lambda text: text.replace(b"\r", b"\r\n"),
        lambda text: text.replace(b"\r", b"\r\r"),
        lambda text: b"\xef\xbb\xbf" + text,
        lambda text: b"\x0b" + text + b"\x1c\r",
        lambda text: b"\x0b\xef\xbb\xbf" + text + b"\x1c",
        lambda text: text.rstrip(b"\r"),
        lambda text: b"  " + text + b"\n\n",
    ],
)
def test_framing_line_ends_and_marks_are_forgiven(frame: object) -> None:
    assert callable(frame)
    message = read_message(frame(adt()))
    assert message.kind == ("ADT", "A01")
    assert message.get("PV1", 44) == "20261116142000"
    assert (message.get("PID", 3, 1, 2), message.get("PID", 5, 2)) == ("9990001219", "EDITH")


def test_absent_empty_and_null_fields_are_none() -> None:
    message = read_message(adt(PV1_4='""', PV1_14=""))
    assert [message.get(*place) for place in (("PV1", 4), ("PV1", 14), ("PV1", 99), ("ZZZ", 1), ("PID", 3, 9, 9))] == [
        None
    ] * 5


def test_escape_sequences_are_undone() -> None:
    message = read_message(adt(PID_5=r"O\T\BRIEN\F\X^A\.br\B\H\C\Z123\ "))
    assert (message.get("PID", 5, 1), message.get("PID", 5, 2)) == ("O&BRIEN|X", "A\nBC")


def test_a_message_may_have_separators_of_its_own() -> None:
    body = b"MSH*:%!;*PAS*RJZ***20260101**ADT:A01*1*P*2.4\rPID***1:::RJZ:MR%2:::NHS**SMITH;X:ANN\rPV1**I\r"
    message = read_message(body)
    assert (message.get("PID", 3, 1, 2), message.get("PID", 3, 4, 2)) == ("2", "NHS")
    assert message.get("PID", 5) == "SMITH"


def test_a_truncation_character_is_no_separator() -> None:
    assert read_message(adt().replace(b"^~\\&", b"^~\\&#", 1)).get("PID", 3, 1, 2) == "9990001219"


@pytest.mark.parametrize(
    ("encoding", "charset", "name"),
    [
        ("utf-8", "UNICODE UTF-8", "ŁUKASZ"),
        ("utf-8", "UNICODE", "ŁUKASZ"),
        ("utf-8", "", "ZOË"),
        ("latin-1", "8859/1", "ZOË"),
        ("latin-1", "", "ZOË"),
        ("cp1252", "", "ZOË O’BRIEN"),  # noqa: RUF001 — as Windows writes it
        ("iso-8859-15", "8859/15", "ŒUVRE €"),
        ("ascii", "ISO IR87", "ANNE"),
        ("latin-1", "8859/1~UNICODE UTF-8", "ZOË"),
    ],
)
def test_character_sets(encoding: str, charset: str, name: str) -> None:
    body = adt(PID_5=f"{name}^X", MSH_18=charset).decode().encode(encoding)
    assert read_message(body).get("PID", 5) == name


def test_a_character_set_that_is_not_known_is_not_guessed() -> None:
    refusal = refused(adt(PID_5="ZOË^X", MSH_18="ISO IR87"))
    assert (refusal.acknowledgement, refusal.location) == (Acknowledgement.REJECTED, "MSH-18")


def test_a_null_field_is_told_from_an_empty_one() -> None:
    message = read_message(adt(PID_29='""', PID_30=""))
    assert (message.is_null("PID", 29), message.is_null("PID", 30), message.is_null("ZZZ", 1)) == (True, False, False)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\r\n\r\n",
        b"hello",
        b"MSH",
        b"MSH||||||||",
        b"MSHABCDEFGH",
        b"PID|1\rMSH|^~\\&|A",
        adt() + adt(),
        adt().replace(b"EDITH", b"ED\x00TH"),
        b'{"resourceType": "Bundle"}',
        adt(PID_13="^" * 50_000),
    ],
)
def test_what_is_no_message_is_rejected(body: bytes) -> None:
    assert refused(body).acknowledgement is Acknowledgement.REJECTED


def test_the_header_of_an_unreadable_message_is_still_read() -> None:
    header = read_header(adt(PID_13="^" * 50_000))
    assert header is not None
    assert header.get("MSH", 10) == "HW-A01-0001"
    assert read_header(b"nonsense") is None


def test_long_segments_that_nobody_reads_cost_nothing() -> None:
    started = time.perf_counter()
    message = read_message(adt() + b"OBX|1|ED|" + b"^" * 900_000)
    assert message.kind == ("ADT", "A01")
    assert time.perf_counter() - started < 1
