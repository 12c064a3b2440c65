"""The outermost middleware of a service: access log, metrics, security headers, answers to surprises."""

import asyncio
import time
from collections.abc import MutableMapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from homeward_kit import audit, problems, refusals, telemetry
from homeward_kit.logging import log_request
from homeward_kit.request_limits import LimitedBody, Limits

_SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_QUIET_PATHS = frozenset({"/health/live", "/health/ready", "/metrics"})
_UNMATCHED = "(none)"


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

    def __init__(self, app: ASGIApp, metrics: Metrics, limits: Limits) -> None:
        self._app = app
        self._metrics = metrics
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        acting, told = audit.acting.set(None), audit.told.set(audit.Told())
        try:
            with telemetry.burst():
                await self._answer(scope, receive, send)
        finally:
            audit.acting.reset(acting)
            audit.told.reset(told)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        status = 0
        app = scope.get("app")
        body = LimitedBody(scope, receive, self._limits.body_bytes_of(scope["path"]))
        deadline = asyncio.timeout(self._limits.seconds)  # until the answer begins; a stream may last

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                await refusals.audit_answer(scope, app, status)
                headers = MutableHeaders(scope=message)
                for name, value in _SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        async def send_in_time(message: Message) -> None:
            deadline.reschedule(None)
            await send_with_headers(message)

        try:
            async with deadline:
                await self._app(scope, body.receive, send_in_time)
        except Exception as error:  # noqa: BLE001 — the last place: answered, logged and measured here
            is_slow_sender = deadline.expired() and not body.is_read
            problem = problems.too_slow() if is_slow_sender else problems.from_error(error)
            if status == 0:
                await problem.response()(scope, receive, send_with_headers)
        finally:
            self._measure(scope, status, time.perf_counter() - started)

    def _measure(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = _route_of(scope)
        self._metrics.requests.labels(method, route, str(status)).inc()
        self._metrics.seconds.labels(method, route).observe(seconds)
        if not is_quiet(scope):
            log_request(method=method, route=route, status=status, ms=round(seconds * 1000, 1))


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _route_of(scope: Scope) -> str:
    """The template of the route that answered, mounts and prefixes included, as FastAPI's own telemetry found it."""
    if is_quiet(scope):
        return str(scope["path"])
    return getattr(scope.get("fastapi.telemetry"), "route", None) or _UNMATCHED
