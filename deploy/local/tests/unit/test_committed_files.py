"""Nothing that is committed names a registry (whoever installs decides where from); each database has one history."""

import re
from pathlib import Path

import pytest

from homeward_kit.migrations import head
from homeward_local.config import REPOSITORY, SERVICES, Service
from homeward_local.revisions import newest_revisions

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


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_the_newest_migration_is_found_as_the_migrations_themselves_see_it(service: Service) -> None:
    assert newest_revisions(service) == {head(service.package)}
