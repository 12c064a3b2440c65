"""New rows of many tables in one statement: one wait for the database instead of two for each table."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol

MANY = 24  # rows of one table from which on COPY is used: then it costs the client and the server less

# Any: values of columns
Row = Mapping[str, Any]
Rows = Mapping[str, Sequence[Row]]
Columns = tuple[str, tuple[str, ...]]  # a table and the columns that are given
Shape = tuple[Columns, tuple[bool, ...]]  # with which of them differ from row to row


class Driver(Protocol):
    """What is needed of asyncpg's connection."""

    async def execute(self, query: str, *args: Any) -> str: ...
    async def prepare(self, query: str) -> Any: ...  # Any: asyncpg has no types
    async def copy_records_to_table(
        self, table_name: str, *, columns: Sequence[str], records: Sequence[Sequence[Any]]
    ) -> str: ...


_types: dict[Columns, tuple[str, ...]] = {}


async def insert(driver: Driver, rows: Rows) -> None:
    """Add the rows, those of a table in their order, tables named first first; a table's rows name the same columns.

    Within a statement foreign keys are checked at its end, so a row may name one of another table beside it.
    """
    few: dict[str, Sequence[Row]] = {}
    for table, found in rows.items():
        if len(found) < MANY:
            few[table] = found
            continue
        await _insert_few(driver, few)
        few = {}
        values = [tuple(row.values()) for row in found]
        await driver.copy_records_to_table(table, columns=tuple(found[0]), records=values)
    await _insert_few(driver, few)


async def _insert_few(driver: Driver, rows: Rows) -> None:
    if not rows:
        return
    shapes: list[Shape] = []
    arguments: list[Any] = []
    for table, found in rows.items():
        columns = (table, tuple(found[0]))
        kinds = _types.get(columns) or await _types_of(driver, columns)
        shapes.append((columns, _give(arguments, found, kinds)))
    await driver.execute(_statement(tuple(shapes)), *arguments)


def _give(arguments: list[Any], rows: Sequence[Row], kinds: Sequence[str]) -> tuple[bool, ...]:
    """A column's values as an array, or once where all rows have the same: that is encoded and read once."""
    differing: list[bool] = []
    for values, kind in zip(zip(*(row.values() for row in rows), strict=True), kinds, strict=True):
        first = values[0]
        is_same = first == values[-1] and values.count(first) == len(values)
        differs = len(rows) > 1 and not (is_same and differing)  # the first column always has one for each row
        differing.append(differs)
        if not differs:
            arguments.append(first)
        else:
            arguments.append([_literal(value) for value in values] if kind.endswith("[]") else values)
    return tuple(differing)


async def _types_of(driver: Driver, columns: Columns) -> tuple[str, ...]:
    table, names = columns
    prepared = await driver.prepare(f"SELECT {', '.join(names)} FROM {table}")  # noqa: S608 — our own words
    kinds = _types[columns] = tuple(column.type.name for column in prepared.get_attributes())
    return kinds


@lru_cache(maxsize=1024)
def _statement(shapes: Sequence[Shape]) -> str:
    """An insert for each table; all but the last are its parts."""
    inserts: list[str] = []
    number = 1
    for columns, differing in shapes:
        inserts.append(_insert(columns, differing, number))
        number += len(differing)
    *others, last = inserts
    parts = ", ".join(f"part_{place} AS ({one})" for place, one in enumerate(others))
    return f"WITH {parts} {last}" if parts else last


def _insert(columns: Columns, differing: Sequence[bool], number: int) -> str:
    """A column that is an array itself and differs comes as text."""
    table, names = columns
    wanted: list[str] = []
    arrays: list[str] = []
    for place, (name, kind, differs) in enumerate(zip(names, _types[columns], differing, strict=True), number):
        is_array = kind.endswith("[]")
        if differs:
            arrays.append(f"CAST(${place} AS {'text' if is_array else kind}[])")
        value = name if differs else f"${place}"
        wanted.append(f"CAST({value} AS {kind})" if is_array or not differs else name)
    given = ", ".join(name for name, differs in zip(names, differing, strict=True) if differs)
    rows = f" FROM unnest({', '.join(arrays)}) WITH ORDINALITY AS given ({given}, given_at) ORDER BY given_at"
    return f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(wanted)}{rows if arrays else ''}"


def _literal(values: Sequence[str] | None) -> str | None:
    """An array of texts as PostgreSQL reads it."""
    if not values:
        return None if values is None else "{}"
    return "{" + ",".join('"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values) + "}"
