"""Migrations of a service: its own numbered steps, which call the kit's steps for the kit's tables."""

import asyncio
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine

from homeward_kit.database import asyncpg_address

if TYPE_CHECKING:  # alembic takes a third of a service's start, and serving needs none of it
    from alembic.config import Config

_LOCK = 4_711_001  # one migration at a time in a database


def folder_of(package: str) -> Path:
    """Where a service's migrations are: beside its `src`."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise LookupError(f"package {package} is not installed")
    return Path(found.origin).parents[2] / "migrations"


def config_for(package: str, url: str) -> "Config":
    """Alembic's configuration for a service's package; `url` is the owner's address."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(folder_of(package)))
    config.attributes["url"] = url
    return config


def upgrade(package: str, url: str, revision: str = "head") -> None:
    """Bring the database to a revision (the newest unless given)."""
    from alembic import command

    command.upgrade(config_for(package, url), revision)


def downgrade(package: str, url: str, revision: str = "base") -> None:
    """Take the database back to a revision."""
    from alembic import command

    command.downgrade(config_for(package, url), revision)


def head(package: str) -> str | None:
    """The revision the code expects: the number of the last step (a test holds it against alembic's own answer)."""
    steps = sorted(path.name.partition("_")[0] for path in (folder_of(package) / "versions").glob("[0-9]*_*.py"))
    return steps[-1] if steps else None


def run_env() -> None:
    """The whole of a service's `migrations/env.py`: run the steps over one asynchronous connection."""
    from alembic import context

    asyncio.run(_run(context.config.attributes["url"]))


async def _run(url: str) -> None:
    engine = create_async_engine(asyncpg_address(url), hide_parameters=True)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_run_on)
            await connection.commit()
    finally:
        await engine.dispose()


def _run_on(connection: Connection) -> None:
    from alembic import context

    connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
    context.configure(connection=connection, target_metadata=MetaData(), transaction_per_migration=False)
    with context.begin_transaction():
        context.run_migrations()
