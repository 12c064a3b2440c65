"""Fixtures of every test: real PostgreSQL and Kafka of the run's own, migrated databases, topics."""

import pytest

pytest_plugins = ["homeward_local.testing", "homeward_kit.testing.fixtures", "homeward_kit.testing.tokens"]
WHOLE_STACK = ("tests/end_to_end/", "deploy/local/tests/integration/", "tests/chaos/")


@pytest.hookimpl(tryfirst=True)  # the groups are read by xdist after it
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where several processes share the work, one has all tests of the whole stack and begins at once with them."""
    items.sort(key=lambda item: not item.nodeid.startswith(WHOLE_STACK))
    for item in items:
        group = "stack" if item.nodeid.startswith(WHOLE_STACK) else item.nodeid.partition("::")[0]
        item.add_marker(pytest.mark.xdist_group(group))
