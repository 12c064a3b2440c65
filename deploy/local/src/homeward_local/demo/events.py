"""The events of one journey, read from the operations interfaces of the four services."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from homeward_local.client import StackClient
from homeward_local.errors import StackError

POLL_SECONDS = 0.15
MOST_EVENTS = "500"


@dataclass(frozen=True)
class Event:
    """One published event, without its payload."""

    id: str
    type: str
    topic: str
    service: str
    time: str
    subject: str
    key: str
    actor: str
    causation_id: str | None
    trace_id: str | None
    referral_id: str | None

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Self:  # JSON of /ops/events
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})

    @property
    def short_type(self) -> str:
        """The type without what all have: `referral.received`."""
        return self.type.removeprefix("discharge.").rpartition(".v")[0]

    def as_json(self) -> dict[str, str | None]:
        return {
            "type": self.type,
            "topic": self.topic,
            "service": self.service,
            "time": self.time,
            "traceid": self.trace_id,
            "id": self.id,
            "causationid": self.causation_id,
            "subject": self.subject,
            "referralid": self.referral_id,
        }


def journey_of(client: StackClient, referral_id: str) -> list[Event]:
    """All events of a referral, and those about the person's stays that caused one of them, in the order of time."""
    own = EventFeed(client, {"referral_id": referral_id}).news()
    referral = client.find("spa-intake", f"/api/v1/referrals/{referral_id}", "operator")
    if referral is None:
        return own
    own_ids, causes = {event.id for event in own}, {event.causation_id for event in own}
    about_person = EventFeed(client, {"key": referral["patient_key"]}).news()
    return [event for event in about_person if event.id in own_ids or event.id in causes]


@dataclass
class EventFeed:
    """Events as they happen; each is given once."""

    client: StackClient
    query: dict[str, str]
    on_event: Callable[[Event], None] = lambda _event: None
    seen: list[Event] = field(default_factory=list)
    _last: dict[str, int] = field(default_factory=dict)

    def news(self) -> list[Event]:
        """What has been recorded since the last call."""
        events = []
        for service in self.client.services:
            after = str(self._last.get(service, 0))
            query = {**self.query, "after": after, "limit": MOST_EVENTS}
            for row in self.client.get(service, "/ops/events", "operator", **query)["events"]:
                self._last[service] = row["seq"]
                events.append(Event.from_row(row))
        events.sort(key=lambda event: event.time)
        for event in events:
            self.on_event(event)
        self.seen.extend(events)
        return events

    def wait_for(self, short_type: str, seconds: float = 60) -> Event:
        """The first event of this type, once it has happened."""
        deadline = time.monotonic() + seconds
        while True:
            found = next((event for event in self.seen if event.short_type == short_type), None)
            if found is not None:
                return found
            if time.monotonic() > deadline:
                raise StackError(
                    f"{short_type} did not happen within {seconds:.0f} s: `homeward status` shows which service "
                    "is behind, its log says why."
                )
            if not self.news():
                time.sleep(POLL_SECONDS)
