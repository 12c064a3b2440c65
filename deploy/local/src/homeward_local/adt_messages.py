"""The hospital's ADT messages as spa-intake keeps them, over its operations interface."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from rich.table import Table

from .client import StackClient
from .errors import StackError

SERVICE = "spa-intake"
PATH = "/ops/adt-messages"
OPERATOR = "operator"
MOST = "1000"
SHORT = 8  # characters of an id that a table shows


class ReplayReason(StrEnum):
    """Why an operator replays; the service accepts these and no others."""

    CAUSE_MENDED = "cause_mended"
    SETTING_CORRECTED = "setting_corrected"
    SENDER_ASKED = "sender_asked"
    TEST_DATA = "test_data"


class SetAsideReason(StrEnum):
    """Why nothing more is to be done; the service accepts these and no others."""

    SENT_AGAIN = "sent_again"
    NOT_FOR_US = "not_for_us"
    DONE_BY_HAND = "done_by_hand"
    TEST_DATA = "test_data"


@dataclass(frozen=True)
class AdtMessage:
    """A message and what became of it, without what it says."""

    message_id: str
    sending_system: str
    control_id: str | None
    message_type: str | None
    door: str
    outcome: str
    condition: str | None
    location: str | None
    times_received: int
    received_at: str
    last_received_at: str
    patient_key: str | None
    stay_id: str | None
    referral_id: str | None
    replayed_at: str | None
    replay_reason: str | None
    set_aside_at: str | None
    set_aside_reason: str | None

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Self:  # JSON of the service
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})


def list_messages(client: StackClient, *, every: bool = False) -> list[AdtMessage]:
    """Those that were refused and not dealt with since, or all; the last that came first."""
    query = {"limit": MOST, **({"every": "true"} if every else {})}
    rows = client.get(SERVICE, PATH, OPERATOR, **query)["adt_messages"]
    return [AdtMessage.from_row(row) for row in rows]


def find_message(client: StackClient, beginning: str) -> AdtMessage:
    """The one message whose id begins so."""
    found = [one for one in list_messages(client, every=True) if one.message_id.startswith(beginning.lower())]
    if not found:
        raise StackError(f"No message's id begins with {beginning}: `homeward adt list --all` shows them.")
    if len(found) > 1:
        raise StackError(f"{len(found)} messages begin with {beginning}: give more of the id.")
    return found[0]


def segments_of(client: StackClient, message: AdtMessage, *, reveal: bool) -> list[str]:
    """How the message is built; what it says only when it is asked for (which is audited)."""
    query = {"reveal": "true"} if reveal else {}
    segments: list[str] = client.get(SERVICE, f"{PATH}/{message.message_id}", OPERATOR, **query)["segments"]
    return segments


def replay(client: StackClient, message: AdtMessage, reason: ReplayReason, *, for_real: bool) -> dict[str, Any]:  # JSON
    """Take it again; a dry run unless it is for real."""
    body = {"reason": reason.value, "is_dry_run": not for_real}
    answer: dict[str, Any] = client.post(SERVICE, f"{PATH}/{message.message_id}/replay", OPERATOR, body)
    return answer


def set_aside(client: StackClient, message: AdtMessage, reason: SetAsideReason) -> AdtMessage:
    """Say that nothing more is to be done about it."""
    path = f"{PATH}/{message.message_id}/set-aside"
    return AdtMessage.from_row(client.post(SERVICE, path, OPERATOR, {"reason": reason.value}))


def table_of(messages: list[AdtMessage]) -> Table:
    """One line a message, without anything of what it says about a person."""
    table = Table("id", "sender", "control id", "event", "door", "outcome", "why", "where", "times", "last", box=None)
    for one in messages:
        table.add_row(
            one.message_id[:SHORT],
            one.sending_system,
            one.control_id or "",
            one.message_type or "unreadable",
            one.door,
            one.outcome,
            one.condition or "",
            one.location or "",
            str(one.times_received),
            f"{one.last_received_at[:10]} {one.last_received_at[11:16]}",
        )
    return table


def sentence(message: AdtMessage, outcome: dict[str, Any]) -> str:  # JSON
    """What the replay did, or would do."""
    what = f"message {message.message_id[:SHORT]} of {message.sending_system}"
    if outcome["condition"]:
        where = f" at {outcome['location']}" if outcome["location"] else ""
        return f"Refused again: {what}, {outcome['condition']}{where}. Nothing was changed."
    if outcome["is_dry_run"]:
        return f"Would replay {what}: {outcome['outcome']}. Nothing was changed: add --for-real to do it."
    return f"Replayed {what}: {outcome['outcome']}."
