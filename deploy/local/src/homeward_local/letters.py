"""Dead letters of all four services, over their operations interfaces: found by the beginning of an id, acted on."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from .client import StackClient
from .errors import StackError

OPERATOR = "operator"
MOST = "1000"
SHORT = 8  # characters of an id that a table shows


class Reason(StrEnum):
    """Why an operator acts; the services accept these and no others."""

    CONSUMER_MENDED = "consumer_mended"
    PRODUCER_MENDED = "producer_mended"
    PAYLOAD_REPAIRED = "payload_repaired"
    SENT_IN_ERROR = "sent_in_error"
    OVERTAKEN = "overtaken"
    TEST_DATA = "test_data"


@dataclass(frozen=True)
class Letter:
    """A message that a consumer group could never handle; its payload is not part of this."""

    id: str
    service: str
    group: str
    topic: str
    partition: int
    offset: int
    key: str
    event_id: str | None
    type: str | None
    error_class: str
    error_code: str
    state: str
    recorded_at: str
    parked: int

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Self:  # JSON of /ops/dead-letters
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})

    @property
    def path(self) -> str:
        return f"/ops/dead-letters/{self.id}"


@dataclass(frozen=True)
class Outcome:
    """What was done, or would be."""

    letter: Letter
    verb: str
    is_dry_run: bool
    is_settled: bool
    error_code: str | None
    parked_applied: int
    parked_left: int

    @property
    def has_failed(self) -> bool:
        return self.error_code is not None


def list_letters(client: StackClient, *, state: str | None = "open") -> list[Letter]:
    """The letters of all services, the newest first; of any state when none is given."""
    query = {"limit": MOST, **({"state": state} if state else {})}
    found = [
        Letter.from_row(row)
        for service in client.services
        for row in client.get(service, "/ops/dead-letters", OPERATOR, **query)["dead_letters"]
    ]
    return sorted(found, key=lambda letter: letter.recorded_at, reverse=True)


def find_letter(client: StackClient, beginning: str) -> Letter:
    """The one letter whose id begins so."""
    return only_one(list_letters(client, state=None), beginning)


def only_one(letters: Sequence[Letter], beginning: str) -> Letter:
    found = [letter for letter in letters if letter.id.startswith(beginning.lower())]
    if not found:
        raise StackError(f"No dead letter's id begins with {beginning}: `homeward dlq list --all` shows them.")
    if len(found) > 1:
        raise StackError(f"{len(found)} dead letters begin with {beginning}: give more of the id.")
    return found[0]


def payload_of(client: StackClient, letter: Letter, *, reveal: bool) -> Any:  # JSON of any shape
    """What the message says; unless revealed (which is audited) only its fields and the kinds of their values."""
    query = {"reveal": "true"} if reveal else {}
    return client.get(letter.service, letter.path, OPERATOR, **query)["payload"]


def act(client: StackClient, letter: Letter, verb: str, body: dict[str, Any]) -> Outcome:  # a JSON body
    """Repair, replay or discard a letter; a dry run unless the body says otherwise."""
    done = client.post(letter.service, f"{letter.path}/{verb}", OPERATOR, body)
    return Outcome(letter, verb, **done)
