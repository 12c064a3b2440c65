"""Topics refilled from the event logs of the services that publish on them, over their operations interfaces."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .client import StackClient
from .errors import StackError
from .letters import OPERATOR

EVERY_SERVICE = "every-service"
POLL_SECONDS = 0.3


@dataclass(frozen=True)
class Progress:
    """How far one service has come with one topic."""

    service: str
    topic: str
    id: str
    sent: int
    shards_left: int

    @property
    def is_done(self) -> bool:
        return self.shards_left == 0


def publishers(catalogue: dict[str, Any], topic: str, services: Iterable[str]) -> list[str]:  # parsed YAML
    """The services that publish on a topic."""
    if topic not in catalogue:
        raise StackError(f"There is no topic {topic}: the topics are {', '.join(sorted(catalogue))}.")
    named = {settings["publisher"] for settings in catalogue[topic]["types"].values()}
    return [service for service in services if service in named or EVERY_SERVICE in named]


def emptied_topics(client: StackClient) -> list[str]:
    """The topics that a service has found empty and waits for."""
    found: set[str] = set()
    for service in client.services:
        found |= set(client.get(service, "/ops/lag", OPERATOR)["emptied_topics"])
    return sorted(found)


def parse_since(text: str | None) -> datetime | None:
    """`2026-11-22`, or a time with its offset: `2026-11-22T09:30+00:00`."""
    if text is None:
        return None
    try:
        since = datetime.fromisoformat(f"{text}T00:00+00:00" if len(text) == len("2026-11-22") else text)
    except ValueError:
        since = None
    if since is None or since.tzinfo is None:
        raise StackError(f"{text!r} is no time: write 2026-11-22 or 2026-11-22T09:30+00:00.")
    return since


def republish(
    client: StackClient,
    wanted: Sequence[tuple[str, str]],
    since: datetime | None,
    on_progress: Callable[[Progress], None],
) -> list[Progress]:
    """Ask each (service, topic) to send its events again and wait until all are done."""
    body = {"since": since.isoformat()} if since else {}
    asked = [
        _progress(service, topic, client.post(service, "/ops/republish", OPERATOR, {"topic": topic, **body}))
        for service, topic in wanted
    ]
    while not all(progress.is_done for progress in asked):
        time.sleep(POLL_SECONDS)
        for number, before in enumerate(asked):
            if not before.is_done:
                found = client.get(before.service, f"/ops/republish/{before.id}", OPERATOR)
                asked[number] = _progress(before.service, before.topic, found)
                if asked[number] != before:
                    on_progress(asked[number])
    return asked


def _progress(service: str, topic: str, found: dict[str, Any]) -> Progress:  # JSON of /ops/republish
    return Progress(service, topic, found["id"], found["sent"], found["shards_left"])
