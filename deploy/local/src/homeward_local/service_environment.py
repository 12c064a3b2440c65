"""The environment each service process of the stack is started with."""

import json
from pathlib import Path

from .config import DEMO_CLIENT, DEMO_HOSPITAL, DEMO_SCOPES, HOST, SERVICES, Config, Service
from .databases import ServiceDatabase
from .secret_files import ensure_password, ensure_signing_key, ensure_symmetric_key

_REGISTERED = {"client_id": DEMO_CLIENT, "organisations": [DEMO_HOSPITAL], "scopes": DEMO_SCOPES}


def service_environment(config: Config, service: Service, database: ServiceDatabase, assets: Path) -> dict[str, str]:
    """Everything `serve` needs; see the settings of the services."""
    environment = {
        "DATABASE_URL": database.user_url,
        "KAFKA_BOOTSTRAP_SERVERS": config.bootstrap_servers,
        "HOST": HOST,
        "PORT": str(config.port_base + service.offset),
        "HOMEWARD_DEMO": "true",
        "HOMEWARD_ASSETS": str(assets),
        "TRUSTED_ISSUERS": json.dumps(_trusted_issuers(config)),
        "CLIENTS": json.dumps([_REGISTERED]),
        **{other.address_variable: config.url_of(other) for other in SERVICES},
    }
    if service is SERVICES[0]:
        environment["UI_SIGNING_KEY_FILE"] = str(ensure_signing_key(config.secrets / "ui-signing-key.pem"))
        # a receiver on this machine can be tried without a certificate
        environment["WEBHOOK_ALLOW_HTTP"] = "true"
        environment["WEBHOOK_ALLOWED_NETWORKS"] = '["127.0.0.0/8", "::1/128"]'
        environment["SESSION_SECRET"] = ensure_password(config.secrets / "session-secret")
        environment["ADT_MESSAGE_KEYS"] = f"local:{ensure_symmetric_key(config.secrets / 'adt-message-key')}"
        environment["MLLP_PORT"] = str(config.mllp_port)
    return environment


def migration_environment(environment: dict[str, str], database: ServiceDatabase) -> dict[str, str]:
    """As for serving, and with the address of the role that owns the tables."""
    return {**environment, "MIGRATION_DATABASE_URL": database.owner_url}


def _trusted_issuers(config: Config) -> list[dict[str, object]]:
    intake = config.url_of(SERVICES[0])
    return [
        {"issuer": config.issuer_url, "jwks_url": f"{config.issuer_url}/jwks.json", "asserts_roles": True},
        {"issuer": intake, "jwks_url": f"{intake}/.well-known/jwks.json", "asserts_roles": True},
    ]
