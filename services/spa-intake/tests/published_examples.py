"""Where the published example messages are; they are never part of this repository."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
EXAMPLES = Path(os.environ.get("HOMEWARD_EXAMPLES") or REPOSITORY.parent / "shared" / "data")

needs_examples = pytest.mark.skipif(
    not EXAMPLES.is_dir(), reason="The published examples are not here: set HOMEWARD_EXAMPLES to their folder."
)


def files(pattern: str) -> list[Path]:
    """The examples of a kind; one place-holder where there are none, so that what is left out is seen."""
    return sorted(EXAMPLES.glob(pattern)) or [EXAMPLES / pattern]
