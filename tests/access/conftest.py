"""Each service whole, on a real database, with a registered client; its HTTP interface answers inside the test."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
from whole_intake import whole_intake

from homeward_kit.clients import Client
from homeward_kit.database import Database
from homeward_kit.service import Service
from homeward_kit.testing.tokens import TokenIssuer

SCOPES = frozenset({"referrals.read", "referrals.write", "fhir", "hl7", "subscriptions"})
MANY = 1_000_000
SYSTEM = Client(client_id="system", organisations=("RJZ",), scopes=SCOPES, requests_per_second=MANY, burst=MANY)
OTHER = Client(client_id="other", organisations=("RJ1",), scopes=SCOPES, requests_per_second=MANY, burst=MANY)

MakeService = Callable[[str, Database], Service]


@pytest.fixture
def make_service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, token_issuer: TokenIssuer) -> MakeService:
    """Given a package and its database: the service as its environment describes it."""

    def make(package: str, database: Database) -> Service:
        monkeypatch.setenv("HOMEWARD_DEMO", "true")
        intake = whole_intake(monkeypatch, tmp_path, database.address, [token_issuer.trusted], [SYSTEM, OTHER])
        if package == "spa_intake":
            return intake
        service: Service = import_module(f"{package}.entrypoints.service").build()
        return service

    return make
