"""A service's history played to a fresh one: commands at the same points, the events between in other orders."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from random import Random

from .bus import Record, interleaved
from .member import Member
from .watches import Monitor
from .world import MEMBERS, Acted, Heard, World, run

REPEATS = [1, 1, 1, 2]


def check_other_orders(world: World, seed: int, number: int = 3) -> None:
    """After all is delivered: the same live work in fresh services, under every order tried."""
    for kind in MEMBERS:
        for turn in range(number):
            _replay(world, kind, Random(f"{seed}/{turn}"))
    _rebuild_monitor(world, Random(seed))


def _replay(world: World, kind: type[Member], chance: Random) -> None:
    original, fresh = world.members[kind.name], kind()
    seen: list[Record] = []
    for is_heard, entries in groupby(world.logs[kind.name], lambda entry: isinstance(entry, Heard)):
        if is_heard:
            # no timer fires between these: they share their time
            _hear(fresh, [entry for entry in entries if isinstance(entry, Heard)], seen, chance)
            continue
        for entry in entries:
            assert isinstance(entry, Acted)
            _agree(fresh, entry.live_work, entry.details)
            fresh.now = entry.at
            told = run(fresh, entry.act)
            assert entry.told in {None, told}, f"{kind.name}: another answer under another order"
            fresh.outbox.clear()
    assert fresh.live_work() == original.live_work(), f"{kind.name}: other live work under another order"


def _hear(fresh: Member, heard: Sequence[Heard], seen: list[Record], chance: Random) -> None:
    """The repeats are of what is new here, or of anything before."""
    for at, group in groupby(heard, lambda entry: entry.at):
        feeds = _by_topic(entry.record for entry in group)
        for record in interleaved(chance, feeds):
            seen.append(record)
            fresh.now = at
            for _ in range(chance.choice(REPEATS)):
                fresh.receive(record)
            if chance.random() < 0.1:
                fresh.receive(chance.choice(seen))
    fresh.outbox.clear()


def _by_topic(records: Iterable[Record]) -> list[list[Record]]:
    """Within a topic only what has the same key is in order."""
    feeds: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        feeds.setdefault((record.topic, record.key), []).append(record)
    return list(feeds.values())


def _agree(fresh: Member, live_work: object, details: object) -> None:
    assert fresh.live_work() == live_work, f"{fresh.name}: other live work under another order"
    fresh.details = details


def _rebuild_monitor(world: World, chance: Random) -> None:
    """The monitor alone computes everything from facts and time: it may hear its whole history in any order, today."""
    fresh = Monitor()
    fresh.now = world.settled_at
    heard = [entry.record for entry in world.logs[Monitor.name] if isinstance(entry, Heard)]
    for record in interleaved(chance, _by_topic(heard)):
        fresh.receive(record)
    fresh.fire()
    assert fresh.live_work() == world.monitor.live_work(), "the monitor rebuilt from its topics differs"
