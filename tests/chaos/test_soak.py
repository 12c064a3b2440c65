"""A short soak with a fixed seed: each target is killed once, and nothing is lost, repeated or put out of order."""

import pytest

from .history import Outcome
from .soak import Settings, soak, write
from .stage import TARGETS

pytestmark = [pytest.mark.stack, pytest.mark.slow]

KEYS = {"seed", "seconds", "acknowledged", "kills", "lost", "repeated", "reordered", "recovery_s", "versions"}


async def test_killing_everything_once_loses_repeats_and_reorders_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL")  # the clients' own libraries speak of every lost connection
    result = await soak(Settings(seconds=75, seed=7, rate=20, nodes=1))
    write(result)
    figures = result.as_json()
    assert figures["findings"] == []
    assert figures["kills"] == dict.fromkeys(TARGETS, 1)
    assert {"started", "readmitted"} <= set(figures["journeys_by_end"])
    assert len(result.history.submits_of(Outcome.OK)) > len(TARGETS)
    assert set(figures) >= KEYS
