"""The FHIR door, tried by the HAPI FHIR Java client: software that nobody here wrote."""

import asyncio
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from door_builders import EXAMPLES, assets
from intake_process import Worker

from homeward_kit.callers import Role
from homeward_kit.database import Database
from homeward_kit.testing.tokens import TokenIssuer
from homeward_local.testing_hapi import ensure_hapi

MESSAGE = EXAMPLES / "bars-hospital-discharge.json"
needs_java = pytest.mark.skipif(
    (platform.system(), platform.machine()) == ("Linux", "aarch64"), reason="There is no Java wheel for Linux on ARM."
)


@needs_java
async def test_a_java_client_refers_reads_searches_and_follows_the_work(
    make_database: Callable[[str], Database], token_issuer: TokenIssuer, tmp_path: Path
) -> None:
    key = tmp_path / "key.pem"
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key.write_bytes(pem)
    database = make_database("spa_intake")
    api = Worker(database.address, "127.0.0.1:1", token_issuer, key, role="api")
    token = token_issuer.token(Role.WARD_SYSTEM, subject="client/hapi")
    async with api.running(HOMEWARD_ASSETS=str(assets())) as running:
        seen = await asyncio.to_thread(client_says, f"{running.client.base_url}/fhir/R4", token)
    assert seen["operations"] == ["process-message"]
    bundle_id = json.loads(MESSAGE.read_text(encoding="utf-8"))["id"]
    assert seen["answer"] == {"event": "servicerequest-response", "response": bundle_id, "code": "ok"}
    assert seen["again"] == {"status": 409, "code": "REC_CONFLICT", "issue": "duplicate"}
    (referral,) = seen["found"]
    assert seen["found_by_post"] == [referral]
    assert seen["task"] == {"status": "requested", "business": "received"}


def client_says(address: str, token: str) -> dict[str, Any]:  # Any: JSON
    """What the Java client saw."""
    class_path = os.pathsep.join(str(path) for path in ensure_hapi())
    script = Path(__file__).parent / "hapi_client.py"
    done = subprocess.run(
        [sys.executable, str(script), address, token, class_path, str(MESSAGE)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    seen: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return seen
