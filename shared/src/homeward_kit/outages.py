"""Failures that pass by themselves: whoever meets one waits and tries the same again."""

import asyncio
import contextlib
from collections.abc import Awaitable

import asyncpg
import httpx
from aiokafka.errors import KafkaError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

# What a transaction can fail with; the driver's own come out of new rows, which are written past SQLAlchemy.
DATABASE_FAILURES = (
    SQLAlchemyError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)
# PostgreSQL: serialisation failure, deadlock, lock or statement time-out, shutdown: they pass
_PASSING_STATES = ("40001", "40P01", "55P03", "57014", "57P01", "57P02", "57P03", "53")


def is_outage(error: BaseException) -> bool:
    """True for what passes by itself: connections, time-outs, a database that restarts."""
    if isinstance(error, asyncpg.PostgresError):  # out of new rows
        return (error.sqlstate or "").startswith(("08", *_PASSING_STATES))
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None) or ""
        return (
            error.connection_invalidated
            or isinstance(error, (OperationalError, InterfaceError))
            or state.startswith(("08", *_PASSING_STATES))
        )
    outages = (
        OSError,
        TimeoutError,
        PoolTimeoutError,
        asyncpg.InterfaceError,
        asyncpg.InternalClientError,
        httpx.TransportError,
        KafkaError,
    )
    return isinstance(error, outages)


def is_conflict(error: BaseException) -> bool:
    """True for a deadlock or a failure to serialise: smaller transactions may get by each other."""
    found = error if isinstance(error, asyncpg.PostgresError) else getattr(error, "orig", None)
    return (getattr(found, "sqlstate", None) or "").startswith("40")


async def close_within(seconds: float, closing: Awaitable[object]) -> None:
    """Wait for a close, but not for ever and whatever comes of it: where it fails, nothing is left to close."""
    with contextlib.suppress(Exception):
        await asyncio.wait_for(closing, seconds)
