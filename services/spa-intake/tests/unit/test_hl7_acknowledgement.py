from datetime import UTC, datetime

import hl7
import pytest
from door_builders import NHS_NUMBER, adt

from spa_intake.adapters.hl7.acknowledgement import Answers, acknowledgements
from spa_intake.adapters.hl7.message import Hl7Message, read_message
from spa_intake.adapters.hl7.refusal import Condition, Hl7Refusal, in_error, rejected

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


def acknowledge(message: Hl7Message | None, refusal: Hl7Refusal | None, now: datetime, note: str = "") -> bytes:
    """The one acknowledgement of original mode."""
    (answer,) = acknowledgements(message, refusal, now, note).in_order
    return answer


def ack(refusal: Hl7Refusal | None = None, **fields: str) -> hl7.Message:
    return hl7.parse(acknowledge(read_message(adt(**fields)), refusal, NOW).decode())


def test_accepted() -> None:
    answer = ack()
    assert [str(answer["MSA"][0][number]) for number in (1, 2)] == ["AA", "HW-A01-0001"]
    header = answer["MSH"][0]
    assert [str(header[number]) for number in (3, 4, 5, 6)] == ["HOMEWARD", "SPA", "WARDPAS", "RJZ"]
    assert (str(header[7]), str(header[9]), str(header[12])) == ("20260701130000+0100", "ACK^A01^ACK", "2.4")
    assert "ERR" not in str(answer)


def test_rejected_with_the_reason_and_place() -> None:
    answer = ack(rejected(Condition.UNSUPPORTED_TRIGGER, "Not this | one.", "MSH-9.2"))
    assert str(answer["MSA"][0][1]) == "AR"
    error = answer["ERR"][0]
    assert (str(error[2]), str(error[3])) == ("MSH^1^9^1^2", "201^Unsupported trigger^HL70357")
    assert str(error[8]) == "Not this   one."


def test_in_error_about_a_segment() -> None:
    assert str(ack(in_error(Condition.SEGMENT_MISSING, "No PID.", "PID"))["ERR"][0][2]) == "PID^1"


@pytest.mark.parametrize(
    ("control_id", "sent_back"),
    [("{a-1}#é", "{a-1}#é"), (r"a\F\b", r"a\F\b"), ("9" * 300, "9" * 199)],
)
def test_the_control_id_comes_back_as_it_came(control_id: str, sent_back: str) -> None:
    text = acknowledge(read_message(adt(MSH_10=control_id)), None, NOW)
    assert f"MSA|AA|{sent_back}\r" in text.decode()


def test_nothing_of_the_person_comes_back() -> None:
    refusal = in_error(Condition.UNKNOWN_KEY, "Send it with a hospital number.")
    text = acknowledge(read_message(adt(MSH_3=f"{NHS_NUMBER}|x")), refusal, NOW)
    assert b"EXAMPLE" not in text


def test_an_unreadable_message_is_answered_too() -> None:
    answer = hl7.parse(acknowledge(None, rejected(Condition.SEGMENT_MISSING, "No MSH.", "MSH"), NOW).decode())
    assert [str(answer["MSA"][0][number]) for number in (1, 2)] == ["AR", ""]


def test_it_comes_in_the_character_set_of_the_message() -> None:
    body = adt(MSH_10="Zoë", MSH_18="8859/1").decode().encode("latin-1")
    answer = acknowledge(read_message(body), None, NOW)
    assert "MSA|AA|Zoë\r".encode("latin-1") in answer
    assert answer.split(b"\r")[0].endswith(b"|8859/1")


def test_an_event_that_changes_nothing_says_so() -> None:
    assert b"MSA|AA|HW-A01-0001|Kept.\r" in acknowledge(read_message(adt()), None, NOW, "Kept.")


@pytest.mark.parametrize(
    ("version", "older"),
    [("2.3", "PID^1^3^101&Field missing&HL70357"), ("2.4", "PID^1^3^101&Field missing&HL70357"), ("2.5.1", "")],
)
def test_systems_of_older_versions_find_the_error_where_they_look(version: str, older: str) -> None:
    error = ack(in_error(Condition.FIELD_MISSING, "No number.", "PID-3"), MSH_12=version)["ERR"][0]
    assert str(error[1]) == older
    assert str(error[2]) == "PID^1^3"


AE = in_error(Condition.SEGMENT_MISSING, "No PID.", "PID")
AR = rejected(Condition.UNSUPPORTED_TRIGGER, "Not this one.", "MSH-9.2")


def codes(answers: Answers) -> list[str]:
    return [answer.decode().split("\rMSA|")[1][:2] for answer in answers.in_order]


@pytest.mark.parametrize(
    ("accept", "application", "taken", "in_error_", "rejected_"),
    [
        ("", "", ["AA"], ["AE"], ["AR"]),
        ("XX", "?", ["AA"], ["AE"], ["AR"]),
        ("AL", "NE", ["CA"], ["CE"], ["CR"]),
        ("AL", "", ["CA"], ["CE"], ["CR"]),
        ("AL", "AL", ["CA", "AA"], ["CA", "AE"], ["CR", "AR"]),
        ("AL", "ER", ["CA"], ["CA", "AE"], ["CR", "AR"]),
        ("AL", "SU", ["CA", "AA"], ["CE"], ["CR"]),
        ("NE", "AL", ["AA"], ["AE"], ["AR"]),
        ("", "AL", ["AA"], ["AE"], ["AR"]),
        ("ER", "AL", ["AA"], ["AE"], ["CR", "AR"]),
        ("ER", "NE", [], ["CE"], ["CR"]),
        ("SU", "NE", ["CA"], [], []),
        ("SU", "ER", ["CA"], ["CA", "AE"], ["AR"]),
        ("NE", "ER", [], ["AE"], ["AR"]),
        ("NE", "NE", [], [], []),
        ("al", "ne", ["CA"], ["CE"], ["CR"]),
    ],
)
def test_each_is_sent_when_it_is_asked_for(
    accept: str, application: str, taken: list[str], in_error_: list[str], rejected_: list[str]
) -> None:
    message = read_message(adt(MSH_15=accept, MSH_16=application))
    assert [codes(acknowledgements(message, refusal, NOW)) for refusal in (None, AE, AR)] == [
        taken,
        in_error_,
        rejected_,
    ]


def test_both_name_the_message_and_only_the_one_that_says_no_says_why() -> None:
    receipt, application = acknowledgements(read_message(adt(MSH_15="AL", MSH_16="AL")), AE, NOW).in_order
    assert b"\rMSA|CA|HW-A01-0001\r" in receipt
    assert b"ERR" not in receipt
    assert b"\rMSA|AE|HW-A01-0001|No PID.\r" in application
    assert b"\rERR|" in application
    for answer in (receipt, application):
        assert answer.split(b"\r")[0].split(b"|")[14:16] == [b"NE", b"NE"]
    assert receipt.split(b"|")[9] != application.split(b"|")[9]


def test_through_a_door_for_one_answer_goes_the_one_that_says_more() -> None:
    assert b"MSA|AA|" in acknowledgements(read_message(adt(MSH_15="AL", MSH_16="AL")), None, NOW).one
    assert b"MSA|CA|" in acknowledgements(read_message(adt(MSH_15="AL", MSH_16="NE")), None, NOW).one
    assert acknowledgements(read_message(adt(MSH_15="NE", MSH_16="NE")), None, NOW).one == b""
