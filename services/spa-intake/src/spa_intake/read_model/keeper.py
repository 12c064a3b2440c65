"""Keeps a consumer group running for every generation of the read model, switches to a new one, removes the old."""

import asyncio
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass

from aiokafka.errors import KafkaError
from sqlalchemy.exc import SQLAlchemyError

from homeward_kit.consumer import ConsumerRunner
from homeward_kit.handling import Handling
from homeward_kit.logging import get_logger
from homeward_kit.service import Runtime

from . import generations, positions
from .generations import Generation, State
from .positions import Positions
from .projections import handlers

LOOK_SECONDS = 1.0
LOOKS_IN_A_ROW = 2  # at which everything of the look before had been handled
LEAVE_SECONDS = 15.0

_OUTAGES = (SQLAlchemyError, OSError, TimeoutError, KafkaError)
_log = get_logger(__name__)


@dataclass(frozen=True)
class _Look:
    positions: Positions
    in_a_row: int


class Keeper:
    """What one process does for the read model; everything it has to know is in the database and at the broker."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._database = runtime.database
        self._bootstrap_servers = runtime.settings.kafka_bootstrap_servers
        self._members: dict[str, _Member] = {}
        self._looks_at: dict[int, _Look] = {}

    async def run(self) -> None:
        """Until the process stops; then the groups have been left in good order."""
        try:
            while not self._runtime.stopping.is_set():
                try:
                    await self._look()
                except _OUTAGES as error:
                    _log.warning("read_model_unkept", error=type(error).__name__)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._runtime.stopping.wait(), LOOK_SECONDS)
        finally:
            await asyncio.gather(*(member.leave() for member in self._members.values()))

    async def _look(self) -> None:
        async with self._database.transaction() as tx:
            present = await generations.all_of_them(tx)
        await self._follow(present)
        if self._runtime.role == "api":
            return
        for generation in present:
            if generation.state is State.BUILDING:
                await self._bring_forward(generation)
            elif generation.state is State.ENDING:
                await self._remove(generation)

    async def _follow(self, present: Iterable[Generation]) -> None:
        """Run the groups of the generations that take events, and no others."""
        for member in self._members.values():
            member.raise_if_dead()
        wanted = {one.consumer_group: one.number for one in present if one.state is not State.ENDING}
        for group in self._members.keys() - wanted.keys():
            await self._members.pop(group).leave()
        for group in wanted.keys() - self._members.keys():
            self._members[group] = _Member(self._runtime, Handling(self._database, group, handlers(wanted[group])))

    async def _bring_forward(self, building: Generation) -> None:
        """Switch once the generation has, twice in a row, handled all that was there at the look before."""
        topics = sorted({model.topic for model in handlers(building.number)})
        now = await positions.look(self._bootstrap_servers, building.consumer_group, topics)
        before = self._looks_at.get(building.number)
        looks = before.in_a_row + 1 if before is not None and now.has_passed(before.positions) else 0
        self._looks_at = {building.number: _Look(now, looks)}
        is_there = looks >= LOOKS_IN_A_ROW
        async with self._database.transaction(place="read_model_switch" if is_there else None) as tx:
            hindrance = await generations.switch(tx, building.number) if is_there else None
            await generations.note_progress(tx, building.number, now.behind, hindrance)

    async def _remove(self, ending: Generation) -> None:
        await positions.forget(self._bootstrap_servers, ending.consumer_group)
        is_removed = False
        while not is_removed and not self._runtime.stopping.is_set():
            async with self._database.transaction() as tx:
                is_removed = await generations.remove_some(tx, ending)


class _Member:
    """The part of this process in one consumer group; in an API process only what operators need of it."""

    def __init__(self, runtime: Runtime, handling: Handling) -> None:
        self._runtime = runtime
        self._group = handling.group
        self._runner: ConsumerRunner | None = None
        self._tasks: list[asyncio.Task[None]] = []
        runtime.handlings[handling.group] = handling
        if runtime.role != "api":
            bootstrap_servers = runtime.settings.kafka_bootstrap_servers
            self._runner = runner = ConsumerRunner(handling, bootstrap_servers=bootstrap_servers)
            runtime.runners.append(runner)
            self._tasks = [asyncio.create_task(runner.run()), asyncio.create_task(runner.watch())]

    def raise_if_dead(self) -> None:
        """A task that ended by itself ends the process, so that it is started anew."""
        for task in self._tasks:
            if task.done():
                task.result()

    async def leave(self) -> None:
        """Finish what is in hand, commit, and leave the group."""
        del self._runtime.handlings[self._group]
        if self._runner is not None:
            self._runner.stop()
            await asyncio.wait(self._tasks, timeout=LEAVE_SECONDS)
            for task in self._tasks:
                task.cancel()
            self._runtime.runners.remove(self._runner)
