"""The doors of a running intake: its HTTP interface in the test's process, on a real database."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
from door_builders import Json, structure
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import Row

from homeward_kit.auth import Role
from homeward_kit.clients import Client, Registry
from homeward_kit.database import Database
from homeward_kit.service import Runtime, Service
from homeward_kit.settings import ServiceSettings
from homeward_kit.testing.api import api_client
from homeward_kit.testing.tokens import TokenIssuer
from spa_intake.adapters.sealing import Sealer
from spa_intake.api import adt_ops, errors, fhir, fhir_reads, fhir_rest, hl7
from spa_intake.api.adt import AdtDesk
from spa_intake.domain.policy import Policy

DEFAULT = Policy()
PATH = "/fhir/R4/$process-message"


@dataclass(frozen=True)
class Door:
    """A client of intake, and a way to see what became of its messages."""

    client: httpx.AsyncClient
    database: Database
    issuer: TokenIssuer
    subject: str = "client/ward-tests"

    def ward(self) -> dict[str, str]:
        return self.issuer.headers(Role.WARD_SYSTEM, subject=self.subject)

    def operator(self) -> dict[str, str]:
        return self.issuer.headers(Role.OPERATOR)

    def staff(self) -> dict[str, str]:
        return self.issuer.headers(Role.COORDINATOR)

    async def rows(self, query: str) -> Sequence[Row[Any]]:  # Any: columns of whatever was asked for
        async with self.database.transaction() as tx:
            return (await tx.execute(query)).all()


CLIENTS = (
    Client(
        client_id="rjz-pas", organisations=("RJZ",), scopes=frozenset({"hl7"}), requests_per_second=1_000, burst=1_000
    ),
)


def sealer() -> Sealer:
    return Sealer({"test": b"k" * 32})


@asynccontextmanager
async def open_door(database: Database, issuer: TokenIssuer, policy: Policy = DEFAULT) -> AsyncIterator[Door]:
    def configure(app: FastAPI, _runtime: Runtime) -> None:
        app.state.policy = policy
        app.state.adt_desk = AdtDesk(database, sealer(), policy, Registry(CLIENTS))
        app.state.fhir_structure = structure()  # read once for all tests; `prepare` has a test of its own

    service = Service(
        name="spa-intake",
        package="spa_intake",
        settings=ServiceSettings(
            database_url=SecretStr(database.address),
            kafka_bootstrap_servers="unused",
            trusted_issuers=(issuer.trusted,),
        ),
        routers=[fhir.router, fhir_reads.router, fhir_rest.router, hl7.router, adt_ops.router],
        refusals=errors.STATUSES,
        configure_app=configure,
    )
    async with api_client(service, database) as client:
        yield Door(client, database, issuer)


def identifiers(request_id: UUID | None = None) -> dict[str, str]:
    """The two headers that every FHIR message needs."""
    return {"X-Request-Id": str(request_id or uuid4()), "X-Correlation-Id": str(uuid4())}


async def send(door: Door, message: Json | bytes, **headers: str) -> Json:
    """Post a FHIR message; the body of the answer with its status and headers added."""
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    answer = await door.client.post(PATH, content=body, headers=door.ward() | identifiers() | headers)
    found: Json = answer.json()
    assert answer.headers["content-type"].startswith("application/fhir+json")
    assert list(structure().faults(found, "Answer")) == []
    return found | {"status": answer.status_code, "headers": answer.headers}


def coding(outcome: Json) -> tuple[int, str, str]:
    """An OperationOutcome's status, BaRS code and issue type."""
    issue = outcome["issue"][0]
    return outcome["status"], issue["details"]["coding"][0]["code"], issue["code"]
