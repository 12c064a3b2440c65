"""A service's HTTP half inside the test, on a real database, without workers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from homeward_kit.database import Database
from homeward_kit.service import Runtime, Service
from homeward_kit.web import create_app


@asynccontextmanager
async def api_client(service: Service, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose requests the service's own application answers; events stay in the outbox."""
    app = create_app(service, Runtime(service, "api", database))
    transport = httpx.ASGITransport(app, client=("192.0.2.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://service.test") as client:
        yield client
