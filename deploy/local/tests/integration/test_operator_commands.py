"""An operator at work on a running stack: a dead letter to its effect, topics and the read model filled anew."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaProducer

from homeward_kit.envelope import Attributes
from homeward_local.client import StackClient
from homeward_local.config import REPOSITORY, config_from_environment
from homeward_local.demo.clock import settle
from homeward_local.testing import homeward, run_homeward
from homeward_local.waiting import wait_until

pytestmark = pytest.mark.stack

EVENTS = REPOSITORY / "shared" / "contracts" / "events"
EXAMPLE_IDS = "5d3c6a52-7e0b-4c1d-9a44-"  # how every identifier in the examples begins
GROUPS = {"triage", "care-package", "spa-intake-read-model"}  # those that read what the spoilt event leaves out


@dataclass
class Operator:
    """The commands on one stack; what they print as JSON."""

    environment: Mapping[str, str]
    client: StackClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = StackClient.of_running(config_from_environment(self.environment))

    def json(self, *arguments: str) -> Any:  # what the command prints
        return json.loads(run_homeward(*arguments, "--json", environment=self.environment))

    def letters(self) -> dict[str, dict[str, Any]]:  # JSON
        return {letter["group"]: letter for letter in self.json("dlq", "list")}


@dataclass
class Acceptance:
    """A referral's acceptance that nobody can read, followed by an answer to a question about it."""

    prefix: str = field(default_factory=lambda: str(uuid4())[: len(EXAMPLE_IDS)])

    @property
    def referral_id(self) -> str:
        return f"{self.prefix}000000000004"

    def payload(self, name: str) -> dict[str, Any]:  # JSON
        text = (EVENTS / name / "examples" / "typical.json").read_text()
        found: dict[str, Any] = json.loads(text.replace(EXAMPLE_IDS, self.prefix))
        return found

    async def send(self, bootstrap_servers: str) -> None:
        whole = self.payload("discharge.referral.accepted")
        spoilt = {name: value for name, value in whole.items() if name != "facts"}
        producer = AIOKafkaProducer(bootstrap_servers=bootstrap_servers)
        await producer.start()
        try:
            await self._send(producer, "discharge.referral.accepted", spoilt, 3)
            await self._send(producer, "discharge.referral.withdrawn", self.payload("discharge.referral.withdrawn"), 4)
        finally:
            await producer.stop()

    async def _send(self, producer: AIOKafkaProducer, name: str, payload: object, version: int) -> None:
        attributes = Attributes(
            event_id=uuid4(),
            type=f"{name}.v1",
            source="homeward/spa-intake",
            subject=f"referral/{self.referral_id}",
            time=datetime.now(UTC),
            actor="client/test",
            referral_id=UUID(self.referral_id),
            aggregate_version=version,
            causation_id=None,
        )
        key = f"{self.prefix}000000000001".encode()
        await producer.send_and_wait(
            "discharge-referrals", json.dumps(payload).encode(), key=key, headers=attributes.headers()
        )


@pytest.fixture(scope="module")
def operator(rough_stack: dict[str, Any]) -> Operator:
    return Operator(rough_stack["environment"])


@pytest.fixture(scope="module")
def kafka(operator: Operator) -> str:
    return str(operator.json("status")["kafka"])


