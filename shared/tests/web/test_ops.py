"""The operations API shows what went by and what waits, without payloads, to those who may see it."""

from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from homeward_kit import timers
from homeward_kit.auth import Role
from homeward_kit.database import Database
from homeward_kit.testing.tokens import TokenIssuer

from .conftest import ThingMade


@pytest.fixture
def headers(token_issuer: TokenIssuer) -> dict[str, str]:
    return token_issuer.headers(Role.OPERATOR)


async def publish(database: Database, key: UUID, referral_id: UUID | None) -> UUID:
    async with database.transaction(actor="client/ward") as tx:
        event = ThingMade(thing_id=uuid4())
        return await tx.publish(event, key=key, subject="thing/1", version=3, referral_id=referral_id)


async def test_events_are_found_in_outbox_and_log_in_order(
    client: httpx.AsyncClient, headers: dict[str, str], database: Database
) -> None:
    key, referral = uuid4(), uuid4()
    ids = [await publish(database, key, referral) for _ in range(3)]
    await publish(database, uuid4(), None)
    async with database.transaction() as tx:  # what the relay does with what was sent
        await tx.execute(
            "WITH sent AS (DELETE FROM outbox WHERE id = :id RETURNING *) INSERT INTO event_log"
            " SELECT sent.*, now() FROM sent",
            {"id": ids[0]},
        )
    answer = await client.get("/ops/events", params={"referral_id": str(referral)}, headers=headers)
    rows = answer.json()["events"]
    assert [row["id"] for row in rows] == [str(found) for found in ids]
    first = rows[0]
    assert (first["type"], first["subject"], first["actor"]) == ("kit.thing.made.v1", "thing/1", "client/ward")
    assert (first["version"], first["service"], first["key"]) == (3, "triage", str(key))
    assert "payload" not in first
    params = {"key": str(key), "after": first["seq"], "limit": 1}
    later = (await client.get("/ops/events", params=params, headers=headers)).json()["events"]
    assert [row["id"] for row in later] == [str(ids[1])]
    assert len((await client.get("/ops/events", headers=headers)).json()["events"]) == 4


async def test_timers_letters_and_lag_are_shown(
    client: httpx.AsyncClient, headers: dict[str, str], database: Database
) -> None:
    aggregate = uuid4()
    async with database.transaction() as tx:
        await timers.set_timer(tx, "deadline", aggregate, key=uuid4(), due_at=tx.now + timedelta(hours=1))
        await tx.execute(
            "INSERT INTO dead_letters (id, consumer_group, identity, topic, partition, record_offset,"
            " record_timestamp, key,"
            " payload, headers, error_class, error_code)"
            " VALUES (:id, 'triage', 't-0-1', 't', 0, 1, now(), 'k', 'x', '{}', 'ValueError', 'bad')",
            {"id": uuid4()},
        )
    await publish(database, uuid4(), None)
    [timer] = (await client.get("/ops/timers", headers=headers)).json()["timers"]
    assert (timer["kind"], timer["aggregate_id"], timer["is_due"]) == ("deadline", str(aggregate), False)
    [letter] = (await client.get("/ops/dead-letters", headers=headers)).json()["dead_letters"]
    assert (letter["group"], letter["offset"], letter["state"], letter["parked"]) == ("triage", 1, "open", 0)
    assert "payload" not in letter
    async with database.transaction() as tx:  # as a relay does, of this process or of another
        await tx.execute("INSERT INTO topics_sent VALUES ('a-topic', false), ('an-emptied-one', true)")
    lag = (await client.get("/ops/lag", headers=headers)).json()
    assert lag["emptied_topics"] == ["an-emptied-one"]
    assert (lag["outbox_rows"], lag["dead_letters_open"], lag["timers_due"]) == (1, 1, 0)
    assert lag["consumers"] == []


async def test_the_demo_clock_moves_forward_only(
    client: httpx.AsyncClient, headers: dict[str, str], database: Database
) -> None:
    async with database.transaction() as tx:
        await timers.set_timer(tx, "deadline", uuid4(), key=uuid4(), due_at=tx.now + timedelta(days=1))
    moved = await client.post("/ops/demo-clock", json={"offset_seconds": 172800}, headers=headers)
    assert (moved.json()["offset_seconds"], moved.json()["timers_due"]) == (172800, 1)
    again = await client.post("/ops/demo-clock", json={"offset_seconds": 172800}, headers=headers)
    back = await client.post("/ops/demo-clock", json={"offset_seconds": 5}, headers=headers)
    assert (again.status_code, back.status_code) == (200, 409)
    state = (await client.get("/ops/demo-clock", headers=headers)).json()
    assert state["offset_seconds"] == database.clock.offset_seconds == 172800


@pytest.mark.parametrize("path", ["events", "timers", "dead-letters", "lag", "demo-clock"])
async def test_others_may_not_look(client: httpx.AsyncClient, token_issuer: TokenIssuer, path: str) -> None:
    assert (await client.get(f"/ops/{path}")).status_code == 401
    ward = token_issuer.headers(Role.WARD_SYSTEM)
    assert (await client.get(f"/ops/{path}", headers=ward)).status_code == 403
