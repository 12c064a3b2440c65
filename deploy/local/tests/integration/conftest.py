"""The stack of these tests."""

from collections.abc import Iterator
from typing import Any

import pytest

from homeward_local.testing import running_stack


@pytest.fixture(scope="package")
def rough_stack() -> Iterator[dict[str, Any]]:
    """A whole stack for tests that kill its parts and change its data: as `running_stack` yields it.

    Each leaves it ready, and takes nothing for granted of what it holds.
    """
    with running_stack("--no-seed") as status:
        yield status
