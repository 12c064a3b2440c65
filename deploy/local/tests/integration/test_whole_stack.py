"""The stack as a user starts it: `homeward up`, a service killed, the supervisor killed, stopped and started again."""

import json
import os
import signal
from typing import Any

import pytest

from homeward_local.testing import homeward, run_homeward, running_stack
from homeward_local.waiting import wait_until

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def stack(rough_stack: dict[str, Any]) -> dict[str, Any]:
    return rough_stack


def status_of(stack: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(homeward("status", "--json", environment=stack["environment"]).stdout)
    return found


def is_ready(stack: dict[str, Any]) -> bool:
    return bool(status_of(stack)["state"] == "ready")


def test_status_gives_every_address_process_memory_and_lag(stack: dict[str, Any]) -> None:
    base = int(stack["environment"]["HOMEWARD_PORT_BASE"])

    assert stack["state"] == "ready"
    assert list(stack["services"]) == ["spa-intake", "triage", "care-package", "readmission-monitor"]
    assert stack["services"]["triage"] == f"http://127.0.0.1:{base + 1}"
    assert (stack["kafka"], stack["postgres"]) == (f"127.0.0.1:{base + 6}", f"127.0.0.1:{base + 5}")
    assert stack["mllp"] == f"127.0.0.1:{base + 8}"
    assert stack["health"]["spa-intake"]["parts"]["mllp"].startswith("listening")
    assert set(stack["processes"]) == {*stack["services"], "issuer", "kafka", "postgres", "supervisor"}
    assert 0 < stack["memory_mib"] < 1536
    assert set(stack["health"]) == set(stack["services"])


def test_a_second_start_in_the_same_home_is_refused_in_one_sentence(stack: dict[str, Any]) -> None:
    refused = homeward("up", "--no-seed", environment=stack["environment"])

    assert refused.returncode == 1
    assert "already running" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_another_home_on_the_same_ports_is_refused_naming_them(stack: dict[str, Any], tmp_path: Any) -> None:
    refused = homeward("up", "--no-seed", environment={**stack["environment"], "HOMEWARD_HOME": str(tmp_path)})

    assert refused.returncode == 1
    assert "(Kafka)" in refused.stderr
    assert "HOMEWARD_PORT_BASE=" in refused.stderr


def test_a_killed_service_is_started_again(stack: dict[str, Any]) -> None:
    before = status_of(stack)["processes"]["triage"]
    os.kill(before["pid"], signal.SIGKILL)

    assert wait_until(lambda: status_of(stack)["processes"]["triage"]["pid"] != before["pid"], seconds=30)
    assert wait_until(lambda: is_ready(stack), seconds=60)
    assert status_of(stack)["processes"]["triage"]["restarts"] == before["restarts"] + 1


def test_stopped_and_started_again_the_data_are_still_there(stack: dict[str, Any]) -> None:
    environment = stack["environment"]
    referral_id = run_homeward("demo", "send-referral", "--via", "rest", environment=environment).strip()

    run_homeward("down", environment=environment)
    assert status_of(stack)["state"] == "stopped"
    run_homeward("up", "--detach", "--no-seed", environment=environment)

    shown = json.loads(run_homeward("referral", "show", referral_id, environment=environment))
    assert shown["referral"]["referral_id"] == referral_id
    assert "discharge.referral.received.v1" in run_homeward(
        "referral", "trace", referral_id, "--json", environment=environment
    )


def test_after_the_supervisor_was_killed_the_next_start_ends_what_it_left_behind(stack: dict[str, Any]) -> None:
    os.kill(status_of(stack)["pid"], signal.SIGKILL)
    assert wait_until(lambda: status_of(stack)["state"] == "stopped", seconds=10)

    said = run_homeward("up", "--detach", "--no-seed", environment=stack["environment"])

    assert "Ended kafka, which an earlier run had left behind" in said
    assert is_ready(stack)


@pytest.mark.parametrize("way", ["rest", "fhir", "hl7"])
def test_a_referral_arrives_by_every_door(stack: dict[str, Any], way: str) -> None:
    environment = stack["environment"]

    referral_id = run_homeward("demo", "send-referral", "--via", way, environment=environment).strip()

    shown = json.loads(run_homeward("referral", "show", referral_id, environment=environment))
    assert shown["referral"]["state"] == "received"
    assert shown["referral"]["nhs_number_status"] == "verified"


def test_servers_of_ones_own_are_used_instead_of_started_ones(postgres_server: str, kafka_broker: str) -> None:
    own = {"DATABASE_URL": postgres_server, "KAFKA_BOOTSTRAP_SERVERS": kafka_broker, "HOMEWARD_DB_PREFIX": "own_"}

    with running_stack("--no-seed", environment=own) as status:
        assert set(status["processes"]) == {*status["services"], "issuer", "supervisor"}
        assert (status["kafka"], status["postgres"]) == (kafka_broker, "external")
        assert status["state"] == "ready"
