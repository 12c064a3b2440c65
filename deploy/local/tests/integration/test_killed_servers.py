"""The stack's own PostgreSQL and Kafka, killed: its supervisor starts them again, and referrals flow."""

import os
import random
import signal
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from homeward_local.client import StackClient
from homeward_local.config import Config, config_from_environment
from homeward_local.demo import clock
from homeward_local.demo.people import synthetic_person
from homeward_local.demo.rest import referral_body
from homeward_local.state import require_running
from homeward_local.waiting import wait_until

pytestmark = pytest.mark.stack


def _process(config: Config, name: str) -> dict[str, object]:
    process: dict[str, object] = require_running(config)["processes"][name]
    return process


def _has_restarted(config: Config, name: str, pid: int) -> bool:
    process = _process(config, name)
    return process["state"] == "running" and process["pid"] != pid


def _restarts(config: Config, names: Iterable[str]) -> dict[str, object]:
    return {name: _process(config, name)["restarts"] for name in names}


def test_the_stack_starts_its_killed_servers_again(rough_stack: dict[str, Any]) -> None:
    config = config_from_environment(rough_stack["environment"])
    client = StackClient.of_running(config)
    before = _restarts(config, client.services)
    chooser = random.Random(5)
    for name in ("postgres", "kafka"):
        pid = int(str(_process(config, name)["pid"]))
        os.kill(pid, signal.SIGKILL)
        assert wait_until(partial(_has_restarted, config, name, pid), seconds=30), name
        now = datetime.now(UTC)
        body = referral_body(synthetic_person(chooser, now.date()), now)
        sent = client.post("spa-intake", "/api/v1/referrals", "ward_system", body)
        assert sent["state"] == "received"
        clock.settle(client)  # its events have reached every consumer
    assert _restarts(config, client.services) == before  # the services live through it
