"""An in-memory broker of real payloads; order is kept within a topic for a consumer group, nowhere else."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import TypeVar
from uuid import UUID, uuid5

from homeward_kit.envelope import Attributes, ConsumedEvent, PublishedEvent, Received

Models = Mapping[tuple[str, str], type[ConsumedEvent]]
T = TypeVar("T")
_EVENTS = UUID(int=11)


@dataclass(frozen=True)
class Record:
    """What lies in a topic."""

    topic: str
    key: str
    about: Attributes
    payload: bytes


@dataclass(frozen=True)
class Told:
    """An event in a service's outbox."""

    event: PublishedEvent
    key: UUID
    subject: str
    version: int
    referral_id: UUID | None
    time: datetime


def read(record: Record, models: Models) -> Received[ConsumedEvent] | None:
    """The record as a group's handler gets it; None: the group has no handler for it."""
    about = record.about
    model = models.get((record.topic, about.type))
    if model is None:
        return None
    return Received(
        event_id=about.event_id,
        type=about.type,
        source=about.source,
        subject=about.subject,
        time=about.time,
        key=record.key,
        referral_id=about.referral_id,
        aggregate_version=about.aggregate_version,
        causation_id=about.causation_id,
        actor=about.actor,
        topic=record.topic,
        partition=0,
        offset=0,
        payload=model.model_validate_json(record.payload),
    )


@dataclass
class Bus:
    topics: dict[str, list[Record]] = field(default_factory=dict)
    positions: dict[tuple[str, str], int] = field(default_factory=dict)  # by group and topic
    told: list[PublishedEvent] = field(default_factory=list)

    def send(self, source: str, told: Told) -> None:
        self.told.append(told.event)
        records = self.topics.setdefault(told.event.topic, [])
        about = Attributes(
            event_id=uuid5(_EVENTS, f"{told.event.topic}/{len(records)}"),
            type=told.event.type,
            source=source,
            subject=told.subject,
            time=told.time,
            actor="system",
            referral_id=told.referral_id,
            aggregate_version=told.version,
            causation_id=None,
        )
        payload = told.event.model_dump_json().encode()
        records.append(Record(told.event.topic, str(told.key), about, payload))

    def waiting(self, group: str, topic: str) -> int:
        return len(self.topics.get(topic, [])) - self.positions.get((group, topic), 0)

    def take(self, group: str, topic: str) -> Record:
        position = self.positions.get((group, topic), 0)
        self.positions[group, topic] = position + 1
        return self.topics[topic][position]

    def delivered(self, group: str) -> list[Record]:
        """Everything a group was given, topic by topic."""
        return [
            record
            for topic, records in sorted(self.topics.items())
            for record in records[: self.positions.get((group, topic), 0)]
        ]


def interleaved(chance: Random, feeds: Iterable[Sequence[T]]) -> Iterator[T]:
    """All items of all feeds in one of the orders that keep each feed's own."""
    waiting = [list(reversed(feed)) for feed in feeds if feed]
    while waiting:
        feed = chance.choice(waiting)
        yield feed.pop()
        waiting = [each for each in waiting if each]
