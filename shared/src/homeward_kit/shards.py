"""Which shards a relay owns: session advisory locks on one connection, shared out evenly among a database's relays."""

import asyncio
import contextlib

import asyncpg

from homeward_kit.outbox import SHARDS

LOCK_CLASS = 4711  # first half of the two-part advisory locks of shards
SHARE_SECONDS = 1.0  # how often the relays are counted
CLOSE_SECONDS = 5.0
# the server notices within nine seconds that a relay's machine is gone (its default: two hours), and frees the locks
KEEPALIVE = {"tcp_keepalives_idle": "3", "tcp_keepalives_interval": "2", "tcp_keepalives_count": "3"}

# The oldest events are read by their numbers. PostgreSQL expects few events to be waiting for topics that are not held
# back, and would rather read and sort the whole outbox for each batch: two seconds with a million events in it.
_BY_NUMBER = {"enable_sort": "off"}

_RELAYS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'relay'"
# LIMIT stops the scan, so no more locks are taken than are wanted
_TAKE = "SELECT shard FROM unnest($2::int[]) AS shard WHERE pg_try_advisory_lock($1, shard) LIMIT $3"
_GIVE_UP = "SELECT pg_advisory_unlock($1, shard) FROM unnest($2::int[]) AS shard"


class ShardLocks:
    """All of a relay's locks live on one connection: a relay that lost it owns nothing, and cannot move a row."""

    def __init__(self, address: str) -> None:
        self.owned: set[int] = set()
        self._address = address
        self._connection: asyncpg.Connection | None = None
        self._share = 0
        self._counted_at = 0.0

    async def hold(self) -> asyncpg.Connection:
        """Between two rounds: connect if need be, take free shards up to a fair share, give up what is above it."""
        try:
            connection = self._connection
            if connection is None or connection.is_closed():
                connection = await self._connect()
            await self._balance(connection)
        except BaseException:  # which locks it holds is no longer certain: with the connection, all of them go
            self.abandon()
            raise
        return connection

    def abandon(self) -> None:
        """Own nothing from now on."""
        self.owned.clear()
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def _balance(self, connection: asyncpg.Connection) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._counted_at >= SHARE_SECONDS:
            relays = max(1, await connection.fetchval(_RELAYS))
            self._share, self._counted_at = -(-SHARDS // relays), now
        if surplus := sorted(self.owned)[self._share :]:
            self.owned -= set(surplus)
            await connection.execute(_GIVE_UP, LOCK_CLASS, surplus)
        if wanted := self._share - len(self.owned):
            free = sorted(set(range(SHARDS)) - self.owned)
            self.owned |= {row["shard"] for row in await connection.fetch(_TAKE, LOCK_CLASS, free, wanted)}

    async def _connect(self) -> asyncpg.Connection:
        self.owned.clear()
        self._counted_at = 0.0
        self._connection = await asyncpg.connect(
            self._address,
            timeout=5,
            command_timeout=30,
            server_settings={"application_name": "relay", **KEEPALIVE, **_BY_NUMBER},
        )
        return self._connection

    async def close(self) -> None:
        """Give up all; bounded, because the database may be gone."""
        if self._connection is not None:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(self._connection.close(), CLOSE_SECONDS)
