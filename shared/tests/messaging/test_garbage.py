"""Records that nobody of ours has sent: whatever they hold, they become dead letters, and what is behind them flows."""

import os
from collections.abc import Mapping
from uuid import uuid4

from aiokafka import AIOKafkaProducer

from sample_service.things import TOPIC, ThingMadeIn, record_effect
from sample_testing.flow import EFFECTS, Flow


def _headers() -> dict[str, bytes | None]:
    """The headers of an event."""
    return {
        "ce_specversion": b"1.0",
        "ce_id": str(uuid4()).encode(),
        "ce_type": b"kit.thing.made.v1",
        "ce_source": b"kit",
        "ce_subject": b"thing/1",
        "ce_time": b"2026-11-22T10:00:00Z",
    }


LONG = os.urandom(4000).hex().encode()  # no index can keep it
GARBAGE: list[tuple[bytes | None, bytes | None, Mapping[str, bytes | None]]] = [
    (b"a key alone", None, {}),
    (None, b"a value alone", {}),
    (b"\xff\x00 not for PostgreSQL", b"\x00", {"ce_id": b"\x00", "a\x00b": b"\x00"}),
    (LONG, b"", {"ce_id": LONG}),
    (b"a time before time", b"{}", _headers() | {"ce_time": b"0001-01-01T00:00:00+14:00"}),
    (b"a version without end", b"{}", _headers() | {"ce_aggregateversion": b"9" * 5000}),
    (b"no JSON", b'{"number": ', _headers()),
    (b"a number beyond numbers", b'{"number": 1' + b"0" * 400 + b"}", _headers()),
]


async def test_garbage_becomes_dead_letters_and_what_is_behind_it_flows(flow: Flow) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=flow.bootstrap)
    await producer.start()
    try:
        for key, value, headers in [*GARBAGE, (b"ours", b'{"number": 1}', _headers())]:
            await producer.send_and_wait(TOPIC, key=key, value=value, headers=list(headers.items()), partition=0)
    finally:
        await producer.stop()
    flow.start_runner({ThingMadeIn: record_effect})
    await flow.wait_for(EFFECTS, 1)
    assert await flow.rows("SELECT count(*) FROM dead_letters WHERE state = 'open'") == [(len(GARBAGE),)]
