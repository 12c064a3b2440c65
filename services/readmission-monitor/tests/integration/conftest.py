"""Fixtures of the monitor's integration tests."""

from collections.abc import Callable

import pytest
from monitor_service import Monitor

from homeward_kit.database import Database


@pytest.fixture
def monitor(make_database: Callable[[str], Database]) -> Monitor:
    return Monitor(make_database("readmission_monitor"))
