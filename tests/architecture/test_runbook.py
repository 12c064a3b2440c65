"""The runbook has a page for every alert (what its pages tell an operator to type: test_pages.py)."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from .sources import ROOT, source_files

FOLDER = ROOT / "docs/runbook"
PAGES = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")
# Any: parsed YAML
RULES: list[dict[str, Any]] = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"][0]["rules"]


def test_every_alert_has_a_page_and_every_page_an_alert() -> None:
    assert sorted(rule["annotations"]["runbook"] for rule in RULES) == [
        path.relative_to(ROOT).as_posix() for path in PAGES
    ]
    listed = re.findall(r"^\| (\w+) \| \[.+\]\((.+)\) \|$", (FOLDER / "README.md").read_text(), re.MULTILINE)
    assert listed == [(rule["alert"], Path(rule["annotations"]["runbook"]).name) for rule in RULES]


def test_every_alert_is_about_a_number_that_the_services_give() -> None:
    source = "".join(path.read_text() for path in source_files())
    given = set(re.findall(r'Gauge\("(\w+)"', source)) | {"up"}  # Prometheus' own
    for rule in RULES:
        without_labels = re.sub(r"\{[^}]*\}", "", rule["expr"])
        named = set(re.findall(r"\b[a-z]\w*\b(?!\()", without_labels)) - {"and", "or", "unless"}
        assert named, rule["alert"]
        assert named <= given, rule["alert"]


def test_what_makes_every_alert_fire_is_tried() -> None:
    tests = yaml.safe_load((ROOT / "deploy/prometheus/alerts_test.yml").read_text())["tests"]
    tried = [each for test in tests for each in test["alert_rule_test"]]
    assert {each["alertname"] for each in tried if each.get("exp_alerts")} == {rule["alert"] for rule in RULES}


def test_prometheus_takes_the_alerts_and_fires_them_as_it_should() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("Prometheus' own promtool is not on this machine")
    command = [promtool, "test", "rules", "alerts_test.yml"]
    done = subprocess.run(command, cwd=ROOT / "deploy/prometheus", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_a_page_says_what_one_sees_what_it_means_and_what_to_do(page: Path) -> None:
    text = page.read_text()
    assert [part for part in ("**You see**", "**It means**", "**Do**") if part not in text] == []
    assert [link for link in re.findall(r"\]\(([^)]+)\)", text) if not (FOLDER / link).is_file()] == []
