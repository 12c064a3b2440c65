"""A dump of a sealed audit log goes on in another cluster, whose transaction numbers are lower."""

import os
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from homeward_kit import audit, audit_epochs
from homeward_kit.audit_chain import Checked, check, head, seal_next, unsealed
from homeward_kit.audit_epochs import Head
from homeward_kit.database import Database, Tx
from homeward_local.ports import free_port
from homeward_local.postgres import prepare_postgres
from homeward_local.testing import running_postgres, temporary_home

Restore = Callable[[Database], Awaitable[Database]]


@pytest.fixture(scope="module")
def other_cluster() -> Iterator[tuple[str, Path]]:
    """The administrator's address of a cluster that has just been made, and where its programs are."""
    with temporary_home() as home:
        server = prepare_postgres(home, home / "secrets", free_port())
        with running_postgres(home, server.port) as address:
            yield address, server.binaries


@pytest.fixture
async def restore(other_cluster: tuple[str, Path], request: pytest.FixtureRequest) -> AsyncIterator[Restore]:
    """Dump a database and load it there under another name, as an operator would."""
    address, programs = other_cluster
    made: list[Database] = []

    async def run(database: Database) -> Database:
        name = f"restored_{abs(hash(request.node.name))}_{len(made)}"
        target = urlunsplit(urlsplit(address)._replace(path=f"/{name}"))
        program("psql", address, "--command", f'CREATE DATABASE "{name}"')
        dump = program("pg_dump", database.address, "--no-owner", "--no-privileges")
        program("psql", target, "--set", "ON_ERROR_STOP=1", "--quiet", stdin=dump)
        made.append(Database(target))
        return made[-1]

    def program(name: str, place: str, *options: str, stdin: str | None = None) -> str:
        command = [str(programs / name), "--dbname", place, *options]
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, input=stdin, env={**os.environ, "PGTZ": "UTC"}
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    yield run
    for one in made:
        await one.dispose()


async def add(database: Database, *subjects: str) -> None:
    async with database.transaction() as tx:
        await write(tx, *subjects)


async def write(tx: Tx, *subjects: str) -> None:
    for subject in subjects:
        await audit.record(tx, "read_thing", subject)
    await tx.flush()


async def spend(database: Database, numbers: int) -> None:
    """Use up transaction numbers, as everything else in a cluster does."""
    for _ in range(numbers):
        async with database.transaction() as tx:
            await tx.execute("SELECT pg_current_xact_id()")


async def seal_all(database: Database) -> None:
    """What the sealer does in a few of its rounds."""
    for _ in range(5):
        async with database.transaction() as tx:
            await seal_next(tx)


async def look(database: Database) -> Checked:
    async with database.transaction() as tx:
        return await check(tx, Head(), 1_000_000)


async def waiting(database: Database) -> int:
    async with database.transaction() as tx:
        return await unsealed(tx, await head(tx))


async def subjects(database: Database) -> list[str]:
    """Of the sealed rows, in the order of the chain."""
    async with database.transaction() as tx:
        found = await tx.execute(
            "SELECT subject FROM audit_seals, unnest(ids) WITH ORDINALITY AS each (id, place)"
            " JOIN audit_log USING (id) ORDER BY seq, place"
        )
        return [row.subject for row in found]


async def number_now(database: Database) -> int:
    async with database.transaction() as tx:
        return int((await tx.execute("SELECT pg_current_xact_id()::text")).scalar_one())


async def test_the_chain_goes_on_after_a_restore_and_names_what_was_tampered_with(
    database: Database, restore: Restore
) -> None:
    await spend(database, 300)
    await add(database, "before/1", "before/2")
    await seal_all(database)
    await add(database, "before/not-sealed-yet")
    kept = (await look(database)).head

    copy = await restore(database)
    assert await number_now(copy) < await number_now(database)
    await add(copy, "after/1")
    await seal_all(copy)
    await add(copy, "after/2")
    await seal_all(copy)

    assert await subjects(copy) == [
        "before/1",
        "before/2",
        "before/not-sealed-yet",
        "after/1",
        "audit-log/3",
        "after/2",
    ]
    found = await look(copy)
    assert (found.rows, found.fault, await waiting(copy)) == (6, None, 0)
    async with copy.transaction() as tx:
        assert (await head(tx, kept.seal)).hash == kept.hash  # a head that was kept before the restore is found

    changes = {
        "UPDATE audit_log SET actor = 'staff/another' WHERE subject = 'before/2'": 2,
        "UPDATE audit_log SET actor = 'staff/another' WHERE subject = 'after/1'": 4,
        "DELETE FROM audit_log WHERE subject = 'audit-log/3'": 5,
        "UPDATE audit_seals SET rows_after = 4 WHERE rows_after = 3": 4,
        "UPDATE audit_seals SET rows_after = NULL": 4,
    }
    for statement, audit_id in changes.items():
        async with copy.transaction() as tx:
            await tx.execute("SET LOCAL session_replication_role = replica")
            await tx.execute(statement)
            fault = (await check(tx, Head(), 100)).fault
            assert fault is not None, statement
            assert fault.audit_id == audit_id, statement
            tx.is_dry_run = True


async def test_a_sealer_that_comes_late_finds_the_first_rows_of_the_new_cluster(
    database: Database, restore: Restore
) -> None:
    """The new cluster's numbers have passed the copy's when its worker starts."""
    await spend(database, 300)
    await add(database, "before/1")
    await seal_all(database)
    copy = await restore(database)
    ahead = await number_now(database) - await number_now(copy)
    assert ahead > 0
    await add(copy, "after/1")
    await spend(copy, ahead + 20)
    await add(copy, "after/2")
    await seal_all(copy)
    await seal_all(copy)
    assert sorted(await subjects(copy)) == ["after/1", "after/2", "audit-log/1", "before/1"]
    assert ((await look(copy)).fault, await waiting(copy)) == (None, 0)


async def test_a_log_that_was_never_sealed_before_it_was_copied_does_not_wait(
    database: Database, restore: Restore
) -> None:
    await add(database, "before/1")
    await spend(database, 300)
    await add(database, "before/2", "before/3")
    copy = await restore(database)
    assert await number_now(copy) < await number_now(database)
    await add(copy, "after/1")
    for _ in range(5):
        async with copy.transaction() as tx:
            await seal_next(tx, most=2)
    await seal_all(copy)
    assert await subjects(copy) == ["before/1", "before/2", "before/3", "after/1", "audit-log/3"]
    assert ((await look(copy)).fault, await waiting(copy)) == (None, 0)


async def test_where_nothing_was_restored_no_epoch_begins(database: Database) -> None:
    await add(database, "thing/1")
    await seal_all(database)
    await add(database, "thing/2")
    await seal_all(database)
    async with database.transaction() as tx:
        clock = await audit_epochs.read_clock(tx)
        assert {row.cluster for row in await tx.execute("SELECT cluster FROM audit_seals")} == {clock.cluster}
        assert (await tx.execute("SELECT max(rows_after) FROM audit_seals")).scalar_one() is None
