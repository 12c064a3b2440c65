"""Pitfalls of traces across a broker: orphans, and a second context in a record."""

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from homeward_kit import telemetry
from homeward_kit.database import Tx
from homeward_kit.envelope import Received
from homeward_kit.settings import ServiceSettings
from sample_service.things import TOPIC, ThingMade, ThingMadeIn, record_effect
from sample_testing.flow import EFFECTS, Flow
from sample_testing.topics import all_records

LAST = 3


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    settings = ServiceSettings(database_url="x", kafka_bootstrap_servers="x")
    # a process has one provider, which may be there already; it records only when somebody wants to have it
    provider = telemetry.setup("kit-tests", settings, SimpleSpanProcessor(InMemorySpanExporter()))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield exporter
    exporter.shutdown()


async def _record_and_pass_on(tx: Tx, received: Received[ThingMadeIn]) -> None:
    await record_effect(tx, received)
    if received.payload.number < LAST:
        event = ThingMade(number=received.payload.number + 1)
        await tx.publish(event, key=received.key, subject="thing/x", version=1)


async def test_pitfall_18_a_causal_burst_is_one_trace_without_orphans(flow: Flow, spans: InMemorySpanExporter) -> None:
    """From a request through three events, each published by the handler of the one before."""
    flow.start_relay()
    flow.start_runner({ThingMadeIn: _record_and_pass_on})
    with telemetry.span("request", SpanKind.SERVER) as request:
        await flow.publish(("a", ThingMade(number=1)))
    trace_id = request.get_span_context().trace_id
    await flow.wait_for(EFFECTS, LAST)
    await flow.stop()

    finished = [span for span in spans.get_finished_spans() if span.context and span.context.trace_id == trace_id]
    names = [span.name for span in finished]
    assert (names.count(f"send {TOPIC}"), names.count(f"process {TOPIC}")) == (LAST, LAST)
    known = {span.context.span_id for span in finished if span.context}
    assert [span.name for span in finished if span.parent is None] == ["request"]
    assert [span.name for span in finished if span.parent and span.parent.span_id not in known] == []
    for record in await all_records(flow.bootstrap, TOPIC):
        contexts = [value.decode() for name, value in record.headers if name == "traceparent"]
        assert [telemetry.trace_id_of(context) for context in contexts] == [f"{trace_id:032x}"]
