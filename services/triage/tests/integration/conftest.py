"""Fixtures of triage's integration tests."""

from collections.abc import Callable

import pytest
from triage_service import Triage

from homeward_kit.database import Database


@pytest.fixture
def triage(make_database: Callable[[str], Database]) -> Triage:
    return Triage(make_database("triage"))
