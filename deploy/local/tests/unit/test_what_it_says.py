"""What the command tells a person: who may sign in, and what to do where it cannot ask."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from homeward_local.cli import app
from homeward_local.errors import StackError
from homeward_local.ports import free_port
from homeward_local.status_table import waiting
from homeward_local.topics import count_topics
from homeward_local.welcome import ROLES
from spa_intake.ui import demo_staff
from spa_intake.ui.presenters import words


def test_who_is_named_at_the_start_has_a_card_to_sign_in_with() -> None:
    assert list(ROLES) == [words.ROLES[staff.role].lower() for staff, _ in demo_staff.colleagues()]


@pytest.mark.parametrize(("typed", "says"), [("", "YES=1"), ("n\n", "Nothing was deleted.")])
def test_a_reset_that_nobody_confirms_deletes_nothing_and_says_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str, says: str
) -> None:
    (tmp_path / "kept").touch()
    monkeypatch.setenv("HOMEWARD_HOME", str(tmp_path))

    refused = CliRunner().invoke(app, ["reset"], input=typed).exception

    assert isinstance(refused, StackError)
    assert says in str(refused)
    assert (tmp_path / "kept").exists()


def test_the_status_says_what_waits_for_an_operator() -> None:
    fine = {"messaging": {"dead_letters_open": 0}, "parts": {"adt_messages": "0 refused and not dealt with"}}
    assert waiting({"triage": {"messaging": None}, "spa-intake": fine}) == []
    poor = {"messaging": {"dead_letters_open": 2}, "parts": {"adt_messages": "1 refused and not dealt with"}}
    assert waiting({"triage": {"messaging": {"dead_letters_open": 1}}, "spa-intake": poor}) == [
        "Open dead letters: 3. `homeward dlq list` shows them.",
        "HL7 messages: 1 refused and not dealt with. `homeward adt list` shows them.",
    ]


@pytest.mark.filterwarnings("error")
def test_a_broker_that_does_not_answer_is_a_sentence_and_nothing_else(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(StackError, match=r"does not answer \(KafkaConnectionError\): look at `homeward status`"):
        count_topics(f"127.0.0.1:{free_port()}")
    assert capfd.readouterr() == ("", "")
