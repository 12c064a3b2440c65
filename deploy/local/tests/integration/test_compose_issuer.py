"""The keys and token issuer of docker-compose.yml, run by their own commands and settings: the client gets a token."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import yaml
from joserfc import jwt
from joserfc.jwk import KeySet

from homeward_local.child import ChildSpec, end, spawn
from homeward_local.ports import free_port
from homeward_local.waiting import wait_until

ROOT = Path(__file__).parents[4]
# Any: a parsed YAML document
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


def run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, *command[1:]], env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_demo_client_gets_a_token_from_the_composed_issuer(tmp_path: Path) -> None:
    port = free_port()

    def placed(text: str) -> str:
        return text.replace("/keys", str(tmp_path)).replace("8004", str(port))

    run([placed(word) for word in SERVICES["keys"]["command"]], {})
    issuer = SERVICES["issuer"]
    environment = {name: placed(value) for name, value in issuer["environment"].items()} | {"HOST": "127.0.0.1"}
    spec = ChildSpec("issuer", [sys.executable, *issuer["command"][1:]], tmp_path / "issuer.log", environment)
    process = spawn(spec)
    try:
        assert wait_until(lambda: is_up(environment["ISSUER_URL"]), seconds=30), spec.log.read_text()
        token = run(["python", "-m", "homeward_local.client_credentials", "fhir"], environment)
        keys = KeySet.import_key_set(httpx.get(f"{environment['ISSUER_URL']}/jwks.json").json())
        claims = jwt.decode(token, keys, algorithms=["ES256"]).claims
    finally:
        end(process, spec)
    (client,) = json.loads(SERVICES["spa-intake"]["environment"]["CLIENTS"])
    assert (claims["iss"], claims["client_id"], claims["scope"]) == (
        environment["ISSUER_URL"],
        client["client_id"],
        "fhir",
    )
    assert "spa-intake" in claims["aud"]


def is_up(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health/ready").is_success
    except httpx.TransportError:
        return False
