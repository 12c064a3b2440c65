"""The read model is rebuilt while the service runs: nothing is missing meanwhile, and the rows are the same after."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from intake_process import Worker, WorkerProcess, until
from journey_events import STEPS, TOPICS, JourneyEvents, send

from homeward_kit.database import Database
from homeward_kit.testing.tokens import TokenIssuer

# Any: rows of plain SQL.
Rows = list[Mapping[str, Any]]
OWN_OF_A_GENERATION = {"generation", "change_number", "changed_at", "applied_number"}
REBUILD, ABANDON = "/ops/read-model/rebuild", "/ops/read-model/abandon"


class Product:
    """The topics, the database and spa-intake's worker."""

    def __init__(self, database: Database, worker: Worker) -> None:
        self.database = database
        self.worker = worker
        self._random = random.Random(11)

    async def rows(self, sql: str, **values: object) -> Rows:
        async with self.database.transaction() as tx:
            return [dict(row) for row in (await tx.execute(sql, values)).mappings()]

    async def one(self, sql: str, **values: object) -> Any:
        return next(iter((await self.rows(sql, **values))[0].values()))

    def becomes(self, expected: object, sql: str, **values: object) -> Callable[[], Awaitable[bool]]:
        async def is_so() -> bool:
            return bool(await self.one(sql, **values) == expected)

        return is_so

    async def send(self, count: int, *, least: int = 2) -> list[JourneyEvents]:
        """Journeys up to different steps, at least so far that they are on the worklist."""
        journeys = [JourneyEvents(self._random.randint(least, len(STEPS))) for _ in range(count)]
        await send(self.worker.bootstrap_servers, journeys)
        return journeys

    async def shows(self, journeys: Sequence[JourneyEvents], *, generation: int | None = None) -> None:
        """Wait until every event of these journeys is applied."""
        where = "generation = coalesce(:generation, (SELECT number FROM read_model_generations WHERE state = 'active'))"
        keys = [journey.patient_key for journey in journeys]
        count = f"SELECT count(*) FROM timeline_entries WHERE patient_key = ANY(:keys) AND {where}"  # noqa: S608 — ours
        expected = sum(journey.steps for journey in journeys)
        await until(self.becomes(expected, count, keys=keys, generation=generation), "the journeys' projection")

    async def content(self) -> tuple[Rows, Rows]:
        """What pages show, without what is a generation's own."""
        journeys = await self.rows("SELECT * FROM journeys ORDER BY referral_id")
        timeline = await self.rows("SELECT * FROM timeline ORDER BY event_id")
        return _shared(journeys), _shared(timeline)

    async def has_switched(self, to: int) -> None:
        await until(
            self.becomes(to, "SELECT number FROM read_model_generations WHERE state = 'active'"), "the switch", 120
        )

    async def has_one_generation(self, number: int) -> None:
        generations = "SELECT array_agg(number) FROM read_model_generations"
        await until(self.becomes([number], generations), "the end of the old generation")
        for table in ("journey_rows", "timeline_entries"):
            others = f"SELECT count(*) FROM {table} WHERE generation <> :number"  # noqa: S608 — our tables
            assert await self.one(others, number=number) == 0


def _shared(rows: Rows) -> Rows:
    return [{name: value for name, value in row.items() if name not in OWN_OF_A_GENERATION} for row in rows]


@pytest.fixture
async def product(
    database_address: Callable[[str], str],
    kafka_broker: str,
    fresh_topics: Callable[..., AbstractAsyncContextManager[None]],
    token_issuer: TokenIssuer,
    signing_key: Path,
) -> AsyncIterator[Product]:
    address = database_address("spa_intake")
    database = Database(address)
    async with fresh_topics(*TOPICS, "discharge-dead-letters"):
        yield Product(database, Worker(address, kafka_broker, token_issuer, signing_key))
    await database.dispose()


async def begin(process: WorkerProcess) -> Mapping[str, Any]:
    answer = await process.client.post(REBUILD)
    assert answer.status_code == 202, answer.text
    found: Mapping[str, Any] = answer.json()
    return found


async def generations_of(process: WorkerProcess) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = (await process.client.get("/ops/read-model")).json()["generations"]
    return found


class Watcher:
    """Looks at the worklist all the time; remembers the shortest one."""

    def __init__(self, product: Product) -> None:
        self._product = product
        self.shortest: int | None = None
        self.looks = 0

    async def watch(self) -> None:
        while True:
            count = await self._product.one("SELECT count(*) FROM journeys")
            self.shortest = min(count, count if self.shortest is None else self.shortest)
            self.looks += 1
            await asyncio.sleep(0.01)


async def test_rows_are_the_same_after_and_none_is_missing_meanwhile(product: Product) -> None:
    async with product.worker.running() as process:
        journeys = await product.send(60)
        await product.shows(journeys)
        before = await product.content()
        watcher = Watcher(product)
        watching = asyncio.create_task(watcher.watch())
        assert (await begin(process))["state"] == "building"
        again = await process.client.post(REBUILD)
        assert (again.status_code, again.json()["type"]) == (409, "urn:homeward:problem:rebuild_running")
        await product.has_switched(2)
        await product.has_one_generation(2)
        watching.cancel()
        assert (watcher.shortest, watcher.looks > 20) == (60, True)
        assert await product.content() == before
        more = await product.send(5)
        await product.shows([*journeys, *more])
        assert [row["state"] for row in await generations_of(process)] == ["active"]
        assert {"read_model.rebuild", "read_model.switch"} <= {
            row["action"] for row in await product.rows("SELECT action FROM audit_log")
        }


