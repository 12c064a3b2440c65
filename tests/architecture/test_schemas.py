"""The four databases: the same kit tables in each, migrations that go both ways, and one head."""

import asyncio
from collections.abc import Callable

import asyncpg
import pytest
from alembic.script import ScriptDirectory

from homeward_kit import migrations

from .sources import SERVICES

KIT_TABLES = [
    "outbox", "event_log", "inbox", "dead_letters", "parked", "timers", "demo_clock", "idempotency_keys", "audit_log",
    "alias_pairs", "alias_groups", "audit_seals",
]  # fmt: skip
COLUMNS = """
SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = ANY($1) ORDER BY table_name, ordinal_position
"""
TABLES = """
SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public' AND table_name <> 'alembic_version'
"""
# Any row of either query, as plain tuples
Rows = list[tuple[object, ...]]


def _query(address: str, sql: str, *values: object) -> Rows:
    async def run() -> Rows:
        connection = await asyncpg.connect(address)
        try:
            return [tuple(row) for row in await connection.fetch(sql, *values)]
        finally:
            await connection.close()

    return asyncio.run(run())


def test_the_kits_tables_are_the_same_in_every_service(database_address: Callable[[str], str]) -> None:
    schemas = {package: _query(database_address(package), COLUMNS, KIT_TABLES) for package in SERVICES}
    first = schemas["triage"]
    assert {row[0] for row in first} == set(KIT_TABLES)
    assert all(schema == first for schema in schemas.values())


@pytest.mark.parametrize("package", SERVICES)
def test_migrations_go_down_to_nothing_and_up_again(package: str, database_address: Callable[[str], str]) -> None:
    address = database_address(package)
    before = _query(address, COLUMNS.replace("AND table_name = ANY($1)", ""))
    migrations.downgrade(package, address)
    assert _query(address, TABLES) == [(0,)]
    migrations.upgrade(package, address)
    assert _query(address, COLUMNS.replace("AND table_name = ANY($1)", "")) == before


@pytest.mark.parametrize("package", SERVICES)
def test_there_is_one_head_and_services_expect_it(package: str) -> None:
    script = ScriptDirectory.from_config(migrations.config_for(package, ""))
    assert script.get_heads() == [migrations.head(package)]