def test_a_poison_record_is_seen_repaired_and_replayed_with_what_is_parked_behind_it(
    operator: Operator, kafka: str, tmp_path: Path
) -> None:
    acceptance = Acceptance()
    asyncio.run(acceptance.send(kafka))
    assert wait_until(lambda: operator.letters().keys() == GROUPS, seconds=30)
    assert wait_until(lambda: operator.letters()["triage"]["parked"] == 1, seconds=30)
    letter = operator.letters()["triage"]["id"]

    listed = run_homeward("dlq", "list", environment=operator.environment)
    assert letter[:8] in listed
    assert "facts:missing" in listed
    shown = operator.json("dlq", "show", letter[:13])
    assert (shown["is_masked"], shown["payload"]["kind"]) == (True, "<str>")
    revealed = operator.json("dlq", "show", letter, "--reveal")
    assert revealed["payload"]["referral_id"] == acceptance.referral_id
    assert cases_of(operator, acceptance) == []

    still_bad = operator.json("dlq", "show", letter, "--reveal")["payload"]
    refused = repair(operator, tmp_path, letter, still_bad)
    assert refused.returncode == 1
    assert "/facts missing" in refused.stderr.replace("#", "")
    corrected = acceptance.payload("discharge.referral.accepted")
    assert "Nothing was changed" in repair(operator, tmp_path, letter, corrected).stdout
    early = homeward("dlq", "replay", letter, "--reason", "payload_repaired", environment=operator.environment)
    assert (early.returncode, "cannot be replayed yet" in early.stdout) == (1, True)
    assert repair(operator, tmp_path, letter, corrected, "--for-real").returncode == 0

    replay = ("dlq", "replay", letter, "--reason", "payload_repaired")
    dry = operator.json(*replay)
    assert (dry["is_dry_run"], dry["is_settled"], dry["parked_applied"]) == (True, True, 1)
    assert cases_of(operator, acceptance) == []
    assert "1 applied, 0 left" in run_homeward(*replay, "--for-real", environment=operator.environment)
    assert [case["state"] for case in cases_of(operator, acceptance)] == ["closed"]
    assert "triage" not in operator.letters()

    for group in GROUPS - {"triage"}:
        other = operator.letters()[group]["id"]
        run_homeward("dlq", "discard", other, "--reason", "test_data", "--for-real", environment=operator.environment)
    assert operator.letters() == {}
    assert len(operator.json("dlq", "list", "--all")) == len(GROUPS)


def repair(operator: Operator, folder: Path, letter: str, payload: object, *options: str) -> Any:
    file = folder / "payload.json"
    file.write_text(json.dumps(payload))
    return homeward("dlq", "repair", letter, "--payload", str(file), *options, environment=operator.environment)


def cases_of(operator: Operator, acceptance: Acceptance) -> list[dict[str, Any]]:  # JSON
    found: list[dict[str, Any]] = operator.client.get(
        "triage", "/api/v1/cases", "operator", referral_id=acceptance.referral_id
    )["items"]
    return found


def test_topics_are_refilled_and_nothing_happens_twice(operator: Operator) -> None:
    referral_id = run_homeward("demo", "send-referral", environment=operator.environment).strip()
    settle(operator.client)
    before = events_of(operator, referral_id)
    assert before

    done = operator.json("events", "republish", "--topic", "discharge-referrals", "--since", "2020-01-01")

    assert [(row["service"], row["sent"] >= 1, row["shards_left"]) for row in done] == [("spa-intake", True, 0)]
    assert "No topic has been found empty" in run_homeward(
        "events", "republish", "--emptied", environment=operator.environment
    )
    refused = homeward("events", "republish", environment=operator.environment)
    assert (refused.returncode, "Say which topic" in refused.stderr) == (1, True)
    settle(operator.client)
    assert events_of(operator, referral_id) == before
    assert operator.letters() == {}


def events_of(operator: Operator, referral_id: str) -> int:
    found = operator.client.get("spa-intake", "/ops/events", "operator", referral_id=referral_id)
    return len(found["events"])


def test_the_read_model_is_rebuilt_while_the_stack_runs(operator: Operator) -> None:
    def generations() -> list[int]:
        return [row["number"] for row in operator.json("read-model", "show")["generations"]]

    [before] = generations()
    said = run_homeward("read-model", "rebuild", environment=operator.environment)
    assert wait_until(lambda: len(generations()) == 1, seconds=30)
    [number] = generations()
    assert number > before
    assert f"Pages read generation {number}." in said
    [generation] = operator.json("read-model", "show")["generations"]

    def groups() -> set[str]:
        found = {group for topic in operator.json("topics") for group in topic["lag"]}
        return {group for group in found if "read-model" in group}

    assert wait_until(lambda: groups() == {generation["consumer_group"]}, seconds=30)  # once it has its partitions
    refused = homeward("read-model", "abandon", environment=operator.environment)
    assert (refused.returncode, "not being rebuilt" in refused.stderr) == (1, True)
