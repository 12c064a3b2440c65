"""The four databases with their roles: an owner for migrations and a user for everyday work."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from .config import Config, Service
from .errors import StackError
from .secret_files import ensure_password


@dataclass(frozen=True)
class ServiceDatabase:
    """One service's database and the passwords of its two roles."""

    name: str
    host: str
    user_password: str
    owner_password: str

    @property
    def owner(self) -> str:
        return f"{self.name}_owner"

    @property
    def user_url(self) -> str:
        return f"postgresql://{self.name}:{self.user_password}@{self.host}/{self.name}"

    @property
    def owner_url(self) -> str:
        return f"postgresql://{self.owner}:{self.owner_password}@{self.host}/{self.name}"


def service_database(config: Config, service: Service, admin_url: str) -> ServiceDatabase:
    """The names and passwords; the passwords are made at the first call and kept under the home."""
    name = f"{config.database_prefix}{service.package}"
    passwords = (ensure_password(_secret(config.secrets, role)) for role in (name, f"{name}_owner"))
    return ServiceDatabase(name, urlsplit(admin_url).netloc.rpartition("@")[2], *passwords)


def ensure_databases(admin_url: str, databases: list[ServiceDatabase]) -> None:
    """Make what is missing on the server; existing databases keep their data."""
    asyncio.run(_ensure_all(admin_url, databases))


def _secret(folder: Path, role: str) -> Path:
    return folder / f"database-{role}"


async def _ensure_all(admin_url: str, databases: list[ServiceDatabase]) -> None:
    try:
        admin = await asyncpg.connect(admin_url, timeout=15)
    except (OSError, asyncpg.PostgresError, ValueError, TimeoutError) as error:
        where = urlsplit(admin_url).netloc.rpartition("@")[2]
        raise StackError(
            f"The PostgreSQL server at {where} cannot be used ({type(error).__name__}): check DATABASE_URL, "
            "which must be an administrator's address (postgresql://user:password@host:port/database)."
        ) from error
    try:
        for database in databases:
            await _ensure_role(admin, database.owner, database.owner_password)
            await _ensure_role(admin, database.name, database.user_password)
            await _ensure_database(admin, database)
    except asyncpg.InsufficientPrivilegeError as error:
        raise StackError(
            "The role in DATABASE_URL may not create databases and roles: use an administrator's address."
        ) from error
    finally:
        await admin.close()
    for database in databases:
        await _grant(database)


async def _ensure_role(admin: asyncpg.Connection, role: str, password: str) -> None:
    exists = await admin.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role)
    verb = "ALTER" if exists else "CREATE"
    await admin.execute(f"{verb} ROLE {role} LOGIN PASSWORD '{password}'")


async def _ensure_database(admin: asyncpg.Connection, database: ServiceDatabase) -> None:
    if await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", database.name):
        return
    has_builtin_locale = admin.get_server_version().major >= 17
    locale = "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'" if has_builtin_locale else "LOCALE 'C'"
    if not await admin.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        await admin.execute(f"GRANT {database.owner} TO CURRENT_USER")
    await admin.execute(
        f"CREATE DATABASE {database.name} OWNER {database.owner} TEMPLATE template0 ENCODING 'UTF8' {locale}"
    )
    await admin.execute(f"REVOKE ALL ON DATABASE {database.name} FROM PUBLIC")
    await admin.execute(f"GRANT CONNECT ON DATABASE {database.name} TO {database.name}")


async def _grant(database: ServiceDatabase) -> None:
    """The user may read and write rows of what the owner makes, and change no table."""
    owner = await asyncpg.connect(database.owner_url, timeout=15)
    try:
        await owner.execute(
            f"GRANT USAGE ON SCHEMA public TO {database.name};"
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public "
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {database.name};"
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {database.name}"
        )
    finally:
        await owner.close()
