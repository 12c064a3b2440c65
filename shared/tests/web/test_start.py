import gc
from collections.abc import Iterator

import pytest

from homeward_kit.process import collect_garbage_seldom


@pytest.fixture
def _collector() -> Iterator[None]:
    thresholds = gc.get_threshold()
    gc.disable()  # as `__main__` does before it imports anything
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)
    gc.enable()


@pytest.mark.usefixtures("_collector")
def test_a_process_that_was_started_without_looking_for_cycles_looks_for_them_while_it_serves() -> None:
    collect_garbage_seldom()

    assert gc.isenabled()
    assert gc.get_freeze_count() > 0
