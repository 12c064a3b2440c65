"""Calls to other services: explicit time-outs, and the trace goes along."""

from functools import cache
from http import HTTPStatus

import httpx
from opentelemetry.trace import SpanKind

from homeward_kit import telemetry

TIMEOUT = httpx.Timeout(5.0, connect=2.0)
trusted = cache(httpx.create_ssl_context)  # reads the certificates we trust: once, not for every client


class TracedTransport(httpx.AsyncBaseTransport):
    """Sends each request inside a client span of the current trace. The span has no address: paths hold ids."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        attributes = {"http.request.method": request.method, "server.address": request.url.host}
        with telemetry.span(request.method, SpanKind.CLIENT, attributes=attributes) as opened:
            if traceparent := telemetry.current_traceparent():
                request.headers["traceparent"] = traceparent
            response = await self._inner.handle_async_request(request)
            opened.set_attribute("http.response.status_code", response.status_code)
            if response.status_code >= HTTPStatus.BAD_REQUEST:
                telemetry.mark_failed(opened, str(response.status_code))
            return response

    async def aclose(self) -> None:
        await self._inner.aclose()


def service_client(base_url: str, *, transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """A client of one service, to be closed by whoever made it; `transport` replaces the network."""
    inner = transport or httpx.AsyncHTTPTransport(verify=trusted())
    return httpx.AsyncClient(base_url=base_url, timeout=TIMEOUT, transport=TracedTransport(inner))
