"""What spa-intake reads from its environment beside what every service does."""

from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from homeward_kit.clients import Client
from homeward_kit.settings import ServiceSettings
from spa_intake.domain.policy import Policy
from spa_intake.domain.scores import CfsVersion, HospitalVersion, ScoreRules


class RuleSettings(BaseSettings):
    """The numbers of the rules that a site may set."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    link_window_days: float = Field(7, gt=0)
    close_after_readmission_hours: float = Field(24, gt=0)
    verified_number_senders: frozenset[str] = frozenset()  # ODS codes, as a JSON list; beside those of `clients`
    refuse_invalid_nhs_numbers: bool = False  # else taken as not verified
    hl7_processing_ids: frozenset[Literal["P", "T", "D"]] = frozenset({"P"})  # MSH-11; the others in a training system
    clients: tuple[Client, ...] = ()
    lace_points_for_14_days: Literal[6, 7] = 7
    hospital_score_version: HospitalVersion = HospitalVersion.VALIDATION_2016
    clinical_frailty_version: CfsVersion = CfsVersion.V2_0

    def policy(self) -> Policy:
        return Policy(
            link_window=timedelta(days=self.link_window_days),
            close_after_readmission=timedelta(hours=self.close_after_readmission_hours),
            verified_number_senders=self.verified_number_senders.union(
                *(client.organisations for client in self.clients if client.sends_verified_numbers)
            ),
            refuses_invalid_nhs_numbers=self.refuse_invalid_nhs_numbers,
            processing_ids=frozenset(self.hl7_processing_ids),
            scores=ScoreRules(self.lace_points_for_14_days, self.hospital_score_version, self.clinical_frailty_version),
        )


class IntakeSettings(ServiceSettings):
    """The addresses are those that a browser's page and the services are called by."""

    spa_intake_url: str
    triage_url: str
    care_package_url: str
    readmission_monitor_url: str
    ui_signing_key_file: Path  # EC P-256 private key, PEM
    session_secret: SecretStr
    adt_message_keys: SecretStr | None = None  # see adapters/sealing.py; the api process does not start without
    adt_message_days: float = Field(90, gt=0)  # how long they are kept, beside those that wait for somebody
    mllp_port: int | None = Field(None, ge=0, le=65535)  # without it no MLLP listener
    mllp_host: str | None = None  # `host` unless given
    mllp_tls_certificate_file: Path | None = None  # with it and the key: TLS
    mllp_tls_key_file: Path | None = None
    mllp_tls_client_ca_file: Path | None = None  # with it every sender must show a certificate that names its client id
    mllp_longest_bytes: int = Field(1_048_576, ge=1_000)
    mllp_idle_seconds: float = Field(300, gt=0)
    mllp_most_connections: int = Field(100, ge=1)
    mllp_most_connections_of_a_client: int = Field(20, ge=1)
    webhook_allow_http: bool = False  # for tests and demonstrations: targets without TLS
    webhook_allowed_networks: tuple[IPv4Network | IPv6Network, ...] = ()  # of the own network, that may be called
    webhook_ca_file: Path | None = None  # an authority of the site's own, beside the public ones
