"""Full tables, quickly: the server makes the rows, many of them without the indexes, which are then built again."""

import asyncio
import json
from collections.abc import Mapping
from typing import Literal

import asyncpg

from homeward_kit.outbox import SHARDS

from .things import FACTS, KEYS, ThingMadeIn

Table = Literal["outbox", "event_log", "inbox"]

MANY = 200_000  # rows from which on the indexes are left out meanwhile
PART = 500_000  # rows in one statement; its end is told
AT_ONCE = 2
# ids in the order of time, as the kit makes them; a key keeps its shard
_EVENTS = """
INSERT INTO {table} ({seq}id, shard, aggregatetype, aggregateid, type, topic, key, payload, tracingspancontext,
                    causation_id, referral_id, actor, aggregate_version, event_time)
SELECT {n}uuidv7(), n % {keys} % {shards}, 'thing', n::text, '{type}', $3, person,
    concat('{{"number": ', n, $4::text, person, '", "patient_key": "', person, '"}}'),
    concat('00-', md5(n::text), '-0123456789abcdef-01'), person::uuid, person::uuid,
    'staff/7b0d4ac8-3f47-4cfb-8a3e-2a9a7fd8c001', 1, now()
FROM generate_series($1::integer, $2::integer) AS n,
    LATERAL (SELECT md5((n % {keys})::text)::uuid::text AS person OFFSET 0) AS one
"""
_FACTS = f', "facts": {json.dumps(FACTS)}, "referral_id": "'
# what a group has had in the last hours
_RECEIVED = """
INSERT INTO inbox (consumer_group, event_id, event_time)
SELECT $3, uuidv7(make_interval(secs => -n / 1000.0)), now() FROM generate_series($1::integer, $2::integer) AS n
"""
# of the table itself, not of its partitions; constraints first
_INDEXES = """
SELECT index.relname AS name, pg_get_constraintdef(rule.oid) AS rule,
    replace(pg_get_indexdef(index.oid), ' ON ONLY ', ' ON ') AS definition
FROM pg_index JOIN pg_class AS index ON index.oid = indexrelid
    LEFT JOIN pg_constraint AS rule ON rule.conindid = index.oid AND rule.conrelid = indrelid
WHERE indrelid = $1::regclass ORDER BY rule.oid IS NULL, index.relname
"""


async def fill(address: str, table: Table, word: str, count: int, *, have: int = 0) -> None:
    """Rows until there are `count`, of which `have` were filled before; `word` is their topic or their group."""
    connection = await asyncpg.connect(address)
    try:
        dropped = await _drop_indexes(connection, table) if count - have >= MANY else []
        await _insert(address, table, word, have, count)
        await connection.execute("SET maintenance_work_mem = '1GB'")
        for statement in dropped:
            await connection.execute(statement)
        await connection.execute(f"VACUUM ANALYZE {table}")  # what would have been done meanwhile
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


async def _insert(address: str, table: Table, word: str, have: int, count: int) -> None:
    parts = [(first + 1, min(first + PART, count)) for first in range(have, count, PART)]
    done = have

    async def work() -> None:
        nonlocal done
        connection = await asyncpg.connect(address)
        try:
            while parts:
                first, last = parts.pop(0)
                await connection.execute(*_statement(table, first, last, word))
                done += last - first + 1
                if count - have >= MANY:
                    print(f"  {table}: {done:,} of {count:,} rows", flush=True)
        finally:
            await connection.close()

    await asyncio.gather(*(work() for _ in range(min(AT_ONCE, len(parts)))))


def _statement(table: Table, first: int, last: int, word: str) -> tuple[str, int, int, str] | tuple[str | int, ...]:
    if table == "inbox":
        return _RECEIVED, first, last, word
    words: Mapping[str, object] = {"keys": KEYS, "shards": SHARDS, "type": ThingMadeIn.type}
    seq, n = ("", "") if table == "outbox" else ("seq, ", "n, ")
    return _EVENTS.format(table=table, seq=seq, n=n, **words), first, last, word, _FACTS


async def _drop_indexes(connection: asyncpg.Connection, table: Table) -> list[str]:
    """The statements that make them again."""
    rows = await connection.fetch(_INDEXES, table)
    for row in rows:
        if row["rule"]:
            await connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {row['name']}")
        else:
            await connection.execute(f"DROP INDEX {row['name']}")
    return [
        f"ALTER TABLE {table} ADD CONSTRAINT {row['name']} {row['rule']}" if row["rule"] else row["definition"]
        for row in rows
    ]
