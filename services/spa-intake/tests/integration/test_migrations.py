"""Migrations both ways."""

import asyncio
from collections.abc import Callable

from homeward_kit import migrations
from homeward_kit.database import Database


async def test_down_to_nothing_and_up_again(database_address: Callable[[str], str]) -> None:
    address = database_address("spa_intake")
    await asyncio.to_thread(migrations.downgrade, "spa_intake", address)
    await asyncio.to_thread(migrations.upgrade, "spa_intake", address)
    database = Database(address)
    async with database.transaction() as tx:
        assert (await tx.execute("SELECT count(*) FROM referrals")).scalar_one() == 0
    await database.dispose()
