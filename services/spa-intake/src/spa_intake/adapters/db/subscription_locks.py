"""Which process sends to a subscription's target: session advisory locks on one connection.

They go with the process that held them, so another takes over as soon as one is killed.
"""

import asyncio
import contextlib
from uuid import UUID

import asyncpg

from homeward_kit.database import lock_number

CLOSE_SECONDS = 5.0
# the server notices within nine seconds that a machine is gone, and frees the locks
_KEEPALIVE = {"tcp_keepalives_idle": "3", "tcp_keepalives_interval": "2", "tcp_keepalives_count": "3"}


class SubscriptionLocks:
    """One process's locks; when the connection is lost, all are."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._connection: asyncpg.Connection | None = None
        self._one_at_a_time = asyncio.Lock()

    @property
    def is_lost(self) -> bool:
        return self._connection is None or self._connection.is_closed()

    async def take(self, subscription_id: UUID) -> bool:
        """Whether this process has it now."""
        async with self._one_at_a_time:
            if self._connection is None or self._connection.is_closed():
                self._connection = await asyncpg.connect(
                    self._address,
                    timeout=5,
                    command_timeout=30,
                    server_settings={"application_name": "webhooks", **_KEEPALIVE},
                )
            taken: bool = await self._connection.fetchval("SELECT pg_try_advisory_lock($1)", _number(subscription_id))
            return taken

    async def give_up(self, subscription_id: UUID) -> None:
        async with self._one_at_a_time:
            if self._connection is not None and not self._connection.is_closed():
                await self._connection.fetchval("SELECT pg_advisory_unlock($1)", _number(subscription_id))

    async def close(self) -> None:
        """Give up all; bounded, because the database may be gone."""
        if self._connection is not None:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(self._connection.close(), CLOSE_SECONDS)


def _number(subscription_id: UUID) -> int:
    return lock_number(f"subscription/{subscription_id}")
