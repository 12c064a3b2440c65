"""An outbox in which very much waits is read as fast as one in which little does."""

from homeward_kit.database import Database
from homeward_kit.relay import _FETCH
from homeward_kit.shards import ShardLocks

MUCH = """
INSERT INTO outbox (id, shard, aggregatetype, aggregateid, type, topic, key, payload, actor, aggregate_version,
    event_time)
SELECT gen_random_uuid(), n % 16, 'thing', n, 'kit.thing.made.v1', 'kit-things', n, '{}', 'system', 1, now()
FROM generate_series(1, 20000) AS n
"""


async def test_the_oldest_events_are_found_by_their_numbers_however_many_wait(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute(MUCH)
        await tx.execute("ANALYZE outbox")
    locks = ShardLocks(database.address)
    try:
        connection = await locks.hold()
        plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {_FETCH}", sorted(locks.owned), 500))
    finally:
        await locks.close()
    assert "Index Scan using outbox_pkey" in plan, plan
    assert "Seq Scan on outbox" not in plan, plan
