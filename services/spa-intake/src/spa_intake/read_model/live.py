"""Tells open pages which journeys changed: PostgreSQL's NOTIFY wakes, a poll is the safety net."""

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from homeward_kit.database import Database
from homeward_kit.logging import get_logger

from .generations import CHANNEL

POLL_SECONDS = 2.0
OVERLAP = timedelta(seconds=5)  # a transaction may commit after a younger one was read
RECONNECT_SECONDS = 2.0

Changes = asyncio.Queue[frozenset[UUID] | None]

_ACTIVE = "SELECT number FROM read_model_generations WHERE state = 'active'"
_EVERY = "SELECT referral_id, change_number, changed_at FROM journeys"
_RECENT = f"{_EVERY} WHERE changed_at >= :since"

_log = get_logger(__name__)


class Live:
    """One per process; `run` is its background task. A stream that is behind loses nothing but repeats."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._wake = asyncio.Event()
        self._streams: set[Changes] = set()
        self._read_at: datetime | None = None
        self._seen: dict[UUID, int] = {}
        self._generation: int | None = None
        self._checked = asyncio.Condition()

    async def run(self) -> None:
        """Until cancelled; then every stream ends, so that the server can stop."""
        listener = asyncio.create_task(self._listen(), name="journeys-listener")
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)
                self._wake.clear()
                await self._read_changes()
        finally:
            listener.cancel()
            for stream in self._streams:
                stream.put_nowait(None)

    @contextlib.contextmanager
    def stream(self) -> Iterator[Changes]:
        """Sets of journeys that change from now on; None when the process stops."""
        changes: Changes = asyncio.Queue()
        self._streams.add(changes)
        try:
            yield changes
        finally:
            self._streams.discard(changes)

    async def has_applied(self, event_ids: Sequence[UUID], within: timedelta) -> bool:
        """Wait until the read model has these events, at most so long."""
        if not event_ids:
            return True
        try:
            async with asyncio.timeout(within.total_seconds()), self._checked:
                while not await self._are_applied(event_ids):
                    await self._checked.wait()
        except TimeoutError:
            return False
        return True

    async def _are_applied(self, event_ids: Sequence[UUID]) -> bool:
        async with self._database.transaction() as tx:
            result = await tx.execute(
                "SELECT count(*) FROM inbox WHERE event_id = ANY(:ids) AND consumer_group ="
                " (SELECT consumer_group FROM read_model_generations WHERE state = 'active')",
                {"ids": list(event_ids)},
            )
            return bool(result.scalar_one() == len(set(event_ids)))

    async def _listen(self) -> None:
        while True:
            with contextlib.suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._listen_until_lost()
            self._wake.set()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen_until_lost(self) -> None:
        connection = await asyncpg.connect(self._database.address, timeout=5)
        lost = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(CHANNEL, lambda *_: self._wake.set())
            await lost.wait()
        finally:
            await connection.close(timeout=2)

    async def _read_changes(self) -> None:
        try:
            changed = await self._changed()
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            _log.warning("journeys_unread", error=type(error).__name__)
            return
        async with self._checked:
            self._checked.notify_all()
        for stream in self._streams if changed else ():
            stream.put_nowait(changed)

    async def _changed(self) -> frozenset[UUID]:
        """Which journeys changed since the last look: all of them after the read model was rebuilt."""
        since = (self._read_at or datetime.now(UTC)) - OVERLAP
        async with self._database.transaction() as tx:
            generation = (await tx.execute(_ACTIVE)).scalar_one()
            is_rebuilt = self._generation not in {None, generation}
            rows = list(await tx.execute(_EVERY if is_rebuilt else _RECENT, {} if is_rebuilt else {"since": since}))
        is_first = self._read_at is None
        changed = frozenset(row.referral_id for row in rows if self._seen.get(row.referral_id) != row.change_number)
        self._seen = {row.referral_id: row.change_number for row in rows}
        self._read_at = max((row.changed_at for row in rows), default=since + OVERLAP)
        self._generation = generation
        if is_rebuilt:
            return frozenset(row.referral_id for row in rows)
        return frozenset() if is_first else changed
