"""Rebuilding the read model while the service runs: start it, look at it, abandon it."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from homeward_kit import audit
from homeward_kit.auth import Role, require
from homeward_kit.callers import Caller
from homeward_kit.commands import Answer, run_command
from homeward_kit.database import Tx

from . import generations
from .generations import Generation, Hindrance, State

router = APIRouter(prefix="/ops/read-model", tags=["operations"])
Operator = Annotated[Caller, Depends(require(Role.OPERATOR))]


class GenerationRow(BaseModel):
    """`behind`: records not handled yet; None while that is not known."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    consumer_group: str
    state: State
    started_at: datetime
    switched_at: datetime | None
    behind: int | None
    hindrance: Hindrance | None


class ReadModel(BaseModel):
    generations: list[GenerationRow]


@router.get("", dependencies=[Depends(require(Role.OPERATOR, Role.MANAGER))])
async def show_read_model(request: Request) -> ReadModel:
    """The generation that pages read, the one that is being built and those being removed."""
    async with request.app.state.database.transaction() as tx:
        found = await generations.all_of_them(tx)
    return ReadModel(generations=[GenerationRow.model_validate(generation) for generation in found])


@router.post("/rebuild", response_model=GenerationRow, status_code=202)
async def rebuild(request: Request, caller: Operator) -> Response:
    """Fill a new generation from the topics; pages read the present one until the new one has caught up."""

    async def work(tx: Tx) -> Answer:
        return await _answer(tx, await generations.begin(tx), "read_model.rebuild")

    return await run_command(request, caller, work)


@router.post("/abandon", response_model=GenerationRow, status_code=202)
async def abandon(request: Request, caller: Operator) -> Response:
    """Give up the generation that is being built."""

    async def work(tx: Tx) -> Answer:
        return await _answer(tx, await generations.abandon(tx), "read_model.abandon")

    return await run_command(request, caller, work)


async def _answer(tx: Tx, generation: Generation, action: str) -> Answer:
    await audit.record(tx, action, f"read-model/{generation.number}")
    return Answer(GenerationRow.model_validate(generation), status=202)
