"""The stack's own PostgreSQL and Kafka, killed: its supervisor starts them again, and referrals flow."""

import asyncio
import os
import random
import signal
from datetime import UTC, datetime
from functools import partial

import pytest

from homeward_local.client import StackClient
from homeward_local.config import Config, config_from_environment
from homeward_local.demo import clock
from homeward_local.demo.people import synthetic_person
from homeward_local.demo.rest import referral_body
from homeward_local.state import require_running
from homeward_local.testing import running_stack

from .waiting import until

pytestmark = pytest.mark.stack


def _process(config: Config, name: str) -> dict[str, object]:
    process: dict[str, object] = require_running(config)["processes"][name]
    return process


async def _has_restarted(config: Config, name: str, pid: int) -> bool:
    process = _process(config, name)
    return process["state"] == "running" and process["pid"] != pid


def test_the_stack_starts_its_killed_servers_again() -> None:
    with running_stack("--no-seed") as status:
        config = config_from_environment(status["environment"])
        client = StackClient.of_running(config)
        chooser = random.Random(5)
        for name in ("postgres", "kafka"):
            pid = int(str(_process(config, name)["pid"]))
            os.kill(pid, signal.SIGKILL)
            restarted = until(partial(_has_restarted, config, name, pid), seconds=30)
            assert asyncio.run(restarted), name
            now = datetime.now(UTC)
            body = referral_body(synthetic_person(chooser, now.date()), now)
            sent = client.post("spa-intake", "/api/v1/referrals", "ward_system", body)
            assert sent["state"] == "received"
            clock.settle(client)  # its events have reached every consumer
        services = {service: _process(config, service)["restarts"] for service in client.services}
        assert services == dict.fromkeys(client.services, 0)  # they live through it
