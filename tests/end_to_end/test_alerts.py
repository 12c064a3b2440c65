"""What the alerts are computed from is given by the running services, with the labels that the alerts name."""

import re
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from homeward_local.config import REPOSITORY, SERVICES

from .conftest import Stack
from .waiting import wait_for

pytestmark = pytest.mark.stack

ALERTS = REPOSITORY / "deploy/prometheus/alerts.yml"
PROMETHEUS_OWN = {"up", "instance", "job"}
WORDS = {"and", "or", "unless"}


def given(stack: Stack) -> set[str]:
    """The names of all numbers and labels."""
    found: set[str] = set()
    for service in SERVICES:
        text = httpx.get(f"http://127.0.0.1:{stack.config.port_base + service.offset}/metrics").text
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                found |= {sample.name, *sample.labels}
    return found


def named(rule: dict[str, Any]) -> set[str]:  # Any: parsed YAML
    matchers = re.findall(r"\{([^}]*)\}", rule["expr"])
    labels = {name for matcher in matchers for name in re.findall(r"(\w+)[=!]", matcher)}
    told = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
    numbers = set(re.findall(r"\b[a-z]\w*\b(?!\()", re.sub(r"\{[^}]*\}", "", rule["expr"])))
    return (numbers | labels | told) - PROMETHEUS_OWN - WORDS


def test_every_number_and_label_of_an_alert_is_given(stack: Stack) -> None:
    (group,) = yaml.safe_load(ALERTS.read_text())["groups"]
    wanted = {rule["alert"]: named(rule) for rule in group["rules"]}
    assert "group" in wanted["ConsumerStuck"]
    wait_for(lambda: "group" in given(stack), "a group that has been given partitions")
    known = given(stack)
    assert {alert: names - known for alert, names in wanted.items() if names - known} == {}
