"""Group commit: commands of one kind that arrive while a transaction runs share the next; answered after its commit.

One bad command never fails the others: what goes wrong for the group is tried one by one, and only the culprit is told.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from fastapi import Request
from fastapi.responses import Response

from homeward_kit import audit, telemetry
from homeward_kit.callers import Caller
from homeward_kit.commands import Answer, Repeatable, add_answer, known_keys, repeatable_of, response_of, run_once
from homeward_kit.consumer import is_outage
from homeward_kit.database import Database, Tx
from homeward_kit.problems import Problem

TOGETHER = 200  # commands in one transaction
WAITING = 1_000  # more are refused: better told at once than answered too late
SINGLY_AT_ONCE = 8

Asked = TypeVar("Asked")


@dataclass(frozen=True, slots=True, eq=False)
class Command(Generic[Asked]):
    """One request for the group, with who asks and in which trace."""

    asked: Asked
    caller: Caller
    traceparent: str | None
    repeatable: Repeatable | None
    answer: "asyncio.Future[Response]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def begin(self, tx: Tx) -> None:
        """What is published and audited from here on is this caller's."""
        tx.actor, tx.traceparent = self.caller.subject, self.traceparent
        audit.acting.set(self.caller)


# answers or refusals, one for each command, in their order
Work = Callable[[Tx, Sequence[Command[Asked]]], Awaitable[Sequence[Answer | Exception]]]


class GroupCommit(Generic[Asked]):
    """The queue of one kind of command in this process; it works while there is something in it."""

    def __init__(self, database: Database, work: Work[Asked]) -> None:
        self._database = database
        self._work = work
        self._waiting: deque[Command[Asked]] = deque()
        self._working: asyncio.Task[None] | None = None

    async def run(self, request: Request, caller: Caller, asked: Asked) -> Response:
        """Answers as `run_command` does; 503 when too many wait."""
        repeatable = await repeatable_of(request, caller)
        if len(self._waiting) >= WAITING:
            raise _busy()
        command = Command(asked, caller, telemetry.current_traceparent(), repeatable)
        self._waiting.append(command)
        if self._working is None or self._working.done():
            # a context of its own: the request that happened to begin it is nobody's caller and nobody's trace
            self._working = asyncio.create_task(self._work_off(), context=Context())
        return await command.answer

    async def _work_off(self) -> None:
        while self._waiting:
            group = [self._waiting.popleft() for _ in range(min(TOGETHER, len(self._waiting)))]
            try:
                singly = await self._commit(group)
            except Exception as error:  # noqa: BLE001 — whatever it was shows again, by itself, just below
                if is_outage(error):
                    _tell(group, error)
                    continue
                singly = group
            await self._commit_singly(singly)

    async def _commit(self, group: Sequence[Command[Asked]]) -> Sequence[Command[Asked]]:
        """All in one transaction; returns those that were sent before and have an answer, or will have one soon."""
        links = [command.traceparent for command in group]
        with telemetry.span("group commit", links=links):
            return await self._commit_within(group)

    async def _commit_within(self, group: Sequence[Command[Asked]]) -> Sequence[Command[Asked]]:
        async with self._database.transaction(place="command") as tx:
            known = await known_keys(tx, [command.repeatable for command in group if command.repeatable])
            new: list[Command[Asked]] = []
            repeats: list[Command[Asked]] = []
            for command in group:
                request = command.repeatable.request if command.repeatable else None
                (repeats if request in known else new).append(command)
                if request is not None:
                    known.add(request)
            answers = await self._work(tx, new)
            responses = [self._kept(tx, command, answer) for command, answer in zip(new, answers, strict=True)]
        for command, response in zip(new, responses, strict=True):
            _tell([command], response)
        return repeats

    def _kept(self, tx: Tx, command: Command[Asked], answer: Answer | Exception) -> Response | Exception:
        """The response, stored where the command may be sent again; a refusal stores nothing."""
        if isinstance(answer, Exception):
            return answer
        response = response_of(answer, tx)
        if command.repeatable:
            add_answer(tx, command.repeatable, response)
        return response

    async def _commit_singly(self, commands: Sequence[Command[Asked]]) -> None:
        """Each in a transaction of its own, some at once."""
        free = asyncio.Semaphore(SINGLY_AT_ONCE)

        async def commit(command: Command[Asked]) -> None:
            async with free:
                try:
                    _tell([command], await self._once(command))
                except Exception as error:  # noqa: BLE001 — the caller's to see
                    _tell([command], error)

        await asyncio.gather(*(commit(command) for command in commands))

    async def _once(self, command: Command[Asked]) -> Response:
        async def work(tx: Tx) -> Answer:
            (answer,) = await self._work(tx, [command])
            if isinstance(answer, Exception):
                raise answer
            return answer

        return await run_once(self._database, command.caller, command.repeatable, work)


def _tell(commands: Sequence[Command[Asked]], outcome: Response | Exception) -> None:
    """Answer those who still wait."""
    for command in commands:
        if command.answer.done():
            continue
        if isinstance(outcome, Exception):
            command.answer.set_exception(outcome)
        else:
            command.answer.set_result(outcome)


def _busy() -> Problem:
    return Problem(
        503,
        "busy",
        "Too many requests at once",
        "More is being sent than can be stored just now. Send it again in a second.",
        headers={"Retry-After": "1"},
    )
