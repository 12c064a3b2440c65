"""What is done to one row of a sealed audit log is found and the row named; sealing misses and repeats none."""

import asyncio
import random
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Row

from homeward_kit import audit
from homeward_kit.audit_chain import Checked, Fault, Tampering, check, head, seal_next, unsealed
from homeward_kit.audit_epochs import Head
from homeward_kit.auth import Role
from homeward_kit.database import Database, Tx
from homeward_kit.migrations import steps_audit_chain, steps_audit_epochs
from homeward_kit.testing.tokens import TokenIssuer

ALL = 1_000_000
CHANGES = {
    "action": "UPDATE audit_log SET action = 'another' WHERE id = :id",
    "subject": "UPDATE audit_log SET subject = subject || '.' WHERE id = :id",
    "outcome": "UPDATE audit_log SET outcome = 'refused' WHERE id = :id",
    "actor": "UPDATE audit_log SET actor = 'staff/another' WHERE id = :id",
    "role": "UPDATE audit_log SET role = '' WHERE id = :id",
    "organisation": "UPDATE audit_log SET organisation = 'RJ1' WHERE id = :id",
    "purpose": "UPDATE audit_log SET purpose = 'audit' WHERE id = :id",
    "patient_key": "UPDATE audit_log SET patient_key = gen_random_uuid() WHERE id = :id",
    "trace_id": "UPDATE audit_log SET trace_id = '0' WHERE id = :id",
    "recorded_at": "UPDATE audit_log SET recorded_at = recorded_at - interval '1 microsecond' WHERE id = :id",
    "forever": "UPDATE audit_log SET recorded_at = 'infinity' WHERE id = :id",
}
REMOVAL = "DELETE FROM audit_log WHERE id = :id"
MOVE = "UPDATE audit_log SET xact = :xact WHERE id = :id"
COPY = """
INSERT INTO audit_log (id, xact, recorded_at, action, subject, outcome, actor) OVERRIDING SYSTEM VALUE
SELECT :number, xact, recorded_at, action, subject, outcome, actor FROM audit_log WHERE id = :id
"""
CLEARED_SEAL = "UPDATE audit_seals SET hashes = decode(repeat('00', octet_length(hashes)), 'hex') WHERE seq = 1"
FORGED = "INSERT INTO audit_log ({column}, action, subject, outcome, actor) OVERRIDING SYSTEM VALUE VALUES ({value})"


async def add(tx: Tx, *subjects: str) -> None:
    for subject in subjects:
        await audit.record(tx, "read_thing", subject, patient_key=uuid4())
    await tx.flush()


async def seal_all(database: Database, most: int = 500) -> None:
    while True:
        async with database.transaction() as tx:
            if await seal_next(tx, most) < most:
                return


async def look(database: Database) -> Checked:
    async with database.transaction() as tx:
        return await check(tx, Head(), ALL)


async def sealed_ids(database: Database) -> list[int]:
    async with database.transaction() as tx:
        found = await tx.execute("SELECT unnest(ids) AS id FROM audit_seals ORDER BY seq")
        return [row.id for row in found]


@dataclass(frozen=True)
class Sealed:
    """A log with gaps in its numbers, under several seals."""

    database: Database
    rows: list[Row[Any]]  # Any: id and xact, in the order of the chain

    async def tamper(self, *statements: str, **values: int) -> Fault | None:
        """What is found after somebody who rules the database did this; it is undone afterwards."""
        async with self.database.transaction() as tx:
            await tx.execute("SET LOCAL session_replication_role = replica")
            for statement in statements:
                await tx.execute(statement, values)
            found = await check(tx, Head(), ALL)
            tx.is_dry_run = True
        return found.fault


@pytest.fixture
async def sealed(database: Database) -> Sealed:
    for number in range(6):
        async with database.transaction() as tx:
            await add(tx, *(f"thing/{number}.{place}" for place in range(number % 3 + 1)))
            tx.is_dry_run = number == 2
    await seal_all(database, most=4)
    async with database.transaction() as tx:
        rows = (await tx.execute("SELECT id, xact FROM audit_log ORDER BY xact, id")).all()
    return Sealed(database, list(rows))


async def test_a_whole_chain_holds_and_says_how_far_it_goes(sealed: Sealed) -> None:
    found = await look(sealed.database)
    assert (found.rows, found.fault, found.is_done) == (len(sealed.rows), None, True)
    assert await sealed_ids(sealed.database) == [row.id for row in sealed.rows]
    async with sealed.database.transaction() as tx:
        assert await head(tx) == found.head
        assert await unsealed(tx, found.head) == 0
        parts = await check(tx, Head(), 1)
        assert (parts.rows, parts.is_done) == (4, False)
        assert (await check(tx, parts.head, ALL)).head == found.head


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_any_one_tampering_is_found_and_the_row_named(sealed: Sealed, data: st.DataObject) -> None:
    ids = [row.id for row in sealed.rows]
    row = data.draw(st.sampled_from(sealed.rows))
    free = data.draw(st.sampled_from(sorted({*range(1, max(ids) + 5)} - set(ids))))
    match data.draw(st.sampled_from(["change", "remove", "insert", "move", "renumber"])):
        case "change":
            change = data.draw(st.sampled_from(sorted(CHANGES)))
            assert await sealed.tamper(CHANGES[change], id=row.id) == Fault(row.id, Tampering.CHANGED)
        case "remove":
            assert await sealed.tamper(REMOVAL, id=row.id) == Fault(row.id, Tampering.REMOVED)
        case "insert":
            assert await sealed.tamper(COPY, id=row.id, number=free) == Fault(free, Tampering.INSERTED)
        case "move":
            xact = data.draw(st.sampled_from(sorted({one.xact for one in sealed.rows} - {row.xact})))
            fault = await sealed.tamper(MOVE, id=row.id, xact=xact)
            assert fault is not None
            assert fault.audit_id == row.id
        case _:
            fault = await sealed.tamper(COPY, REMOVAL, id=row.id, number=free)
            assert fault is not None
            assert fault.audit_id in {row.id, free}


