"""PostgreSQL: one engine a process, one transaction a request or message, and what a transaction knows."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, Executable, event, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from homeward_kit import crash_points, inserting, outbox
from homeward_kit.clock import Clock
from homeward_kit.envelope import PublishedEvent, Received, quick_uuid

# Any: bound values are whatever PostgreSQL's types take.
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]
Group = frozenset[UUID]  # of the keys that are one person's


def asyncpg_address(url: str) -> str:
    """The address with the driver SQLAlchemy needs ("postgresql://…" → "postgresql+asyncpg://…")."""
    scheme, _, rest = url.partition("://")
    return f"postgresql+asyncpg://{rest}" if scheme in {"postgresql", "postgres"} else url


def plain_address(url: str) -> str:
    """The address as asyncpg itself and psql take it."""
    _, _, rest = url.partition("://")
    return f"postgresql://{rest}"


_statement = lru_cache(maxsize=1024)(text)  # reading a statement costs as much as running it


@lru_cache(maxsize=4096)  # what is about one person comes close together
def lock_number(key: str) -> int:
    """A key's 64-bit advisory lock (Python's own hash differs from process to process)."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), signed=True)


# in the order of the numbers, so that no two transactions wait for each other; with a key go its person's others
_LOCK = """
WITH wanted AS MATERIALIZED (
    SELECT number FROM unnest(CAST(:numbers AS bigint[])) AS number
    UNION SELECT member_lock FROM alias_groups WHERE lock = ANY(CAST(:numbers AS bigint[]))
    ORDER BY number)
SELECT count(pg_advisory_xact_lock(number)) FROM wanted
"""


@lru_cache(maxsize=4096)
def _uuid_in(text: str) -> UUID | None:
    """The key of a person; what is about no person is named by words."""
    try:
        return quick_uuid(text)
    except ValueError:
        return None


@dataclass
class Tx:
    """An open transaction: who acts, when, because of what, and the events it will publish.

    Everything about one person in one service is serialised by one lock, the person's key (docs/adr/0002).
    """

    connection: AsyncConnection
    now: datetime  # domain time, aware UTC, the same for the whole transaction
    actor: str
    causation_id: UUID | None = None
    traceparent: str | None = None  # where it is not the current span's
    event_ids: list[UUID] = field(default_factory=list)
    groups: dict[UUID, Group] = field(default_factory=dict)  # of the keys that are locked
    is_dry_run: bool = False  # set: rolled back at the end as if nothing had been asked
    _locked: set[str] = field(default_factory=set)
    _rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # Any: values of columns
    _unwritten: list[dict[str, Any]] = field(default_factory=list)  # as above, of the outbox

    async def execute(self, statement: Executable | str, parameters: Parameters | None = None) -> CursorResult[Any]:
        """Run SQL; a string is taken as text with :named values."""
        executable = _statement(statement) if isinstance(statement, str) else statement
        return await self.connection.execute(executable, parameters)

    def add_row(self, table: str, values: dict[str, Any]) -> None:
        """Insert a row before the transaction ends; those of a table name the same columns in the same order."""
        self._rows.setdefault(table, []).append(values)

    async def lock(self, *keys: UUID | str) -> None:
        """Take the locks of these keys, and of all other keys of the same people, until the end, in sorted order.

        Those already held cost nothing. Where a merge was committed while this waited, the keys that came with it are
        locked last: should that meet another such wait, the database ends one of the two and it is tried again.
        """
        wanted = {str(key) for key in keys} - self._locked
        while wanted:
            await self.execute(_LOCK, {"numbers": sorted(self.lock_of(key) for key in wanted)})
            self._locked |= wanted
            people = [key for text in wanted if (key := _uuid_in(text))]
            if not people:
                return
            found = await self.look_up_groups(people)
            self.groups |= found
            wanted = {str(key) for group in found.values() if len(group) > 1 for key in group} - self._locked

    async def look_up_groups(self, keys: Iterable[UUID]) -> dict[UUID, Group]:
        """Which other keys belong to the people of these keys, as the database has it now (docs/adr/0013)."""
        wanted = list(keys)
        rows = await self.execute("SELECT key, member FROM alias_groups WHERE key = ANY(:keys)", {"keys": wanted})
        others: dict[UUID, set[UUID]] = {}
        for row in rows:
            others.setdefault(row.key, set()).add(row.member)
        return {key: frozenset((key, *others.get(key, ()))) for key in wanted}

    def own(self, *keys: UUID | str) -> None:
        """Count keys that were made in this transaction as locked: nobody else can know them before it ends."""
        self._locked |= {str(key) for key in keys}
        self.groups |= {key: frozenset({key}) for key in keys if isinstance(key, UUID)}

    @staticmethod
    def lock_of(key: UUID | str) -> int:
        """The number of a key's lock."""
        return lock_number(str(key))

    def follow(self, event: Received[Any]) -> None:
        """What is published from here on follows from this event: for handlers that are given many at once."""
        self.causation_id, self.traceparent = event.event_id, event.traceparent

    async def publish(
        self,
        event: PublishedEvent,
        *,
        key: UUID | str,
        subject: str,
        version: int,
        referral_id: UUID | None = None,
    ) -> UUID:
        """Put an event into the outbox of this transaction; returns its id. The key is locked before it is numbered."""
        name = str(key)
        if name not in self._locked:
            await self.lock(name)
        return self.add_to_outbox(outbox.OutboxEvent(event, name, subject, version, referral_id, self.now))

    def add_to_outbox(self, row: outbox.OutboxEvent) -> UUID:
        """As `publish`, for a caller that holds the key's lock and needs headers of its own."""
        values = outbox.values_of(row, self.actor, self.causation_id, self.traceparent)
        self._unwritten.append(values)
        event_id: UUID = values["id"]
        self.event_ids.append(event_id)
        return event_id

    def forget_unwritten(self) -> None:
        """Drop what was published or added since the last flush, after a savepoint was rolled back."""
        self._rows.clear()
        dropped = {values["id"] for values in self._unwritten}
        self._unwritten.clear()
        self.event_ids = [event_id for event_id in self.event_ids if event_id not in dropped]

    async def flush(self) -> None:
        """Write what was added and published so far; the database calls it before it commits."""
        waiting, self._rows = self._rows, {}
        if self._unwritten:  # their keys are locked, so the order of numbers is the order of commits for each key
            waiting["outbox"], self._unwritten = self._unwritten, []
        if not waiting:
            return
        raw = await self.connection.get_raw_connection()
        assert raw.driver_connection is not None  # noqa: S101 — the connection is open
        if not raw.driver_connection.is_in_transaction():  # it begins with the first statement that SQLAlchemy sends
            await self.execute("SELECT")
        await inserting.insert(raw.driver_connection, waiting)


