"""One whole stack for the end-to-end tests, with a receiver of its traces."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from homeward_local.client import StackClient
from homeward_local.config import SERVICES, Config, config_from_environment
from homeward_local.databases import service_database
from homeward_local.testing import running_stack

from .otlp import Receiver, otlp_receiver


@dataclass
class Stack:
    """A running stack: its addresses, a caller, its databases' owner addresses and what it said of itself."""

    config: Config
    status: dict[str, Any]  # Any: `homeward status --json`
    spans: Receiver
    client: StackClient
    environment: dict[str, str]

    @property
    def logs(self) -> Path:
        return self.config.logs

    def database_url(self, name: str) -> str:
        """The owner's address of a service's database."""
        service = next(service for service in SERVICES if service.name == name)
        admin = f"postgresql://postgres@127.0.0.1:{self.config.postgres_port}/postgres"
        return service_database(self.config, service, admin).owner_url


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The whole product on ports and data of its own, without the synthetic ward."""
    with otlp_receiver() as spans:
        own = {"OTEL_EXPORTER_OTLP_ENDPOINT": spans.address}
        with running_stack("--no-seed", environment=own) as status:
            environment: dict[str, str] = status["environment"]
            config = config_from_environment(environment)
            yield Stack(config, status, spans, StackClient.of_running(config), environment)
