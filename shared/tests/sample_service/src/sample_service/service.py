"""What the sample service is made of; its name, and so its group, come from the environment."""

from collections.abc import Sequence
from dataclasses import replace

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from homeward_kit.callers import Caller, Role
from homeward_kit.commands import Answer, run_command
from homeward_kit.database import Tx
from homeward_kit.group_commit import Command, GroupCommit
from homeward_kit.service import Service
from homeward_kit.settings import ServiceSettings
from homeward_kit.values import Refusal
from sample_service.things import REMINDER, ThingMadeIn, add, make, record_and_remind, record_fired

router = APIRouter()
CALLER = Caller("client/sample", Role.WARD_SYSTEM, "RJZ", "direct_care")


class Settings(ServiceSettings):
    service_name: str


class ThingIn(BaseModel):
    key: str
    number: int


@router.post("/things", status_code=201, response_model=ThingIn)
async def make_thing(request: Request, body: ThingIn) -> Response:
    async def work(tx: Tx) -> Answer:
        await make(tx, body.key, body.number)
        return Answer(body, status=201)

    return await run_command(request, CALLER, work)


class UnwantedRefusal(Refusal):
    code = "unwanted"
    message = "Nobody wants that thing. Make another."


@router.post("/things/together", status_code=201, response_model=ThingIn)
async def make_thing_together(request: Request, body: ThingIn) -> Response:
    """As `make_thing`, with those of others in one transaction."""
    state = request.app.state
    if not hasattr(state, "group"):
        state.group = GroupCommit(state.database, make_together, lambda thing: [thing.key])
    group: GroupCommit[ThingIn] = state.group
    caller = replace(CALLER, subject=request.headers.get("x-caller", CALLER.subject))
    return await group.run(request, caller, body)


async def make_together(tx: Tx, commands: Sequence[Command[ThingIn]]) -> list[Answer | Exception]:
    """One thing for each command, but for a few whose keys say what is wrong with them."""
    outcomes: list[Answer | Exception] = []
    for command in commands:
        thing = command.asked
        if thing.key.startswith("unwanted"):
            outcomes.append(UnwantedRefusal())
            continue
        if thing.key.startswith("poison"):
            raise ValueError(thing.key)
        command.begin(tx)
        published = len(tx.event_ids)
        await add(tx, thing.key, thing.number)
        outcomes.append(Answer(thing, status=201, event_ids=tx.event_ids[published:]))
    return outcomes


def build() -> Service:
    """The service, with settings from the environment."""
    settings = Settings()
    return Service(
        name=settings.service_name,
        package="sample_service",
        settings=settings,
        routers=[router],
        handlers={ThingMadeIn: record_and_remind},
        timers={REMINDER: record_fired},
    )
