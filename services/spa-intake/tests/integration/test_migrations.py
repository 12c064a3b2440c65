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


async def test_rows_from_before_generations_are_shown_until_the_read_model_is_filled_anew(
    database_address: Callable[[str], str],
) -> None:
    address = database_address("spa_intake")
    await asyncio.to_thread(migrations.downgrade, "spa_intake", address, "0004")
    database = Database(address)
    async with database.transaction() as tx:
        await tx.execute(
            "INSERT INTO journeys (referral_id, patient_key, kind, referral_state, stage, waiting_for, waiting_since,"
            " hospital, is_ready, received_at, flags, updated_at) VALUES (gen_random_uuid(), gen_random_uuid(),"
            " 'hospital_discharge', 'received', 'to_check', 'coordinator_check', now(), 'RJZ', false, now(), '{}',"
            " now())"
        )
    await asyncio.to_thread(migrations.upgrade, "spa_intake", address)
    async with database.transaction() as tx:
        assert (await tx.execute("SELECT count(*) FROM journeys")).scalar_one() == 1
        states = await tx.execute("SELECT state FROM read_model_generations ORDER BY number")
        assert list(states.scalars()) == ["active", "building"]
    await asyncio.to_thread(migrations.downgrade, "spa_intake", address, "0004")
    async with database.transaction() as tx:
        assert (await tx.execute("SELECT count(*) FROM journeys")).scalar_one() == 1
    await database.dispose()