def _refuse_a_dead_one(connection: Any, *_: Any) -> None:  # Any: of SQLAlchemy's pool, untyped
    """A connection whose server has gone is replaced before it is used.

    The driver knows when the server or the network has closed a connection. SQLAlchemy's own way (`pool_pre_ping`)
    asks the server, in a transaction of its own: four round trips before each transaction.
    """
    if connection.driver_connection.is_closed():
        raise DisconnectionError


class Database:
    """A service's own database. `published` is set after a commit that put events into the outbox."""

    def __init__(self, url: str, *, pool_size: int = 10, clock: Clock | None = None) -> None:
        self.address = plain_address(url)
        self.clock = clock or Clock()
        self.published = asyncio.Event()
        self.engine: AsyncEngine = create_async_engine(
            asyncpg_address(url),
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=10,
            hide_parameters=True,  # an error never prints a person's data
            connect_args={
                "timeout": 5,
                "command_timeout": 30,
                "server_settings": {
                    # whatever the server's or the role's setting: what was answered survives the server's end
                    "synchronous_commit": "on",
                    # Look-ups go by an index from the first row on. What PostgreSQL last knew of a table that has
                    # just been filled makes it read the whole of it, until the statistics are renewed.
                    "enable_seqscan": "off",
                },
            },
        )
        event.listen(self.engine.sync_engine, "checkout", _refuse_a_dead_one)

    @asynccontextmanager
    async def transaction(
        self, *, actor: str = "system", causation_id: UUID | None = None, place: str | None = None
    ) -> AsyncIterator[Tx]:
        """One transaction: committed at the end, rolled back on any error. `place` names its crash points."""
        async with self.engine.connect() as connection, connection.begin() as transaction:
            tx = Tx(connection, self.clock.now(), actor, causation_id)
            yield tx
            if tx.is_dry_run:
                await transaction.rollback()
                return
            await tx.flush()
            crash_points.reach(f"{place}.before_commit")
        crash_points.reach(f"{place}.after_commit")
        if tx.event_ids:
            self.published.set()

    async def dispose(self) -> None:
        await self.engine.dispose()