async def test_a_seal_that_was_changed_or_taken_away_is_found(sealed: Sealed) -> None:
    first = sealed.rows[0].id
    assert await sealed.tamper(CLEARED_SEAL) == Fault(first, Tampering.CHANGED)
    assert await sealed.tamper("DELETE FROM audit_seals WHERE seq = 1") == Fault(first, Tampering.UNSEALED)


async def test_a_row_of_a_transaction_that_commits_late_is_sealed_once_and_in_its_place(database: Database) -> None:
    async with database.transaction() as late:
        await add(late, "thing/late")
        async with database.transaction() as early:
            await add(early, "thing/early")
        await seal_all(database)
        assert await sealed_ids(database) == []  # what comes after the late one waits for it
    await seal_all(database)
    await seal_all(database)
    assert len(await sealed_ids(database)) == 2
    assert (await look(database)).fault is None


async def test_writers_and_sealers_at_once_leave_a_whole_chain(database: Database) -> None:
    chooser = random.Random(20261122)
    is_writing = True

    async def write(number: int) -> None:
        for place in range(12):
            async with database.transaction() as tx:
                await add(tx, f"thing/{number}.{place}")
                await tx.execute("SELECT pg_sleep(:seconds)", {"seconds": chooser.random() / 100})
                tx.is_dry_run = chooser.random() < 0.2

    async def seal() -> None:
        while is_writing:
            async with database.transaction() as tx:
                await seal_next(tx, 5)

    sealers = [asyncio.create_task(seal()) for _ in range(2)]
    await asyncio.gather(*(write(number) for number in range(6)))
    is_writing = False
    await asyncio.gather(*sealers)
    await seal_all(database)
    async with database.transaction() as tx:
        written = [row.id for row in await tx.execute("SELECT id FROM audit_log ORDER BY xact, id")]
    assert await sealed_ids(database) == written
    assert (await look(database)).fault is None


async def test_the_services_role_can_add_rows_of_its_own_making_and_nothing_else(database: Database) -> None:
    role = f"svc_{UUID(int=random.getrandbits(128)).hex[:8]}"
    async with database.transaction() as tx:
        await add(tx, "thing/one")
        await tx.execute(f"CREATE ROLE {role}")
        await tx.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON audit_log, audit_seals TO {role}")
        await tx.execute(steps_audit_chain._PRIVILEGES)
        await tx.execute(steps_audit_epochs._PRIVILEGES)
        await tx.execute("ALTER TABLE audit_log DISABLE TRIGGER ALL")  # the privileges by themselves
    refused = (
        "UPDATE audit_log SET actor = ''",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
        FORGED.format(column="id", value="99, '', '', '', ''"),
        FORGED.format(column="recorded_at", value="now(), '', '', '', ''"),
        FORGED.format(column="xact", value="0, '', '', '', ''"),
        "DELETE FROM audit_seals",
        "UPDATE audit_seals SET sealed_at = now()",
    )

    async def attempt(statement: str) -> None:
        async with database.transaction() as tx:
            await tx.execute(f"SET LOCAL ROLE {role}")
            await tx.execute(statement)

    try:
        for statement in refused:
            with pytest.raises(Exception, match="permission denied"):
                await attempt(statement)
        async with database.transaction() as tx:
            await tx.execute(f"SET LOCAL ROLE {role}")
            await add(tx, "thing/two")
        async with database.transaction() as tx:
            await tx.execute(f"SET LOCAL ROLE {role}")
            assert await seal_next(tx) == 2
    finally:
        async with database.transaction() as tx:
            await tx.execute(f"DROP OWNED BY {role}")
            await tx.execute(f"DROP ROLE {role}")


async def test_an_operator_verifies_over_http(
    client: httpx.AsyncClient, token_issuer: TokenIssuer, sealed: Sealed
) -> None:
    operator = token_issuer.headers(Role.OPERATOR)
    answer = await client.get("/ops/audit/verify", headers=operator)
    assert answer.json() | {"upto": None} == {
        "service": "triage", "rows": len(sealed.rows), "upto": None, "is_done": True, "fault": None, "unsealed": 0,
    }  # fmt: skip
    upto = answer.json()["upto"]
    assert (await client.get("/ops/audit/head", headers=operator)).json() == upto
    on = {"after_seal": upto["seal"], "after_hash": upto["hash"]}
    assert (await client.get("/ops/audit/verify", params=on, headers=operator)).json()["rows"] == 0
    other = on | {"after_hash": "0" * 64}
    assert (await client.get("/ops/audit/verify", params=other, headers=operator)).status_code == 404
    assert (await client.get("/ops/audit/head", params={"seal": 99}, headers=operator)).status_code == 404
    assert (await client.get("/ops/audit/verify", headers=token_issuer.headers(Role.NURSE))).status_code == 403
