"""Dead letters over HTTP: list, look at one, repair, replay, discard; a dry run unless told otherwise, all audited."""

import json
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, ValidationError

from homeward_kit import audit, queues, replay
from homeward_kit.auth import Role, require
from homeward_kit.callers import Caller
from homeward_kit.commands import Answer, run_command
from homeward_kit.database import Tx
from homeward_kit.handling import Handling
from homeward_kit.problems import Problem, pointers_of
from homeward_kit.replay import Operator, Reason
from homeward_kit.service import Runtime

Limit = Annotated[int, Query(ge=1, le=1000)]
OperatorCaller = Annotated[Caller, Depends(require(Role.OPERATOR))]


class DeadLetterRow(BaseModel):
    id: UUID
    group: str
    topic: str
    partition: int
    offset: int
    key: str
    event_id: UUID | None
    type: str | None
    error_class: str
    error_code: str
    state: str
    recorded_at: datetime
    parked: int
    service: str


class DeadLetters(BaseModel):
    dead_letters: list[DeadLetterRow]


class DeadLetter(DeadLetterRow):
    """One letter; the payload's values are masked unless they were asked for."""

    payload: Any  # JSON of any shape, or None where it is no JSON
    is_masked: bool


class Action(BaseModel):
    """Why, in code; nothing is changed unless `is_dry_run` is false."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason
    is_dry_run: bool = True


class RepairAction(Action):
    payload: dict[str, Any]  # any JSON object: checked against what the consumer reads


class ActionOutcome(BaseModel):
    """What was done, or would be in a dry run."""

    is_dry_run: bool
    is_settled: bool
    error_code: str | None = None
    parked_applied: int = 0
    parked_left: int = 0


def routes(runtime: Runtime) -> APIRouter:
    """Everything under `/ops/dead-letters`."""
    router = APIRouter()

    @router.get("/dead-letters")
    async def list_dead_letters(state: str | None = None, limit: Limit = 200) -> DeadLetters:
        async with runtime.database.transaction() as tx:
            rows = await queues.dead_letters(tx, limit=limit, state=state)
        return DeadLetters(dead_letters=[DeadLetterRow(**_shown(row, runtime)) for row in rows])

    @router.get("/dead-letters/{letter_id}")
    async def show_dead_letter(letter_id: UUID, caller: OperatorCaller, *, reveal: bool = False) -> DeadLetter:
        async with runtime.database.transaction(actor=caller.subject) as tx:
            row = await queues.dead_letter(tx, letter_id)
            if row is None:
                raise replay.LetterNotFound
            if reveal:
                await audit.record(tx, "dead_letter.payload_revealed", f"letter/{letter_id}")
        payload = _json(row.payload)
        shown = payload if reveal else _masked(payload)
        return DeadLetter(**_shown(row, runtime), payload=shown, is_masked=not reveal)

    _add_actions(router, runtime)
    return router


def _add_actions(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/dead-letters/{letter_id}/repair", response_model=ActionOutcome)
    async def repair(letter_id: UUID, action: RepairAction, request: Request, caller: OperatorCaller) -> Response:
        async def work(tx: Tx) -> Answer:
            handling = await _handling(tx, runtime, letter_id)
            try:
                await replay.repair(tx, handling, letter_id, json.dumps(action.payload).encode(), _operator(tx, action))
            except ValidationError as error:
                raise _unreadable(error) from None
            return await _answer(tx, letter_id, "repair", ActionOutcome(is_dry_run=action.is_dry_run, is_settled=False))

        return await run_command(request, caller, work)

    async def settle(letter_id: UUID, verb: str, action: Action, request: Request, caller: Caller) -> Response:
        async def work(tx: Tx) -> Answer:
            handling = await _handling(tx, runtime, letter_id)
            do = replay.replay if verb == "replay" else replay.discard
            outcome = await do(tx, handling, letter_id, _operator(tx, action))
            done = ActionOutcome(
                is_dry_run=action.is_dry_run,
                is_settled=outcome.is_settled,
                error_code=outcome.error_code,
                parked_applied=outcome.parked_applied,
                parked_left=outcome.parked_left,
            )
            return await _answer(tx, letter_id, verb, done)

        return await run_command(request, caller, work)

    @router.post("/dead-letters/{letter_id}/replay", response_model=ActionOutcome)
    async def replay_letter(letter_id: UUID, action: Action, request: Request, caller: OperatorCaller) -> Response:
        return await settle(letter_id, "replay", action, request, caller)

    @router.post("/dead-letters/{letter_id}/discard", response_model=ActionOutcome)
    async def discard_letter(letter_id: UUID, action: Action, request: Request, caller: OperatorCaller) -> Response:
        return await settle(letter_id, "discard", action, request, caller)


async def _answer(tx: Tx, letter_id: UUID, verb: str, outcome: ActionOutcome) -> Answer:
    await audit.record(tx, f"dead_letter.{verb}", f"letter/{letter_id}")
    tx.is_dry_run = outcome.is_dry_run
    return Answer(outcome)


def _operator(tx: Tx, action: Action) -> Operator:
    return Operator(tx.actor, action.reason)


async def _handling(tx: Tx, runtime: Runtime, letter_id: UUID) -> Handling:
    """What the letter's consumer group does with records."""
    row = await queues.dead_letter(tx, letter_id)
    if row is None or row.group not in runtime.handlings:
        raise replay.LetterNotFound
    return runtime.handlings[row.group]


def _unreadable(error: ValidationError) -> Problem:
    return Problem(
        422,
        "payload_unreadable",
        "The consumer cannot read this payload",
        "Correct the fields that are named and try again.",
        pointers=pointers_of(error.errors()),
    )


def _shown(row: Any, runtime: Runtime) -> dict[str, Any]:  # Any: a row of plain SQL
    fields = DeadLetterRow.model_fields.keys() - {"service"}
    return {name: getattr(row, name) for name in fields} | {"service": runtime.service.name}


def _json(payload: bytes) -> Any:  # Any: JSON of any shape
    try:
        return json.loads(payload)
    except ValueError:
        return None


def _masked(value: Any) -> Any:  # Any: JSON of any shape
    """The same shape with the kind of each value in its place."""
    if isinstance(value, dict):
        return {name: _masked(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_masked(inner) for inner in value]
    return f"<{type(value).__name__}>"
