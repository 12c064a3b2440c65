"""Migrations both ways; the code's head is what a fresh database has."""

import asyncio
from collections.abc import Callable

from homeward_kit import migrations
from homeward_kit.database import Database


async def test_down_to_nothing_and_up_again(database_address: Callable[[str], str]) -> None:
    address = database_address("readmission_monitor")
    await asyncio.to_thread(migrations.downgrade, "readmission_monitor", address)
    await asyncio.to_thread(migrations.upgrade, "readmission_monitor", address)
    database = Database(address)
    async with database.transaction() as tx:
        rows = await tx.execute("SELECT kind, window_days FROM kind_policy")
        assert [tuple(row) for row in rows] == [("hospital_discharge", 30)]
    await database.dispose()
