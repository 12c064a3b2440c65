"""The whole of intake as its environment describes it, interface included, answering inside the test."""

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from door_builders import assets

from homeward_kit.clients import Client
from homeward_kit.service import Service
from homeward_kit.settings import TrustedIssuer
from spa_intake.entrypoints.service import build


def whole_intake(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    address: str,
    issuers: Sequence[TrustedIssuer],
    clients: Sequence[Client] = (),
    **settings: str,
) -> Service:
    """The service of a database; `folder` is the test's own."""
    key_file = folder / "ui-key.pem"
    key_file.write_bytes(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    environment = {
        "DATABASE_URL": address,
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "TRUSTED_ISSUERS": _json(issuers),
        "CLIENTS": _json(clients),
        "SPA_INTAKE_URL": "http://intake.test",
        "TRIAGE_URL": "http://triage.test",
        "CARE_PACKAGE_URL": "http://care-package.test",
        "READMISSION_MONITOR_URL": "http://monitor.test",
        "UI_SIGNING_KEY_FILE": str(key_file),
        "SESSION_SECRET": "of this test",
        "ADT_MESSAGE_KEYS": f"test:{base64.b64encode(b'k' * 32).decode()}",
        "HOMEWARD_ASSETS": str(assets()),
        **settings,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return build()


def _json(models: Sequence[Client] | Sequence[TrustedIssuer]) -> str:
    rows: list[Any] = [model.model_dump(mode="json") for model in models]  # Any: JSON
    return json.dumps(rows)
