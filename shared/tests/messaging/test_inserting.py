"""Rows of many tables are added by one statement, each as it was given and in its order."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from homeward_kit.database import Database, Tx
from homeward_kit.inserting import MANY

WHEN = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
WORDS: list[list[str] | None] = [[], None, ["plain"], ['a "quoted" word', "back\\slash"], ["{a,b}", "", "NULL", "é, ü"]]


async def _tables(tx: Tx) -> None:
    await tx.execute("CREATE TEMP TABLE parents (number bigint GENERATED ALWAYS AS IDENTITY, id uuid PRIMARY KEY)")
    await tx.execute(
        "CREATE TEMP TABLE children (number bigint GENERATED ALWAYS AS IDENTITY, parent uuid REFERENCES parents,"
        " words text[], said jsonb, told_at timestamptz, points smallint)"
    )


def _child(number: int, **given: Any) -> dict[str, Any]:  # Any: values of columns
    usual = {"parent": UUID(int=number), "words": [], "said": "{}", "told_at": WHEN, "points": number % 100}
    return usual | given


async def _written(tx: Tx) -> list[tuple[Any, ...]]:  # Any: as above
    found = await tx.execute("SELECT parent, words, said::text, told_at, points FROM children ORDER BY number")
    return [tuple(row) for row in found]


@pytest.mark.parametrize("number", [1, 2, 40, MANY - 1, MANY, MANY + 1])
async def test_rows_are_kept_in_their_order_however_many(database: Database, number: int) -> None:
    rows = [_child(place) for place in range(1, number + 1)]
    async with database.transaction() as tx:
        await _tables(tx)
        for row in rows:
            tx.add_row("parents", {"id": row["parent"]})
            tx.add_row("children", row)
        await tx.flush()
        assert await _written(tx) == [tuple(row.values()) for row in rows]


@pytest.mark.parametrize("others", [[], WORDS])
@pytest.mark.parametrize("words", WORDS)
async def test_arrays_arrive_as_they_were_given(
    database: Database, words: list[str] | None, others: list[list[str] | None]
) -> None:
    given = [words, *others]
    async with database.transaction() as tx:
        await _tables(tx)
        for number, one in enumerate(given, 1):
            tx.add_row("parents", {"id": UUID(int=number)})
            tx.add_row("children", _child(number, words=one, points=None))
        await tx.flush()
        assert [row[1] for row in await _written(tx)] == given


async def test_rows_that_are_all_alike_are_as_many_as_were_added(database: Database) -> None:
    async with database.transaction() as tx:
        await _tables(tx)
        tx.add_row("parents", {"id": UUID(int=1)})
        for _ in range(5):
            tx.add_row("children", _child(1, said='{"a": "b"}'))
        await tx.flush()
        assert await _written(tx) == [(UUID(int=1), [], '{"a": "b"}', WHEN, 1)] * 5


async def test_a_column_is_taken_for_the_same_only_where_it_is(database: Database) -> None:
    rows = [_child(1, points=points) for points in (3, 7, 3)]
    async with database.transaction() as tx:
        await _tables(tx)
        tx.add_row("parents", {"id": UUID(int=1)})
        for row in rows:
            tx.add_row("children", row)
        await tx.flush()
        assert [row[4] for row in await _written(tx)] == [3, 7, 3]


async def test_what_is_only_added_is_rolled_back_with_its_transaction(database: Database) -> None:
    async with database.transaction() as tx:
        tx.add_row("things", {"key": "k", "number": 1})
        await tx.flush()  # the transaction's first statement
        tx.is_dry_run = True
    async with database.transaction() as tx:
        assert (await tx.execute("SELECT count(*) FROM things")).scalar_one() == 0
