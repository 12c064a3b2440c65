"""One trace across HTTP, database, outbox and calls to other services, without values, and without orphans."""

from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from homeward_kit import telemetry
from homeward_kit.auth import Role
from homeward_kit.database import Database
from homeward_kit.http import service_client
from homeward_kit.service import Runtime, Service
from homeward_kit.settings import ServiceSettings
from homeward_kit.testing.tokens import TokenIssuer
from homeward_kit.web import create_app

SECRET = "Zebedee"
TRACE = "0af7651916cd43dd8448eb211c80319c"
INCOMING = f"00-{TRACE}-b7ad6b7169203331-01"


@pytest.fixture(scope="session")
def exporter() -> InMemorySpanExporter:
    settings = ServiceSettings(database_url="x", kafka_bootstrap_servers="x")
    exporter = InMemorySpanExporter()
    # a process has one provider, which may be there already; it records only when somebody wants to have it
    provider = telemetry.setup("kit-tests", settings, SimpleSpanProcessor(InMemorySpanExporter()))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return exporter


@pytest.fixture
def spans(exporter: InMemorySpanExporter) -> Iterator[InMemorySpanExporter]:
    exporter.clear()
    yield exporter
    exporter.clear()


def of_kind(spans: InMemorySpanExporter, kind: SpanKind) -> list[ReadableSpan]:
    return [found for found in spans.get_finished_spans() if found.kind is kind]


async def test_a_request_its_statements_and_its_event_are_one_trace(
    spans: InMemorySpanExporter, client: httpx.AsyncClient, token_issuer: TokenIssuer, database: Database
) -> None:
    headers = token_issuer.headers(Role.COORDINATOR) | {"traceparent": INCOMING, "baggage": f"name={SECRET}"}
    for _ in range(2):  # the second breaks a unique index, whose error names the value
        await client.post(f"/api/v1/things?name={SECRET}", json={"name": SECRET}, headers=headers)
    finished = spans.get_finished_spans()
    known = {f"{found.context.span_id:016x}" for found in finished if found.context} | {INCOMING.split("-")[2]}
    assert {f"{found.context.trace_id:032x}" for found in finished if found.context} == {TRACE}
    assert all(found.parent and f"{found.parent.span_id:016x}" in known for found in finished)
    assert [found.name for found in of_kind(spans, SpanKind.SERVER)] == ["POST /api/v1/things"] * 2
    assert any(found.name == "INSERT" for found in finished)
    assert not any(found.events for found in finished)
    assert not [found.to_json() for found in finished if SECRET in found.to_json()]
    async with database.transaction() as tx:
        stored = (await tx.execute("SELECT tracingspancontext FROM outbox")).scalar_one()
    assert telemetry.trace_id_of(stored) == TRACE


async def test_the_span_says_what_was_asked_and_answered(
    spans: InMemorySpanExporter, client: httpx.AsyncClient, token_issuer: TokenIssuer
) -> None:
    referral = uuid4()
    headers = token_issuer.headers(Role.COORDINATOR) | {"If-Match": '"7"'}
    await client.post(f"/api/v1/things/{referral}/rename?x={SECRET}", headers=headers)
    await client.get(f"/api/v1/fail/{SECRET}")
    await client.get("/health/live")
    renamed, failed = of_kind(spans, SpanKind.SERVER)
    assert renamed.name == "POST /api/v1/things/{thing_id}/rename"
    assert renamed.attributes
    assert renamed.attributes["http.request.method"] == "POST"
    assert renamed.attributes["http.route"] == "/api/v1/things/{thing_id}/rename"
    assert renamed.attributes["http.response.status_code"] == 200
    assert renamed.attributes["referral.id"] == str(referral)
    assert failed.attributes
    assert "referral.id" not in failed.attributes
    assert not failed.status.is_ok
    assert SECRET not in renamed.to_json() + failed.to_json()


async def test_a_statement_outside_a_trace_begins_none(spans: InMemorySpanExporter, database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute("SELECT 1")
    assert spans.get_finished_spans() == ()


async def test_a_call_to_another_service_continues_the_trace(
    spans: InMemorySpanExporter, service: Service, database: Database
) -> None:
    app = create_app(service, Runtime(service, "api", database))
    async with service_client("http://service.test", transport=httpx.ASGITransport(app)) as client:
        with telemetry.span("page"):
            await client.get(f"/nowhere?name={SECRET}")
    [server], [call] = of_kind(spans, SpanKind.SERVER), of_kind(spans, SpanKind.CLIENT)
    assert server.parent
    assert call.context
    assert server.parent.span_id == call.context.span_id
    assert call.attributes
    assert call.attributes["http.response.status_code"] == 404
    assert SECRET not in call.to_json() + server.to_json()


def test_a_span_has_the_parent_and_the_links_it_is_given(spans: InMemorySpanExporter) -> None:
    referral = uuid4()
    with telemetry.span("process things", SpanKind.CONSUMER, parent=INCOMING, links=[INCOMING, None, "nonsense"]):
        telemetry.set_referral(referral)
        with pytest.raises(ValueError, match=SECRET), telemetry.span("inner"):
            raise ValueError(SECRET)
    with telemetry.span("next"):
        pass
    inner, process, following = spans.get_finished_spans()
    assert process.context
    assert f"{process.context.trace_id:032x}" == TRACE
    assert len(process.links) == 1
    assert process.attributes == {"referral.id": str(referral)}
    assert inner.attributes == {"referral.id": str(referral), "error.type": "ValueError"}
    assert SECRET not in inner.to_json()
    assert following.parent is None
    assert not following.attributes
