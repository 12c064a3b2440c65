"""Traces: one a causal burst, across HTTP, outbox, Kafka and handlers, with no person's data in any span."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

import asyncpg
from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, DEFAULT_ON
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from homeward_kit.quiet_tracing import QuietProvider
from homeward_kit.settings import ServiceSettings

Attributes = Mapping[str, str | int | float | bool]

_propagator = TraceContextTextMapPropagator()
_TRACEPARENT = re.compile("(?!ff)[0-9a-f]{2}-((?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}.*")
_tracer = trace.get_tracer("homeward_kit")  # a proxy: follows the provider that setup() installs
_referral: ContextVar[str | None] = ContextVar("referral", default=None)


def setup(service_name: str, settings: ServiceSettings, *processors: SpanProcessor) -> TracerProvider:
    """Install the process's tracer provider; spans leave the process only when an OTLP address is set.

    Without one, or a processor of the caller's, no span is recorded, which would cost more than handling a message:
    the numbers of traces still go from request to event to log. A process has one provider: asked again, it answers
    with the first. Raises RuntimeError when the database driver's instrumentation did not attach: better no start
    than a broken trace.
    """
    if isinstance(installed := trace.get_tracer_provider(), TracerProvider):
        return installed
    if endpoint := settings.otel_exporter_otlp_endpoint:
        # only where it is used: it takes a tenth of a service's start
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
        processors = (BatchSpanProcessor(exporter, schedule_delay_millis=1000), *processors)
    sampler = DEFAULT_ON if processors else ALWAYS_OFF
    provider = TracerProvider(sampler, Resource.create({"service.name": service_name}))
    trace.set_tracer_provider(provider)
    propagate.set_global_textmap(_propagator)  # the trace context only: baggage could carry anything
    if processors:
        for processor in processors:
            provider.add_span_processor(processor)
        instrument_database(provider)
    return provider


def is_recording() -> bool:
    """Whether this process's spans go anywhere."""
    provider = trace.get_tracer_provider()
    return isinstance(provider, TracerProvider) and provider.sampler is not ALWAYS_OFF


def instrument_database(provider: trace.TracerProvider) -> None:
    """A span for each statement inside another span; its text, never its values, nor an error's message."""
    instrumentor = AsyncPGInstrumentor(capture_parameters=False)  # type: ignore[no-untyped-call]  # the library's
    instrumentor.instrument(tracer_provider=QuietProvider(provider, needs_parent=True))
    if not hasattr(asyncpg.prepared_stmt.PreparedStatement.fetch, "__wrapped__"):
        raise RuntimeError("the asyncpg instrumentation did not attach: check its supported versions")


def shutdown() -> None:
    """Send what is still in hand."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.shutdown()


@contextmanager
def span(
    name: str,
    kind: SpanKind = SpanKind.INTERNAL,
    *,
    parent: str | None = None,
    links: Sequence[str | None] = (),
    attributes: Attributes | None = None,
) -> Iterator[Span]:
    """A span under `parent` (a traceparent), else under the current one; `links` are what it follows from.

    An error marks it by its type alone: messages carry values. A referral set inside is forgotten at its end.
    """
    if not is_recording():
        with _unrecorded(name, parent, attributes or {}) as opened:
            yield opened
        return
    facts: dict[str, Any] = dict(attributes or {})  # Any: the API's own attribute type is a wide union
    if "referral.id" not in facts and (referral := _referral.get()):
        facts["referral.id"] = referral
    token = _referral.set(facts.get("referral.id"))
    try:
        with _tracer.start_as_current_span(
            name,
            _context(parent) if parent else None,
            kind,
            facts,
            [Link(found) for link in links if (found := _span_context(link)).is_valid],
            record_exception=False,
            set_status_on_exception=False,
        ) as opened:
            try:
                yield opened
            except Exception as error:
                mark_failed(opened, type(error).__qualname__)
                raise
    finally:
        _referral.reset(token)


@contextmanager
def _unrecorded(name: str, parent: str | None, facts: Attributes) -> Iterator[Span]:
    """In place of a span that nobody will read: its parent stays the current one; a trace of its own has a number."""
    referral = facts.get("referral.id")
    token = _referral.set(str(referral) if referral else _referral.get())
    opened = NonRecordingSpan(_span_context(parent)) if parent else trace.get_current_span()
    if not opened.get_span_context().is_valid:
        opened = _tracer.start_span(name)
    try:
        with trace.use_span(opened, record_exception=False, set_status_on_exception=False):
            yield opened
    finally:
        _referral.reset(token)


@contextmanager
def burst() -> Iterator[None]:
    """What is set about the referral inside is forgotten at the end; wraps a request."""
    token = _referral.set(None)
    try:
        yield
    finally:
        _referral.reset(token)


def mark_failed(opened: Span, error_type: str) -> None:
    """Mark a span as failed, with the type of what went wrong and nothing else."""
    opened.set_status(StatusCode.ERROR)
    opened.set_attribute("error.type", error_type)


def set_referral(referral_id: UUID) -> None:
    """Say which referral the work is about: on the current span, those opened inside it, and in logs."""
    _referral.set(str(referral_id))
    trace.get_current_span().set_attribute("referral.id", str(referral_id))


def current_referral() -> str | None:
    """The referral the current work is about, where it is known."""
    return _referral.get()


def current_traceparent() -> str | None:
    """The W3C traceparent of the current span; None outside a trace."""
    context = current_span_context()
    if not context.is_valid:
        return None
    trace_id, span_id = trace.format_trace_id(context.trace_id), trace.format_span_id(context.span_id)
    return f"00-{trace_id}-{span_id}-{context.trace_flags:02x}"


def current_trace_id() -> str | None:
    """The current trace's number as 32 hexadecimal digits; None outside a trace."""
    context = current_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else None


def current_span_context() -> trace.SpanContext:
    """The current span's identity; not valid outside a trace."""
    return trace.get_current_span().get_span_context()


def trace_id_of(traceparent: str | None) -> str | None:
    """The trace's number in a stored traceparent."""
    found = _TRACEPARENT.fullmatch(traceparent or "")  # a tenth of the propagator's work: asked for every audit row
    return found[1] if found else None


def _context(traceparent: str | None) -> Context:
    return _propagator.extract({"traceparent": traceparent} if traceparent else {}, Context())


def _span_context(traceparent: str | None) -> trace.SpanContext:
    return trace.get_current_span(_context(traceparent)).get_span_context()
