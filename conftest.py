"""Fixtures of every test: real PostgreSQL and Kafka of the run's own, migrated databases, topics."""

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

pytest_plugins = ["homeward_local.testing", "homeward_kit.testing.fixtures", "homeward_kit.testing.tokens"]
# The same examples everywhere until a test changes: what fails in one place fails in every other. Without this,
# Hypothesis takes its own profile "ci" where it sees a CI's variables, and new seeds elsewhere; so does `make random`.
settings.register_profile("repeatable", derandomize=True, database=None, deadline=None, print_blob=True)
settings.register_profile("random", database=None, deadline=None, print_blob=True)
settings.load_profile("repeatable")
WHOLE_STACK = ("tests/end_to_end/", "deploy/local/tests/integration/", "tests/chaos/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of the whole stack, which take longest, come first."""
    items.sort(key=lambda item: not item.nodeid.startswith(WHOLE_STACK))


class _OneStack(LoadFileScheduling):  # type: ignore[misc] # untyped library
    """Where several processes share the work: file by file, and one has all tests of the whole stack.

    xdist's own groups (3.8.0) were of no effect with pytest 9.2.0.
    """

    def _split_scope(self, nodeid: str) -> str:
        return "stack" if nodeid.startswith(WHOLE_STACK) else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer | None) -> _OneStack:
    return _OneStack(config, log)
