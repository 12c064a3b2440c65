"""Migrations both ways; the tables the code knows are those the migrations make."""

import asyncio
from collections.abc import Callable

from triage_service import Triage

from homeward_kit import migrations
from homeward_kit.database import Database
from triage.adapters.db.cases import load_policy
from triage.adapters.db.tables import metadata
from triage.domain.codes import Role


async def test_down_to_nothing_and_up_again(database_address: Callable[[str], str]) -> None:
    address = database_address("triage")
    await asyncio.to_thread(migrations.downgrade, "triage", address)
    await asyncio.to_thread(migrations.upgrade, "triage", address)
    database = Database(address)
    async with database.transaction() as tx:
        policy = await load_policy(tx, "hospital_discharge")
    await database.dispose()
    assert sorted(policy) == [0, 1, 2, 3]
    assert policy[0].needed == (frozenset({Role.NURSE}),)
    assert len(policy[3].needed) == 3


async def test_the_code_knows_the_tables_as_they_are(triage: Triage) -> None:
    rows = await triage.rows(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    )
    real = {(row["table_name"], row["column_name"]) for row in rows}
    known = {(table.name, column.name) for table in metadata.tables.values() for column in table.columns}
    assert {column for column in real if column[0] in metadata.tables} == known
