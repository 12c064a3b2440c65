"""The HTTP half of a service: its routes, with health, metrics, operations, documentation and one form of errors."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles
from opentelemetry import trace
from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector

from homeward_kit import health, observe, ops, problems
from homeward_kit.auth import Authenticator
from homeward_kit.clients import Registry
from homeward_kit.quiet_tracing import QuietProvider
from homeward_kit.rate_limits import RateLimits
from homeward_kit.request_limits import Limits
from homeward_kit.service import Runtime, Service

MAX_BODY_BYTES = 1024 * 1024

_DOCS_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; frame-ancestors 'none'"
)
_DOCS_PAGE = """<!doctype html>
<html lang="en-GB">
<head><meta charset="utf-8"><title>{title}</title><link rel="stylesheet" href="/docs/assets/swagger-ui.css"></head>
<body><div id="swagger-ui"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body>
</html>
"""
_DOCS_START = 'SwaggerUIBundle({url: "/openapi.json", dom_id: "#swagger-ui"});\n'


def create_app(service: Service, runtime: Runtime) -> FastAPI:
    """The service's application; `runtime` gives it the database, the clock and the state of the broker.

    Spans are FastAPI's own, named by route template, through a tracer that leaves out paths, query strings and
    messages of errors. A UI is mounted by the service's `configure_app`, after every route of the API.
    """
    app = FastAPI(
        title=f"Homeward {service.name}",
        version="1.0.0",
        docs_url=None,
        redoc_url=None,
        responses=problems.RESPONSES,
        telemetry={
            "tracer_provider": QuietProvider(trace.get_tracer_provider()),
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
            "exclude": observe.is_quiet,
        },
    )
    app.state.runtime = runtime
    app.state.database = runtime.database
    settings = service.settings
    app.state.rate_limits = RateLimits(Registry(settings.clients))
    app.state.authenticator = Authenticator(service.name, settings.trusted_issuers, settings.clients)
    problems.install(app, service.refusals)
    registry = CollectorRegistry()
    app.state.metrics = registry  # for what a service counts itself
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    app.add_middleware(
        observe.Observe,
        metrics=observe.Metrics(registry),
        limits=Limits(MAX_BODY_BYTES, service.body_limits, settings.request_seconds),
    )
    # a request is held against one route after another: the service's own are asked for most
    for router in (*service.routers, health.routes(runtime, registry), ops.routes(runtime)):
        app.include_router(router)
    assets = settings.homeward_assets
    if assets is not None and (assets / "swagger-ui").is_dir():
        _add_docs(app, assets / "swagger-ui")
    if service.configure_app is not None:
        service.configure_app(app, runtime)
    return app


def _add_docs(app: FastAPI, folder: Path) -> None:
    """Swagger UI from our own files, its one script in a file, so that nothing is fetched from elsewhere."""
    app.mount("/docs/assets", StaticFiles(directory=folder))

    @app.get("/docs", include_in_schema=False)
    async def documentation() -> HTMLResponse:
        return HTMLResponse(_DOCS_PAGE.format(title=app.title), headers={"Content-Security-Policy": _DOCS_CSP})

    @app.get("/docs/start.js", include_in_schema=False)
    async def documentation_start() -> Response:
        return Response(_DOCS_START, media_type="text/javascript")
