"""What the sample service is made of; its name, and so its group, come from the environment."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from homeward_kit.callers import Caller, Role
from homeward_kit.commands import Answer, run_command
from homeward_kit.database import Tx
from homeward_kit.process import Service
from homeward_kit.settings import ServiceSettings
from sample_service.things import REMINDER, ThingMadeIn, make, record_and_remind, record_fired

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
