"""Tracers for libraries whose own spans would carry values or error messages or begin traces."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN, Span, SpanKind, Tracer, TracerProvider

# what a caller typed (server.address is the Host header)
_LEFT_OUT = frozenset(
    {"url.path", "url.query", "url.full", "http.request.method_original", "server.address", "db.user"}
)

# Any throughout: these signatures are the OpenTelemetry interface's own, which is widely typed.


class QuietTracer(Tracer):
    """Opens spans without exception messages and without the attributes that hold a caller's values."""

    def __init__(self, inner: Tracer, *, needs_parent: bool) -> None:
        self._inner = inner
        self._needs_parent = needs_parent

    def start_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Mapping[str, Any] | None = None,
        *args: Any,  # noqa: ARG002 — the interface's
        **options: Any,
    ) -> Span:
        if self._needs_parent and not trace.get_current_span(context).get_span_context().is_valid:
            return INVALID_SPAN
        options |= {"record_exception": False, "set_status_on_exception": False}
        kept = {key: value for key, value in (attributes or {}).items() if key not in _LEFT_OUT}
        return self._inner.start_span(name, context, kind, kept, **options)

    @contextmanager
    def start_as_current_span(  # type: ignore[override]  # the interface's own wrapper is private to it
        self, name: str, *args: Any, end_on_exit: bool = True, **options: Any
    ) -> Iterator[Span]:
        opened = self.start_span(name, *args, **options)
        if not opened.get_span_context().is_valid:  # nothing to hang it on: leave what is current as it is
            yield opened
            return
        with trace.use_span(
            opened, end_on_exit=end_on_exit, record_exception=False, set_status_on_exception=False
        ) as current:
            yield current


class QuietProvider(TracerProvider):
    """Wraps a provider; `needs_parent` leaves out spans that would be the root of a trace."""

    def __init__(self, inner: TracerProvider, *, needs_parent: bool = False) -> None:
        self._inner = inner
        self._needs_parent = needs_parent

    def get_tracer(self, *args: Any, **options: Any) -> Tracer:
        return QuietTracer(self._inner.get_tracer(*args, **options), needs_parent=self._needs_parent)
