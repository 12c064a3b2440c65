"""A small service on a real database that has the kit's tables, made by the kit's own migration steps."""

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Annotated, ClassVar
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict

from homeward_kit import audit, commands, telemetry
from homeward_kit.auth import Caller, Role, require
from homeward_kit.database import Database, Tx
from homeward_kit.envelope import PublishedEvent
from homeward_kit.service import Service
from homeward_kit.settings import ServiceSettings
from homeward_kit.testing.api import api_client
from homeward_kit.testing.tokens import TokenIssuer
from homeward_kit.values import Refusal

SAMPLE = "kit_sample"
ENV = "from homeward_kit.migrations import run_env\n\nrun_env()\n"
VERSION = """
from alembic import op
from homeward_kit.migrations.steps import drop_0001_messaging, step_0001_messaging
from homeward_kit.migrations.steps_aliases import drop_aliases, step_aliases
from homeward_kit.migrations.steps_audit_chain import drop_audit_chain, step_audit_chain
from homeward_kit.migrations.steps_audit_epochs import drop_audit_epochs, step_audit_epochs
from homeward_kit.migrations.steps_web import drop_audit, drop_idempotency, step_audit, step_idempotency

revision = "0001"
down_revision = None


def upgrade():
    step_0001_messaging(op)
    step_aliases(op)
    step_idempotency(op)
    step_audit(op)
    step_audit_chain(op)
    step_audit_epochs(op)
    op.execute("CREATE TABLE things (id uuid PRIMARY KEY, name text UNIQUE)")


def downgrade():
    op.execute("DROP TABLE things")
    drop_audit_epochs(op)
    drop_audit_chain(op)
    drop_audit(op)
    drop_idempotency(op)
    drop_aliases(op)
    drop_0001_messaging(op)
"""


@pytest.fixture(scope="session", autouse=True)
def sample_package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A service's package and migrations, laid out as those of the real ones."""
    root: Path = tmp_path_factory.mktemp("sample")
    for path, text in (
        (f"src/{SAMPLE}/__init__.py", ""),
        ("migrations/env.py", ENV),
        ("migrations/versions/0001_kit.py", VERSION),
    ):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    sys.path.insert(0, str(root / "src"))
    yield
    sys.path.remove(str(root / "src"))


class ThingMade(PublishedEvent):
    type: ClassVar[str] = "kit.thing.made.v1"
    topic: ClassVar[str] = "kit-things"
    thing_id: UUID


class ThingIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    count: int = 1


class Thing(BaseModel):
    thing_id: UUID
    version: int


class AlreadyThereRefusal(Refusal):
    code = "already_there"
    message = "There is one of that name. Use it, or choose another name."


class ForbiddenThingRefusal(Refusal):
    code = "forbidden_thing"
    message = "That may not be made. Ask the desk."


router = APIRouter(prefix="/api/v1")
Maker = Annotated[Caller, Depends(require(Role.COORDINATOR))]


@router.post("/things", status_code=201, response_model=Thing)
async def make_thing(request: Request, body: ThingIn, caller: Maker) -> Response:
    thing_id = uuid4()

    async def work(tx: Tx) -> commands.Answer:
        if body.name == "known":
            raise AlreadyThereRefusal(thing_id=str(thing_id))
        if body.name == "forbidden":
            raise ForbiddenThingRefusal
        if body.name == "slow":
            await tx.execute("SELECT pg_sleep(2.5)")
        await tx.execute("INSERT INTO things VALUES (:id, :name)", {"id": thing_id, "name": body.name})
        await tx.publish(ThingMade(thing_id=thing_id), key=thing_id, subject=f"thing/{thing_id}", version=1)
        await audit.record(tx, "make_thing", f"thing/{thing_id}", patient_key=thing_id)
        thing = Thing(thing_id=thing_id, version=1)
        return commands.Answer(thing, status=201, version=1, location=f"/api/v1/things/{thing_id}")

    return await commands.run_command(request, caller, work)


@router.post("/things/{thing_id}/rename", response_model=Thing)
async def rename_thing(request: Request, thing_id: UUID, caller: Maker) -> Response:
    async def work(_tx: Tx) -> commands.Answer:
        telemetry.set_referral(thing_id)
        commands.check_version(request, 7)
        return commands.Answer(Thing(thing_id=thing_id, version=8), version=8)

    return await commands.run_command(request, caller, work)


@router.get("/fail/{word}")
async def fail(word: str) -> None:
    raise RuntimeError(word)


MakeClient = Callable[..., AsyncIterator[httpx.AsyncClient]]


@pytest.fixture
def database(make_database: Callable[[str], Database]) -> Database:
    return make_database(SAMPLE)


@pytest.fixture
def service(database: Database, token_issuer: TokenIssuer, tmp_path: Path) -> Service:
    (tmp_path / "swagger-ui").mkdir()
    (tmp_path / "swagger-ui" / "swagger-ui.css").write_text("body {}")
    settings = ServiceSettings(
        database_url=database.address,  # validated into a secret
        kafka_bootstrap_servers="127.0.0.1:1",
        trusted_issuers=(token_issuer.trusted,),
        homeward_demo=True,
        homeward_assets=tmp_path,
    )
    return Service(
        name="triage",
        package=SAMPLE,
        settings=settings,
        routers=[router],
        refusals={ForbiddenThingRefusal: 403},
    )


@pytest.fixture
async def client(service: Service, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with api_client(service, database) as client:
        yield client
