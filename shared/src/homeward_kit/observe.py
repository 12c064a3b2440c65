"""The outermost middleware of a service: access log, metrics, security headers, answers to surprises."""

import time
from collections.abc import MutableMapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from homeward_kit import audit, problems, telemetry
from homeward_kit.logging import get_logger

_SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_QUIET_PATHS = frozenset({"/health/live", "/health/ready", "/metrics"})
_UNMATCHED = "(none)"

_log = get_logger(__name__)


def is_quiet(scope: MutableMapping[str, Any]) -> bool:  # Any: ASGI's own type
    """Whether a request is a machine asking how we are: no span and no log line each time."""
    return scope.get("path") in _QUIET_PATHS


class Metrics:
    """Counts and times of requests, by route template."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "http_requests_total", "Requests answered", ["method", "route", "status"], registry=registry
        )
        self.seconds = Histogram(
            "http_request_duration_seconds", "Time until the last byte", ["method", "route"], registry=registry
        )


class Observe:
    """Wraps every request. Routes are named by template: a path may hold what a caller typed."""

    def __init__(self, app: ASGIApp, metrics: Metrics, max_body_bytes: int) -> None:
        self._app = app
        self._metrics = metrics
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        acting = audit.acting.set(None)
        try:
            with telemetry.burst():
                await self._answer(scope, receive, send)
        finally:
            audit.acting.reset(acting)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in _SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, self._limited(receive), send_with_headers)
        except Exception as error:  # noqa: BLE001 — the last place: answered, logged and measured here
            problem = problems.from_error(error)
            if status == 0:
                await problem.response()(scope, receive, send_with_headers)
        finally:
            self._measure(scope, status, time.perf_counter() - started)

    def _limited(self, receive: Receive) -> Receive:
        """Stops reading a body over the limit, whatever length was announced; FastAPI's answers plain text."""
        left = self._max_body_bytes

        async def receive_some() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413)  # the one kind of error that FastAPI lets through from a body
            return message

        return receive_some

    def _measure(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = _route_of(scope)
        self._metrics.requests.labels(method, route, str(status)).inc()
        self._metrics.seconds.labels(method, route).observe(seconds)
        if not is_quiet(scope):
            _log.info("http_request", method=method, route=route, status=status, ms=round(seconds * 1000, 1))


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _route_of(scope: Scope) -> str:
    """The template of the route that answered, mounts and prefixes included, as FastAPI's own telemetry found it."""
    if is_quiet(scope):
        return str(scope["path"])
    return getattr(scope.get("fastapi.telemetry"), "route", None) or _UNMATCHED
