"""The spans of messages: `send` under its cause, `process` under the send, a timer as a new trace linked back."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from uuid import UUID

from opentelemetry import context, trace
from opentelemetry.trace import Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from homeward_kit import telemetry

_propagator = TraceContextTextMapPropagator()


def _attributes(topic: str, referral_id: UUID | None, subject: str) -> dict[str, str]:
    """Ids only: a span about a referral carries referral.id, one about a stay stay.id (architecture.md §6.9)."""
    found = {"messaging.system": "kafka", "messaging.destination.name": topic}
    if referral_id is not None:
        found["referral.id"] = str(referral_id)
    noun, _, number = subject.partition("/")
    if noun == "stay":
        found["stay.id"] = number
    return found


def start_send(
    topic: str, traceparent: str | None, *, referral_id: UUID | None, subject: str
) -> tuple[Span, str | None]:
    """Start the span of one send (many overlap); returns it with the `traceparent` that the record carries."""
    span = trace.get_tracer("homeward_kit").start_span(
        f"send {topic}",
        context=_propagator.extract({"traceparent": traceparent} if traceparent else {}, context.Context()),
        kind=SpanKind.PRODUCER,
        attributes=_attributes(topic, referral_id, subject),
    )
    carrier: dict[str, str] = {}
    _propagator.inject(carrier, trace.set_span_in_context(span, context.Context()))
    return span, carrier.get("traceparent")


def process(
    topic: str, headers: Mapping[str, str], *, referral_id: UUID | None, subject: str
) -> AbstractContextManager[Span]:
    """The span of handling one record, a child of its send."""
    return telemetry.span(
        f"process {topic}",
        SpanKind.CONSUMER,
        parent=headers.get("traceparent"),
        attributes=_attributes(topic, referral_id, subject),
    )


def timer(kind: str, linked_to: str | None) -> AbstractContextManager[Span]:
    """The span of a fired timer: a trace of its own, linked to the one that set it."""
    return telemetry.span(f"timer {kind}", links=[linked_to])
