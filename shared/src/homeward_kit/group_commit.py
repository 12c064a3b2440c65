"""Group commit: commands of one kind that arrive while a transaction runs share the next; answered after its commit.

One bad command never fails the others: what goes wrong for the group is tried one by one, and only the culprit is told.
A command that was taken is done even when its caller has gone.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextvars import Context
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from fastapi import Request
from fastapi.responses import Response

from homeward_kit import audit, crash_points, telemetry
from homeward_kit.callers import Caller
from homeward_kit.commands import Answer, Repeatable, add_answer, claim_at_once, repeatable_of, response_of, run_once
from homeward_kit.database import Database, Tx
from homeward_kit.logging import get_logger
from homeward_kit.problems import Problem, is_outage, unavailable

TOGETHER = 200  # commands in one transaction
WAITING = 1_000  # more are refused: better told at once than answered too late
PATIENCE_SECONDS = 10.0  # who has waited longer, behind a database that does not answer, is told to come again
SINGLY_AT_ONCE = 8
TURNS = 5  # of the loop, in which a request that can be read comes as far as the queue

_log = get_logger(__name__)
Asked = TypeVar("Asked")


@dataclass(frozen=True, slots=True, eq=False)
class Command(Generic[Asked]):
    """One request for the group, with who asks and in which trace."""

    asked: Asked
    caller: Caller
    traceparent: str | None
    repeatable: Repeatable | None
    answer: "asyncio.Future[Response]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    came_at: float = field(default_factory=time.monotonic)

    def begin(self, tx: Tx) -> None:
        """What is published and audited from here on is this caller's."""
        tx.actor, tx.traceparent = self.caller.subject, self.traceparent
        audit.acting.set(self.caller)

    def tell(self, outcome: Response | Exception) -> None:
        """Answer the caller, if somebody still waits."""
        if self.answer.done():
            return
        if isinstance(outcome, Exception):
            self.answer.set_exception(outcome)
        else:
            self.answer.set_result(outcome)


# answers or refusals, one for each command, in their order
Work = Callable[[Tx, Sequence[Command[Asked]]], Awaitable[Sequence[Answer | Exception]]]


class GroupCommit(Generic[Asked]):
    """The queue of one kind of command in this process; it works while there is something in it."""

    def __init__(
        self, database: Database, work: Work[Asked], keys_of: Callable[[Asked], Iterable[str]] = lambda _: ()
    ) -> None:
        """`keys_of` names what `work` locks: a command whose keys another holds is done by itself and waits alone."""
        self._database = database
        self._work = work
        self._keys_of = keys_of
        self._waiting: deque[Command[Asked]] = deque()
        self._working: asyncio.Task[None] | None = None
        self._singly: set[asyncio.Task[None]] = set()
        self._singly_at_once = asyncio.Semaphore(SINGLY_AT_ONCE)

    async def run(self, request: Request, caller: Caller, asked: Asked) -> Response:
        """Answers as `run_command` does; 503 when too many wait."""
        repeatable = await repeatable_of(request, caller)
        if len(self._waiting) + len(self._singly) >= WAITING:
            raise _busy()
        command = Command(asked, caller, telemetry.current_traceparent(), repeatable)
        self._waiting.append(command)
        if self._working is None or self._working.done():
            # a context of its own: the request that happened to begin it is nobody's caller and nobody's trace
            self._working = asyncio.create_task(self._work_off(), context=Context())
        return await command.answer

    async def _work_off(self) -> None:
        while group := await self._gathered():
            try:
                singly = await self._commit(group)
            except Exception as error:  # noqa: BLE001 — whatever it was shows again, by itself
                _log.warning("group_failed", commands=len(group), error=type(error).__name__)
                if is_outage(error):  # whether it was stored is not known: who sends it again will be told
                    for command in group:
                        command.tell(unavailable())
                    continue
                singly = group
            for command in singly:
                task = asyncio.create_task(self._do_singly(command))
                self._singly.add(task)
                task.add_done_callback(self._singly.discard)

    async def _gathered(self) -> Sequence[Command[Asked]]:
        """The next group, with everybody who is there to be read; for nobody else is waited (docs/adr/0018)."""
        known = -1
        while known < len(self._waiting) < TOGETHER:
            known = len(self._waiting)
            for _ in range(TURNS):
                await asyncio.sleep(0)
        return self._next()

    def _next(self) -> Sequence[Command[Asked]]:
        """Those whose turn it is, as many as one transaction takes; empty when nobody waits."""
        group: list[Command[Asked]] = []
        oldest = time.monotonic() - PATIENCE_SECONDS
        while self._waiting and len(group) < TOGETHER:
            command = self._waiting.popleft()
            if command.came_at < oldest:
                command.tell(_busy())
            elif not command.answer.cancelled():  # somebody was told that it took too long
                group.append(command)
        return group

    async def _commit(self, group: Sequence[Command[Asked]]) -> Sequence[Command[Asked]]:
        """In one transaction all that need wait for nobody; returns the others."""
        crash_points.reach("group.taken")
        with telemetry.span("group commit", links=[command.traceparent for command in group]):
            async with self._database.transaction(place="group") as tx:
                new, others = await self._sort(tx, group)
                answers = await self._work(tx, new)
                outcomes = [_kept(tx, command, answer) for command, answer in zip(new, answers, strict=True)]
        for command, outcome in zip(new, outcomes, strict=True):
            command.tell(outcome)
        return others

    async def _sort(self, tx: Tx, group: Sequence[Command[Asked]]) -> tuple[list[Command[Asked]], list[Command[Asked]]]:
        """The commands that are new and whose keys are free, and the others; of two alike the first is new."""
        keys = [frozenset(self._keys_of(command.asked)) for command in group]
        repeatables = [command.repeatable for command in group if command.repeatable]
        known, held = await claim_at_once(tx, repeatables, frozenset().union(*keys))
        new: list[Command[Asked]] = []
        others: list[Command[Asked]] = []
        for command, needed in zip(group, keys, strict=True):
            request = command.repeatable.request if command.repeatable else None
            (others if request in known or needed & held else new).append(command)
            if request is not None:
                known.add(request)
        return new, others

    async def _do_singly(self, command: Command[Asked]) -> None:
        """In a transaction of its own."""

        async def work(tx: Tx) -> Answer:
            (answer,) = await self._work(tx, [command])
            if isinstance(answer, Exception):
                raise answer
            if command.answer.cancelled():
                raise unavailable()
            return answer

        async with self._singly_at_once:
            try:
                command.tell(await run_once(self._database, command.caller, command.repeatable, work))
            except Exception as error:  # noqa: BLE001 — the caller's to see
                command.tell(error)


def _kept(tx: Tx, command: Command[Asked], answer: Answer | Exception) -> Response | Exception:
    """The response, stored where the command may be sent again; a refusal stores nothing."""
    if isinstance(answer, Exception):
        return answer
    response = response_of(answer, tx)
    if command.repeatable:
        add_answer(tx, command.repeatable, response)
    return response


def _busy() -> Problem:
    return Problem(
        503,
        "busy",
        "Too many requests at once",
        "More is being sent than can be stored just now. Send it again in a second.",
        headers={"Retry-After": "1"},
    )
