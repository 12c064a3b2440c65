"""Reading the four databases of a stack."""

import asyncpg

from .apart import run_apart


def query(address: str, sql: str, *values: object) -> list[dict[str, object]]:
    """The rows of one query."""

    async def run() -> list[dict[str, object]]:
        connection = await asyncpg.connect(address)
        try:
            return [dict(row) for row in await connection.fetch(sql, *values)]
        finally:
            await connection.close()

    return run_apart(run())


def every_value(address: str) -> str:
    """All rows of all tables as one text, for searching."""

    async def run() -> str:
        connection = await asyncpg.connect(address)
        try:
            tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            texts = [
                await connection.fetch(f'SELECT row_to_json(t)::text AS row FROM "{table["tablename"]}" t')  # noqa: S608
                for table in tables
            ]
        finally:
            await connection.close()
        return "\n".join(row["row"] for rows in texts for row in rows)

    return run_apart(run())
