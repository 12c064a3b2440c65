"""The import contracts of pyproject.toml hold, and each of them goes red when it is broken."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .sources import ROOT, SOURCE_FOLDERS

BREACHES = {
    "services-apart": ("triage/domain/__init__.py", "import care_package.domain"),
    "kit-below": ("homeward_kit/clock.py", "import triage.domain"),
    "laptop-apart": ("homeward_local/ports.py", "import spa_intake.domain"),
    "rings": ("triage/adapters/__init__.py", "import triage.use_cases"),
    "pure-domain": ("care_package/domain/__init__.py", "import pydantic"),
    "ui-apart": ("spa_intake/ui/__init__.py", "import spa_intake.adapters"),
    "ui-on-top": ("spa_intake/domain/__init__.py", "import spa_intake.read_model"),
}


def _lint(sources: Path | None, contract: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--config", "pyproject.toml", "--no-cache"]
    if contract is not None:
        command += ["--contract", contract]
    environment = os.environ | ({"PYTHONPATH": str(sources)} if sources else {})
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_every_contract_is_kept() -> None:
    result = _lint(None)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("contract", BREACHES)
def test_a_breach_of_the_contract_is_seen(contract: str, tmp_path: Path) -> None:
    for name, folder in SOURCE_FOLDERS.items():
        shutil.copytree(folder / name, tmp_path / name, ignore=shutil.ignore_patterns("static", "templates"))
    file, line = BREACHES[contract]
    breached = tmp_path / file
    breached.write_text(f"{breached.read_text()}\n{line}\n")
    result = _lint(tmp_path, contract)
    assert result.returncode == 1, result.stdout
    assert "BROKEN" in result.stdout
