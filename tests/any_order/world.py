"""The four services around one bus and one clock: people act, time passes, events are delivered in some order."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

from homeward_kit.values import Refusal

from .bus import Bus, Record
from .cases import Triage
from .intake import Intake
from .member import START, Member
from .packages import Packages
from .watches import Monitor

M = TypeVar("M", bound=Member)
T = TypeVar("T")
MEMBERS: tuple[type[Member], ...] = (Intake, Triage, Packages, Monitor)
FEEDS = [(member.name, topic) for member in MEMBERS for topic in member.topics()]
TICK = timedelta(seconds=1)


@dataclass(frozen=True)
class Heard:
    """A service was given a record."""

    at: datetime
    record: Record


@dataclass(frozen=True)
class Acted:
    """Somebody asked a service for something, or (told None) time passed; and how the service stood before."""

    at: datetime
    act: Callable[[Member], None]
    told: tuple[str, ...] | None  # the types of the events, or the refusal's name
    live_work: object
    details: object


@dataclass
class World:
    """Commands have times of their own; whatever a service hears or does by itself happens at `settled_at`.

    So the time between two commands, seconds, never decides which of two deadlines comes first, and histories
    replayed in other orders have the same deadlines.
    """

    now: datetime = START
    settled_at: datetime = START
    intake: Intake = field(default_factory=Intake)
    triage: Triage = field(default_factory=Triage)
    packages: Packages = field(default_factory=Packages)
    monitor: Monitor = field(default_factory=Monitor)
    bus: Bus = field(default_factory=Bus)
    logs: dict[str, list[Heard | Acted]] = field(default_factory=lambda: {member.name: [] for member in MEMBERS})

    @property
    def members(self) -> dict[str, Member]:
        return {each.name: each for each in (self.intake, self.triage, self.packages, self.monitor)}

    # People

    def tick(self) -> datetime:
        """A moment of its own, as every transaction about a person has."""
        self.now += TICK
        return self.now

    def act(self, member: M, act: Callable[[M], None]) -> bool:
        """Whether it was done, not refused."""
        at = self.tick() if isinstance(member, Intake) else self.settled_at
        before = (member.live_work(), member.details)
        member.now = at
        told = run(member, act)
        log = self.logs[member.name]
        log.append(Acted(at, act, told, *before))  # type: ignore[arg-type]  # the log of this kind of member
        self._publish(member)
        return told[:1] != ("refused",)

    # The bus

    def deliver(self, group: str, topic: str, number: int = 1) -> None:
        for _ in range(min(number, self.bus.waiting(group, topic))):
            self._hear(self.members[group], self.bus.take(group, topic))

    def deliver_again(self, group: str, index: int) -> None:
        """At least once: what was given comes again, and nothing comes of it."""
        delivered = self.bus.delivered(group)
        if not delivered:
            return
        member = self.members[group]
        before = (member.live_work(), member.details)
        self._hear(member, delivered[index % len(delivered)])
        assert (member.live_work(), member.details) == before, "a repeat changed something"

    def waiting(self) -> list[tuple[str, str]]:
        return [feed for feed in FEEDS if self.bus.waiting(*feed)]

    def settle(self, seed: int = 0) -> None:
        """Deliver everything, what follows from it included, in an order that `seed` stands for."""
        chance = Random(seed)
        for _ in range(2000):
            if not (waiting := self.waiting()):
                return
            self.deliver(*chance.choice(waiting))
        raise AssertionError("the services answer one another for ever")

    def _hear(self, member: Member, record: Record) -> None:
        member.now = self.settled_at
        self.logs[member.name].append(Heard(member.now, record))
        member.receive(record)
        self._publish(member)

    def _publish(self, member: Member) -> None:
        for told in member.outbox:
            self.bus.send(member.name, told)
        member.outbox.clear()

    # Time

    def pass_time(self, length: timedelta, *, with_delivery: bool) -> None:
        """Timers fire at their times; undelivered events wait, or are delivered as they come."""
        until = self.now + length
        while (due_at := min(self.due(), default=until)) < until:
            self._go_to(max(due_at, self.now))
            if with_delivery:
                self.settle()
        self._go_to(until)

    def due(self) -> list[datetime]:
        return [due_at for member in self.members.values() for due_at in member.timers()]

    def _go_to(self, at: datetime) -> None:
        self.now = self.settled_at = at
        for member in self.members.values():
            is_due = min(member.timers(), default=at + TICK) <= at
            act = _fire if is_due else _wait
            self.logs[member.name].append(Acted(at, act, None, member.live_work(), member.details))
            member.now = at
            act(member)
            assert min(member.timers(), default=at + TICK) > at, "a timer fires for ever"
            self._publish(member)


def _fire(member: Member) -> None:
    member.fire()


def _wait(_: Member) -> None:
    """Time passes, and no timer of the service is due."""


def run(member: M, act: Callable[[M], None]) -> tuple[str, ...]:
    """What a command told, or its refusal."""
    number = len(member.outbox)
    try:
        act(member)
    except Refusal as refusal:
        assert len(member.outbox) == number, "a refusal changed something"
        return "refused", refusal.code
    return tuple(told.event.type for told in member.outbox[number:])


def pick(items: Iterable[T], index: int) -> T | None:
    """One of these, by a drawn number."""
    found = list(items)
    return found[index % len(found)] if found else None
