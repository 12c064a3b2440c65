"""A process that dies at any point of its work, and is started again, has done everything exactly once."""

import contextlib
from pathlib import Path

import httpx
import pytest

from homeward_kit.crash_points import LABELS
from sample_service.things import REFUSED, TOPIC
from sample_testing.flow import Flow
from sample_testing.process import SampleProcess, SampleService
from sample_testing.topics import event_ids

SECONDS = 90  # after a kill the broker waits ten seconds for the old member of the group


async def _make_things(process: SampleProcess, label: str) -> None:
    """Two that take effect, one whose event is refused for ever, one behind it; each asked for as often as needed."""
    wanted = [("good", 1), ("good", 2), ("bad", REFUSED), ("bad", REFUSED + 1)]
    for person, number in wanted:
        key = f"{person} {label}"
        together = label.startswith("group.")
        answer = await process.make(key, number, idempotency_key=f"{key}/{number}", together=together)
        assert answer.status_code == 201, answer.text


async def _die_at(process: SampleProcess, label: str) -> None:
    with contextlib.suppress(httpx.TransportError):
        await _make_things(process, label)
    await process.wait_until_killed(SECONDS)


@pytest.fixture
def service(flow: Flow, tmp_path: Path) -> SampleService:
    return SampleService(flow.database.address, flow.bootstrap, tmp_path)


async def test_effects_are_exactly_once_when_the_process_dies_at_every_label(
    service: SampleService, flow: Flow
) -> None:
    """One process after another on the same data, each dying at the next label with new work in hand."""
    for label in LABELS:
        async with service.running(CRASH_AT=label) as process:
            await _die_at(process, label)
    async with service.running() as last:
        for label in LABELS:
            await _make_things(last, label)  # what was answered before is not done again
        await flow.wait_for("SELECT count(*) FROM fired", 2 * len(LABELS), SECONDS)
        await flow.wait_for("SELECT count(*) FROM parked", len(LABELS), SECONDS)
        await flow.wait_for("SELECT count(*) FROM outbox", 0, SECONDS)
        await last.stop()
    await _assert_each_label_was_survived(flow)


async def _assert_each_label_was_survived(flow: Flow) -> None:
    good, bad = ({f"{person} {label}" for label in LABELS} for person in ("good", "bad"))
    things = await flow.rows("SELECT key, array_agg(number ORDER BY number) FROM things GROUP BY key")
    assert dict(things) == {key: [1, 2] for key in good} | {key: [REFUSED, REFUSED + 1] for key in bad}
    effects = await flow.rows("SELECT key, array_agg(number ORDER BY position) FROM effects GROUP BY key")
    assert dict(effects) == {key: [1, 2] for key in good}
    assert await flow.rows("SELECT count(*), count(DISTINCT aggregate_id) FROM fired") == [(len(good) * 2,) * 2]
    assert await flow.rows("SELECT count(*) FROM timers") == [(0,)]
    assert dict(await flow.rows("SELECT key, state FROM dead_letters")) == dict.fromkeys(bad, "open")
    logged = await flow.rows("SELECT type, count(*) FROM event_log GROUP BY type")
    assert dict(logged) == {"discharge.letter.dead.v1": len(LABELS), "kit.thing.made.v1": 4 * len(LABELS)}
    sent = await event_ids(flow.bootstrap, TOPIC)  # at least once
    expected = await flow.rows("SELECT id::text FROM event_log WHERE topic = :topic", topic=TOPIC)
    assert set(sent) == {event_id for (event_id,) in expected}
