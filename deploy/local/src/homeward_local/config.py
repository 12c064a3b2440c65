"""Where a stack lives and which addresses it uses, read once from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import StackError

REPOSITORY = Path(__file__).resolve().parents[4]
HOST = "127.0.0.1"
DEFAULT_PORT_BASE = 8000
HIGHEST_OFFSET = 8
# ODS codes that the demo's ward system and its staff work for.
DEMO_HOSPITAL = "RJZ"
DEMO_PLACE = "QKK"
# The hospital's system as a real one is registered: it proves who it is with its own key (`client_credentials`).
DEMO_CLIENT = "demo-hospital"
DEMO_SCOPES = ("fhir", "hl7", "referrals.read", "referrals.write", "subscriptions")


@dataclass(frozen=True)
class Service:
    """One of the four services: its name, its Python package and its port's distance from the base."""

    name: str
    package: str
    offset: int

    @property
    def address_variable(self) -> str:
        return f"{self.package.upper()}_URL"


SERVICES = (
    Service("spa-intake", "spa_intake", 0),
    Service("triage", "triage", 1),
    Service("care-package", "care_package", 2),
    Service("readmission-monitor", "readmission_monitor", 3),
)


@dataclass(frozen=True)
class Config:
    """Everything that makes one stack differ from another on the same machine."""

    home: Path
    cache: Path
    port_base: int = DEFAULT_PORT_BASE
    database_prefix: str = "homeward_"
    external_kafka: str | None = None
    external_database: str | None = None

    @property
    def issuer_port(self) -> int:
        return self.port_base + 4

    @property
    def postgres_port(self) -> int:
        return self.port_base + 5

    @property
    def kafka_port(self) -> int:
        return self.port_base + 6

    @property
    def controller_port(self) -> int:
        return self.port_base + 7

    @property
    def mllp_port(self) -> int:
        return self.port_base + HIGHEST_OFFSET

    @property
    def mllp_address(self) -> str:
        return f"{HOST}:{self.mllp_port}"

    @property
    def bootstrap_servers(self) -> str:
        return self.external_kafka or f"{HOST}:{self.kafka_port}"

    @property
    def issuer_url(self) -> str:
        return f"http://{HOST}:{self.issuer_port}"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def secrets(self) -> Path:
        return self.home / "secrets"

    def url_of(self, service: Service) -> str:
        return f"http://{HOST}:{self.port_base + service.offset}"

    def ports(self) -> dict[str, int]:
        """The ports this stack opens itself, by the name of the part that opens them."""
        ports = {service.name: self.port_base + service.offset for service in SERVICES}
        ports["demo issuer"] = self.issuer_port
        ports["MLLP"] = self.mllp_port
        if self.external_database is None:
            ports["PostgreSQL"] = self.postgres_port
        if self.external_kafka is None:
            ports["Kafka"] = self.kafka_port
            ports["Kafka's controller"] = self.controller_port
        return ports


def config_from_environment(environment: Mapping[str, str] | None = None) -> Config:
    """Read HOMEWARD_HOME, HOMEWARD_CACHE, HOMEWARD_PORT_BASE, HOMEWARD_DB_PREFIX and the two addresses."""
    given = os.environ if environment is None else environment
    default_home = REPOSITORY / ".homeward"
    return Config(
        home=Path(given.get("HOMEWARD_HOME") or default_home).expanduser().absolute(),
        cache=Path(given.get("HOMEWARD_CACHE") or default_home / "cache").expanduser().absolute(),
        port_base=_port_base(given.get("HOMEWARD_PORT_BASE")),
        database_prefix=_database_prefix(given.get("HOMEWARD_DB_PREFIX")),
        external_kafka=given.get("KAFKA_BOOTSTRAP_SERVERS") or None,
        external_database=given.get("DATABASE_URL") or None,
    )


def _port_base(text: str | None) -> int:
    if not text:
        return DEFAULT_PORT_BASE
    if not text.isdigit() or not 1024 <= int(text) <= 65535 - HIGHEST_OFFSET:
        raise StackError(
            f"HOMEWARD_PORT_BASE is {text!r}; give a number from 1024 to {65535 - HIGHEST_OFFSET}, "
            "the first of nine free ports."
        )
    return int(text)


def _database_prefix(text: str | None) -> str:
    prefix = text or "homeward_"
    if not prefix.replace("_", "a").isalnum() or not prefix.isascii() or prefix != prefix.lower() or len(prefix) > 30:
        raise StackError(f"HOMEWARD_DB_PREFIX is {text!r}; use at most 30 lower-case letters, digits and underscores.")
    return prefix
