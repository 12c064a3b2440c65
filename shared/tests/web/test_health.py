"""Ready means migrated and reachable; a broker outage only degrades an API; numbers are there for Prometheus."""

from uuid import uuid4

import httpx

from homeward_kit import migrations
from homeward_kit.database import Database
from homeward_kit.service import Runtime, Service
from homeward_kit.testing.fixtures import DatabaseAddress
from homeward_kit.web import create_app


async def ready(service: Service, database: Database, role: str) -> httpx.Response:
    app = create_app(service, Runtime(service, role, database))  # type: ignore[arg-type]  # a literal's text
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service.test") as client:
        return await client.get("/health/ready")


async def test_without_a_broker_an_api_is_degraded_and_a_worker_is_not_ready(
    service: Service, database: Database
) -> None:
    api = await ready(service, database, "api")
    worker = await ready(service, database, "worker")
    assert (api.status_code, api.json()["status"], api.json()["broker"]) == (200, "degraded", "down")
    assert (worker.status_code, worker.json()["status"]) == (503, "unavailable")


async def test_an_old_schema_and_no_database_are_not_ready(service: Service, database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute("UPDATE alembic_version SET version_num = '0000'")
    assert (await ready(service, database, "api")).json()["database"] == "not_migrated"
    async with database.transaction() as tx:
        await tx.execute("DROP TABLE alembic_version")
    assert (await ready(service, database, "api")).json()["database"] == "not_migrated"
    nowhere = Database("postgresql://nobody@127.0.0.1:1/none")
    answer = await ready(service, nowhere, "all")
    assert (answer.status_code, answer.json()["database"]) == (503, "down")
    await nowhere.dispose()


async def test_metrics_name_routes_by_template(client: httpx.AsyncClient) -> None:
    await client.get("/api/v1/fail/Zebedee")
    await client.get("/Zebedee")
    await client.post(f"/api/v1/things/{uuid4()}/rename")
    text = (await client.get("/metrics")).text
    assert 'http_requests_total{method="GET",route="/api/v1/fail/{word}",status="500"} 1.0' in text
    assert 'http_requests_total{method="GET",route="(none)",status="404"} 1.0' in text
    assert "outbox_rows 0.0" in text
    assert 'dependency_up{dependency="database"} 1.0' in text
    assert 'dependency_up{dependency="broker"} 0.0' in text
    assert "Zebedee" not in text


async def test_documentation_is_served_from_our_own_files(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs")
    assert page.status_code == 200
    assert "http" not in page.text.replace("https://", "http://").split("<body>")[1]
    assert (await client.get("/docs/assets/swagger-ui.css")).text == "body {}"
    assert (await client.get("/docs/start.js")).status_code == 200
    paths = (await client.get("/openapi.json")).json()["paths"]
    assert {"/api/v1/things", "/health/ready", "/ops/events"} <= set(paths)


async def test_the_kits_tables_can_be_taken_away_again(database_address: DatabaseAddress, service: Service) -> None:
    import asyncio

    address = database_address("kit_sample")
    await asyncio.to_thread(migrations.downgrade, "kit_sample", address)
    await asyncio.to_thread(migrations.upgrade, "kit_sample", address)
    database = Database(address)
    assert (await ready(service, database, "api")).json()["database"] == "ok"
    await database.dispose()
