"""What the four services without databases have in common: an outbox, a clock, and a table of what they read."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID, uuid5

from homeward_kit.envelope import ConsumedEvent, PublishedEvent, Received

from .bus import Models, Record, Told, read

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
PATIENT = UUID("00000000-0000-4000-8000-000000000001")


OTHER = UUID("00000000-0000-4000-8000-000000000002")
"""The key of a second record, which may be found to be the same person's."""


class Keys:
    """Who is one person by what a member was told."""

    def __init__(self) -> None:
        self.version = 0
        self.is_merged = False

    def hear(self, version: int, *, is_merged: bool) -> None:
        if version > self.version:
            self.version, self.is_merged = version, is_merged

    def of(self, key: UUID) -> frozenset[UUID]:
        return frozenset({PATIENT, OTHER}) if self.is_merged else frozenset({key})

    @property
    def groups(self) -> list[frozenset[UUID]]:
        return sorted({self.of(PATIENT), self.of(OTHER)}, key=min)


def named(name: str) -> UUID:
    return uuid5(PATIENT, name)


def models_of(handlers: Mapping[type[ConsumedEvent], object]) -> Models:
    """The models of a service's own table of handlers."""
    return {(model.topic, model.type): model for model in handlers}


class Member(ABC):
    """A service as its pure functions make it; everything it does is done at `now`."""

    name: ClassVar[str]
    models: ClassVar[Models]

    def __init__(self) -> None:
        self.now = START
        self.outbox: list[Told] = []
        self.keys = Keys()
        self.taken: set[tuple[object, object]] = set()
        """The steps of its tables that were taken: from which state, and which step or to which."""

    @classmethod
    def topics(cls) -> list[str]:
        return sorted({topic for topic, _ in cls.models})

    def receive(self, record: Record) -> None:
        received = read(record, self.models)
        if received is not None:
            self.handle(received)

    def tell(
        self, event: PublishedEvent, subject: str, version: int, key: UUID, referral_id: UUID | None = None
    ) -> None:
        self.outbox.append(Told(event, key, subject, version, referral_id, self.now))

    @abstractmethod
    def handle(self, received: Received[ConsumedEvent]) -> None:
        """What the handler of this event does."""

    @abstractmethod
    def timers(self) -> Iterable[datetime]:
        """When each of its timers is due."""

    @abstractmethod
    def fire(self) -> None:
        """What the handlers of the timers that are due now do."""

    @abstractmethod
    def live_work(self) -> object:
        """What must be the same whatever the order of delivery."""

    @property
    def details(self) -> object:
        """What may differ with the order by design."""
        return None

    @details.setter  # noqa: B027 — most have none
    def details(self, details: object) -> None:
        """Go on with the details of another member that does the same live work."""
