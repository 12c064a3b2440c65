"""The audit logs of a running stack: whole, out of the services' reach, and the row that was tampered with is named."""

import asyncio
import json
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from homeward_local.config import DEMO_HOSPITAL, HOST, SERVICES, Config, config_from_environment
from homeward_local.databases import ServiceDatabase, service_database
from homeward_local.testing import homeward, run_homeward
from homeward_local.waiting import wait_until

pytestmark = pytest.mark.stack

INTAKE = SERVICES[0]
REFERRAL = {
    "kind": "hospital_discharge",
    "person": {"hospital_number": "H990011", "family_name": "Audit", "given_name": "Test", "born_on": "1941-05-06"},
    "hospital": DEMO_HOSPITAL,
    "ward": "W7",
    "needs": ["meals"],
}


@pytest.fixture
def environment(rough_stack: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = rough_stack["environment"]
    return found


def run(url: str, statement: str) -> None:
    async def execute() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(execute())


def database_of(config: Config) -> ServiceDatabase:
    return service_database(config, INTAKE, f"postgresql://any@{HOST}:{config.postgres_port}/any")


def test_a_clients_access_is_sealed_and_whoever_changes_it_is_found(
    environment: dict[str, str], tmp_path: Path
) -> None:
    config = config_from_environment(environment)
    token = run_homeward("demo", "client-token", environment=environment).strip()
    answer = httpx.post(
        f"{config.url_of(INTAKE)}/api/v1/referrals", json=REFERRAL, headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 201, answer.text

    def is_sealed() -> bool:
        found = json.loads(run_homeward("audit", "verify", "--json", environment=environment))
        return all(one["is_whole"] for one in found) and next(one["rows"] for one in found) > 0

    assert wait_until(is_sealed, seconds=60)
    heads = tmp_path / "heads.json"
    heads.write_text(run_homeward("audit", "head", environment=environment))
    database = database_of(config)
    for statement in ("UPDATE audit_log SET actor = ''", "DELETE FROM audit_log", "TRUNCATE audit_seals"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            run(database.user_url, statement)

    run(database.owner_url, "ALTER TABLE audit_log DISABLE TRIGGER USER; ALTER TABLE audit_seals DISABLE TRIGGER USER")
    run(database.owner_url, "UPDATE audit_log SET actor = 'client/another' WHERE id = 1")
    changed = homeward("audit", "verify", "--service", INTAKE.name, environment=environment)
    assert (changed.returncode, "BROKEN at row 1 (changed)" in changed.stdout) == (1, True)

    run(database.owner_url, "DELETE FROM audit_seals; DELETE FROM audit_log")
    cut = homeward("audit", "verify", "--service", INTAKE.name, "--heads", str(heads), environment=environment)
    assert (cut.returncode, "CUT OFF OR REWRITTEN" in cut.stdout) == (1, True)
    run(database.owner_url, "ALTER TABLE audit_log ENABLE TRIGGER USER; ALTER TABLE audit_seals ENABLE TRIGGER USER")
