"""Nothing that is committed names a registry: whoever installs decides where from."""

import re
from pathlib import Path

import pytest

from homeward_local.config import REPOSITORY

FILES = sorted((REPOSITORY / "requirements").iterdir())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_requirements_hold_no_address(path: Path) -> None:
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links", path.read_text())


@pytest.mark.parametrize("name", ["uv", "services", "laptop", "dev"])
def test_every_locked_package_has_its_hashes(name: str) -> None:
    lock = (REPOSITORY / "requirements" / f"{name}.txt").read_text()

    for entry in re.split(r"\n(?=\S)", lock.strip()):
        assert re.match(r"[A-Za-z0-9_.-]+==", entry), entry
        assert "--hash=sha256:" in entry, entry
