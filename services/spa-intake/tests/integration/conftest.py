"""Intake on a real database: its use cases in transactions, and its API without the staff interface."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI
from intake_database import Intake

from homeward_kit.database import Database
from homeward_kit.service import Runtime, Service
from homeward_kit.testing.api import api_client
from homeward_kit.testing.tokens import TokenIssuer
from spa_intake.api import errors
from spa_intake.entrypoints.service import NAME, ROUTERS, prepare_api
from spa_intake.settings import IntakeSettings


@pytest.fixture
def intake(make_database: Callable[[str], Database]) -> Intake:
    return Intake(make_database("spa_intake"))


@pytest.fixture(scope="session")
def signing_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path_factory.mktemp("keys") / "ui.pem"
    path.write_bytes(pem)
    return path


@pytest.fixture
async def api(intake: Intake, token_issuer: TokenIssuer, signing_key: Path) -> AsyncIterator[httpx.AsyncClient]:
    settings = IntakeSettings(
        database_url=intake.database.address,
        kafka_bootstrap_servers="unused:1",
        trusted_issuers=(token_issuer.trusted,),
        spa_intake_url="http://intake.test",
        triage_url="http://triage.test",
        care_package_url="http://care-package.test",
        readmission_monitor_url="http://monitor.test",
        ui_signing_key_file=signing_key,
        session_secret="not used here",
    )

    def configure(app: FastAPI, _runtime: Runtime) -> None:
        prepare_api(app, settings)

    service = Service(
        name=NAME,
        package="spa_intake",
        settings=settings,
        routers=ROUTERS,
        refusals=errors.STATUSES,
        configure_app=configure,
    )
    async with api_client(service, intake.database) as client:
        yield client
