"""What operators read about the hospital's messages."""

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from homeward_local.adt_messages import AdtMessage, ReplayReason, SetAsideReason, sentence, table_of
from spa_intake.api.adt_ops import ReplayReason as Accepted
from spa_intake.api.adt_ops import SetAsideReason as AcceptedAside

MESSAGE = AdtMessage(
    message_id="0a1b2c3d-0000-4000-8000-000000000001",
    sending_system="WARDPAS|RJZ",
    control_id="M1",
    message_type="ADT^A03",
    door="mllp",
    outcome="in_error",
    condition="internal",
    location=None,
    times_received=3,
    received_at="2026-11-22T09:30:12.123456Z",
    last_received_at="2026-11-22T09:45:00Z",
    patient_key=None,
    stay_id=None,
    referral_id=None,
    replayed_at=None,
    replay_reason=None,
    set_aside_at=None,
    set_aside_reason=None,
)


def test_the_reasons_are_those_that_the_service_accepts() -> None:
    assert {reason.value for reason in ReplayReason} == {reason.value for reason in Accepted}
    assert {reason.value for reason in SetAsideReason} == {reason.value for reason in AcceptedAside}


def test_a_message_is_one_line() -> None:
    out = StringIO()
    Console(file=out, width=160).print(table_of([MESSAGE, replace(MESSAGE, control_id=None, message_type=None)]))
    _, first, second = out.getvalue().splitlines()
    assert first.split() == [
        "0a1b2c3d", "WARDPAS|RJZ", "M1", "ADT^A03", "mllp", "in_error", "internal", "3", "2026-11-22", "09:45",
    ]  # fmt: skip
    assert "unreadable" in second


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (
            {"is_dry_run": True, "outcome": "recorded", "condition": None, "location": None},
            "Would replay message 0a1b2c3d",
        ),
        (
            {"is_dry_run": False, "outcome": "recorded", "condition": None, "location": None},
            "Replayed message 0a1b2c3d",
        ),
        (
            {"is_dry_run": False, "outcome": "in_error", "condition": "unknown_key", "location": "PID-3"},
            "Refused again: message 0a1b2c3d of WARDPAS|RJZ, unknown_key at PID-3. Nothing was changed.",
        ),
    ],
)
def test_what_a_replay_did(outcome: dict[str, object], said: str) -> None:
    assert sentence(MESSAGE, outcome).startswith(said)
