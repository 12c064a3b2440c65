"""The spans of messages: `send` under its cause, `process` under the send, a timer as a new trace linked back."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from uuid import UUID

from opentelemetry import context, trace
from opentelemetry.trace import INVALID_SPAN, Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from homeward_kit import telemetry
from homeward_kit.envelope import Received

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
    if not telemetry.is_recording():
        return INVALID_SPAN, traceparent
    return _start(f"send {topic}", SpanKind.PRODUCER, traceparent, _attributes(topic, referral_id, subject))


def process(event: Received[Any]) -> AbstractContextManager[Span]:
    """The span of handling one message, a child of its send."""
    return telemetry.span(
        f"process {event.topic}",
        SpanKind.CONSUMER,
        parent=event.traceparent,
        attributes=_attributes(event.topic, event.referral_id, event.subject),
    )


@contextmanager
def processing(events: Sequence[Received[Any]]) -> Iterator[Sequence[Received[Any]]]:
    """The spans of messages handled at once, as `process`; yields the messages with the traceparent each now has."""
    if not telemetry.is_recording():
        yield events
        return
    spans: list[Span] = []
    inside: list[Received[Any]] = []
    for event in events:
        attributes = _attributes(event.topic, event.referral_id, event.subject)
        span, traceparent = _start(f"process {event.topic}", SpanKind.CONSUMER, event.traceparent, attributes)
        spans.append(span)
        inside.append(event._replace(traceparent=traceparent))
    try:
        yield inside
    except Exception as error:
        for span in spans:
            telemetry.mark_failed(span, type(error).__qualname__)
        raise
    finally:
        for span in spans:
            span.end()


def timer(kind: str, linked_to: str | None) -> AbstractContextManager[Span]:
    """The span of a fired timer: a trace of its own, linked to the one that set it."""
    return telemetry.span(f"timer {kind}", links=[linked_to])


def _start(name: str, kind: SpanKind, traceparent: str | None, attributes: dict[str, str]) -> tuple[Span, str | None]:
    span = trace.get_tracer("homeward_kit").start_span(
        name,
        context=_propagator.extract({"traceparent": traceparent} if traceparent else {}, context.Context()),
        kind=kind,
        attributes=attributes,
    )
    carrier: dict[str, str] = {}
    _propagator.inject(carrier, trace.set_span_in_context(span, context.Context()))
    return span, carrier.get("traceparent")
