"""Whether a service's database has all of its migrations: asked first, because running them costs seconds."""

import asyncio
import re

import asyncpg

from .config import REPOSITORY, Service
from .databases import ServiceDatabase

REVISION = re.compile(r'^revision(?:: str)? = "(\w+)"', re.MULTILINE)
DOWN_REVISION = re.compile(r'^down_revision(?:: [^=]+)? = "(\w+)"', re.MULTILINE)


def is_migrated(service: Service, database: ServiceDatabase) -> bool:
    """True when the database is at the newest step that the repository has."""
    return asyncio.run(_stored_revisions(database.owner_url)) == newest_revisions(service)


def newest_revisions(service: Service) -> set[str]:
    """The steps no other step follows: one, unless somebody forgot to put two in line."""
    texts = [
        file.read_text() for file in (REPOSITORY / "services" / service.name / "migrations" / "versions").glob("*.py")
    ]
    revisions = {found for text in texts for found in REVISION.findall(text)}
    return revisions - {found for text in texts for found in DOWN_REVISION.findall(text)}


async def _stored_revisions(url: str) -> set[str]:
    connection = await asyncpg.connect(url, timeout=15)
    try:
        return {row["version_num"] for row in await connection.fetch("SELECT version_num FROM alembic_version")}
    except asyncpg.UndefinedTableError:
        return set()
    finally:
        await connection.close()