async def test_events_meanwhile_appear_in_both_and_an_open_journey_is_never_given_up(product: Product) -> None:
    only_shown = JourneyEvents(5)  # the topics have lost it
    async with product.worker.running() as process:
        journeys = await product.send(10)
        await product.shows(journeys)
        await product.rows(
            "INSERT INTO journey_rows SELECT (jsonb_populate_record(rows, CAST(:changes AS jsonb))).*"
            " FROM journey_rows AS rows WHERE stage <> 'finished' LIMIT 1 RETURNING referral_id",
            changes=json.dumps({"referral_id": str(only_shown.referral_id)}),
        )
        await begin(process)
        await until(
            product.becomes("missing_journeys", "SELECT hindrance FROM read_model_generations WHERE number = 2"),
            "the hindrance",
        )
        assert [row["state"] for row in await generations_of(process)] == ["active", "building"]
        meanwhile = await product.send(5)
        await product.shows([*journeys, *meanwhile], generation=1)
        await product.shows([*journeys, *meanwhile], generation=2)
        await send(product.worker.bootstrap_servers, [only_shown])  # as `homeward events republish` does
        await product.has_switched(2)
        await product.shows([*journeys, *meanwhile, only_shown])


async def test_an_abandoned_rebuild_leaves_no_trace(product: Product) -> None:
    async with product.worker.running() as process:
        await product.shows(await product.send(5))
        await begin(process)
        assert (await process.client.post(ABANDON)).json()["state"] == "ending"
        await product.has_one_generation(1)
        nothing = await process.client.post(ABANDON)
        assert (nothing.status_code, nothing.json()["type"]) == (409, "urn:homeward:problem:no_rebuild")
        groups = {row["group"] for row in (await process.client.get("/ops/lag")).json()["consumers"]}
        assert "spa-intake-read-model" in groups
        assert not any(group.startswith("spa-intake-read-model-") for group in groups)


@pytest.mark.parametrize("moment", ["while it is filled", "before the switch", "after the switch"])
async def test_a_process_killed_at_any_moment_leaves_pages_whole_and_the_next_one_goes_on(
    product: Product, moment: str
) -> None:
    labels = {"before the switch": "before_commit", "after the switch": "after_commit"}
    environment = {"CRASH_AT": f"read_model_switch.{labels[moment]}"} if moment in labels else {}
    async with product.worker.running(**environment) as process:
        await product.shows(await product.send(30))
        before = await product.content()
        await begin(process)
        if not environment:
            process.process.kill()
        await process.wait_until_killed()
    active = await product.one("SELECT number FROM read_model_generations WHERE state = 'active'")
    assert active == (2 if moment == "after the switch" else 1)
    assert await product.content() == before
    async with product.worker.running():
        await product.has_switched(2)
        await product.has_one_generation(2)
        assert await product.content() == before


async def test_only_an_operator_may_ask_for_it(product: Product, token_issuer: TokenIssuer) -> None:
    async with product.worker.running() as process, httpx.AsyncClient(base_url=process.client.base_url) as client:
        assert (await client.post(REBUILD)).status_code == 401
        assert (await client.post(REBUILD, headers=token_issuer.headers("coordinator"))).status_code == 403
        assert (await client.post(REBUILD, headers=token_issuer.headers("manager"))).status_code == 403
        assert (await client.get("/ops/read-model", headers=token_issuer.headers("manager"))).status_code == 200


async def test_what_operators_decided_about_letters_holds_in_the_new_generation(product: Product) -> None:
    """A discarded event stays discarded, a repaired one is read as repaired."""
    async with product.worker.running() as process:
        spoilt = [SpoiltJourney(4), SpoiltJourney(4)]
        await send(product.worker.bootstrap_servers, spoilt)
        open_letters = "SELECT count(*) FROM dead_letters WHERE state = 'open'"
        await until(product.becomes(2, open_letters), "the letters")
        letters = await product.rows("SELECT id, key FROM dead_letters")
        by_key = {UUID(letter["key"]): letter["id"] for letter in letters}
        discarded, repaired = (f"/ops/dead-letters/{by_key[one.patient_key]}" for one in spoilt)
        actually = {"reason": "payload_repaired", "is_dry_run": False}
        await process.client.post(f"{discarded}/discard", json=actually)
        await process.client.post(f"{repaired}/repair", json={**actually, "payload": spoilt[1].whole()})
        await process.client.post(f"{repaired}/replay", json=actually)
        await until(product.becomes(0, open_letters), "the end of the letters")
        before = await product.content()
        assert [row["referral_id"] for row in before[0]] == [spoilt[1].referral_id]
        await begin(process)
        await product.has_switched(2)
        assert await product.content() == before
        assert await product.one(open_letters) == 0


class SpoiltJourney(JourneyEvents):
    """Its referral cannot be read by anybody."""

    def records(self) -> Any:
        for topic, payload, headers in super().records():
            is_received = any(value == b"discharge.referral.received.v1" for _, value in headers)
            yield topic, b"{}" if is_received else payload, headers

    def whole(self) -> Any:
        return json.loads(list(JourneyEvents.records(self))[1][1])
