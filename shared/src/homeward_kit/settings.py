"""What every service reads from its environment; each service adds its own in a subclass."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from homeward_kit.clients import Client

CATCH_UP_PER_SECOND = 50  # late timers after downtime


class TrustedIssuer(BaseModel):
    """Who may sign tokens for this service, and where its public keys are."""

    model_config = ConfigDict(frozen=True)

    issuer: str
    jwks_url: str
    # Only Homeward's own issuers say in a token what somebody may do; of others a token names a registered client.
    asserts_roles: bool = False
    audience: str | None = None  # what its tokens call this service, where that is not the service's own name


class ServiceSettings(BaseSettings):
    """Environment variables have the names of the fields in capitals; secrets have no default."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    database_url: SecretStr
    migration_database_url: SecretStr | None = None  # the owner role's address; database_url unless given
    database_pool_size: int = 10  # connections a process keeps; it may open as many again under load
    kafka_bootstrap_servers: str
    host: str = "127.0.0.1"
    port: int = 8000
    homeward_demo: bool = False
    trusted_issuers: tuple[TrustedIssuer, ...] = ()
    clients: tuple[Client, ...] = ()
    # the proxy before us that ends TLS: the header with the client's certificate, and what the proxy proves itself by
    client_certificate_header: str | None = None
    proxy_secret: SecretStr | None = None
    request_seconds: float = Field(default=30, gt=0)  # until an answer must have begun
    homeward_assets: Path | None = None
    otel_exporter_otlp_endpoint: str | None = None  # without it no span leaves the process
    timers_catch_up_per_second: int = Field(default=CATCH_UP_PER_SECOND, ge=1)  # by each worker
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
