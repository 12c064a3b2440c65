import asyncio
import os
import signal
from pathlib import Path

import asyncpg
import psutil
import pytest

from homeward_local.config import SERVICES, Config
from homeward_local.databases import ServiceDatabase, ensure_databases, service_database
from homeward_local.errors import StackError
from homeward_local.ports import free_port
from homeward_local.postgres import prepare_postgres
from homeward_local.run_as import elsewhere_of
from homeward_local.testing import running_postgres, temporary_home
from homeward_local.waiting import has_ended


async def fetch(url: str, sql: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return list(await connection.fetch(sql))
    finally:
        await connection.close()


async def test_a_second_start_on_another_port_keeps_the_data() -> None:
    with temporary_home() as home:
        with running_postgres(home, free_port()) as url:
            await fetch(url, "CREATE TABLE kept AS SELECT 42 AS answer")
        with running_postgres(home, free_port()) as url:
            assert [row["answer"] for row in await fetch(url, "SELECT answer FROM kept")] == [42]


async def test_the_server_sorts_alike_everywhere_listens_locally_and_logs_no_values(postgres_server: str) -> None:
    settings = {
        row["name"]: row["setting"] for row in await fetch(postgres_server, "SELECT name, setting FROM pg_settings")
    }
    (locale,) = await fetch(
        postgres_server, "SELECT datlocprovider, datlocale FROM pg_database WHERE datname = current_database()"
    )

    assert (locale["datlocprovider"], locale["datlocale"]) == (b"b", "C.UTF-8")
    assert settings["listen_addresses"] == "127.0.0.1"
    assert settings["unix_socket_directories"] == ""
    assert settings["synchronous_commit"] == "on"
    assert settings["log_error_verbosity"] == "terse"
    assert settings["log_min_error_statement"] == "panic"


async def test_after_a_power_cut_the_stale_lock_is_cleared_even_when_its_number_belongs_to_another_process() -> None:
    with temporary_home() as home:
        with running_postgres(home, free_port()) as url:
            await fetch(url, "CREATE TABLE kept AS SELECT 42 AS answer")
            file = number_file(home)
            lines = file.read_text().splitlines()
        # A number that is in use by a process of the same user would make PostgreSQL refuse.
        file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
        with running_postgres(home, free_port()) as url:
            assert len(await fetch(url, "SELECT answer FROM kept")) == 1


async def test_a_server_left_without_its_supervisor_is_ended_before_the_next_start() -> None:
    with temporary_home() as home, running_postgres(home, free_port()):
        left_behind = psutil.Process(server_number(home))

        prepare_postgres(home, home / "secrets", free_port())

        assert has_ended(left_behind)


async def test_a_killed_server_starts_again_on_its_data() -> None:
    with temporary_home() as home:
        with running_postgres(home, free_port(), fsync="on") as url:
            await fetch(url, "CREATE TABLE kept AS SELECT 42 AS answer")
            os.kill(server_number(home), signal.SIGKILL)
        with running_postgres(home, free_port()) as url:
            assert len(await fetch(url, "SELECT answer FROM kept")) == 1


def databases_of(home: Path, admin_url: str) -> list[ServiceDatabase]:
    config = Config(home=home, cache=home, database_prefix="local_test_")
    return [service_database(config, service, admin_url) for service in SERVICES]


async def test_the_user_role_works_with_rows_but_changes_no_table(postgres_server: str, tmp_path: Path) -> None:
    databases = databases_of(tmp_path, postgres_server)
    await asyncio.to_thread(ensure_databases, postgres_server, databases)
    first = databases[0]
    await fetch(first.owner_url, "CREATE TABLE IF NOT EXISTS rows (id bigserial, text text)")

    await fetch(first.user_url, "INSERT INTO rows (text) VALUES ('a')")
    await fetch(first.user_url, "DELETE FROM rows")

    for refused in ("CREATE TABLE more (id int)", "DROP TABLE rows", "TRUNCATE rows"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await fetch(first.user_url, refused)


async def test_a_service_cannot_open_the_database_of_another(postgres_server: str, tmp_path: Path) -> None:
    databases = databases_of(tmp_path, postgres_server)
    await asyncio.to_thread(ensure_databases, postgres_server, databases)

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await fetch(f"{databases[0].user_url.rpartition('/')[0]}/{databases[1].name}", "SELECT 1")


async def test_making_the_databases_again_keeps_their_rows(postgres_server: str, tmp_path: Path) -> None:
    databases = databases_of(tmp_path, postgres_server)
    await asyncio.to_thread(ensure_databases, postgres_server, databases)
    await fetch(databases[1].owner_url, "CREATE TABLE kept AS SELECT 42 AS answer")

    await asyncio.to_thread(ensure_databases, postgres_server, databases)

    assert len(await fetch(databases[1].user_url, "SELECT answer FROM kept")) == 1
    await fetch(databases[1].owner_url, "DROP TABLE kept")


async def test_a_server_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    address = f"postgresql://admin:secret@127.0.0.1:{free_port()}/postgres"

    with pytest.raises(StackError, match="check DATABASE_URL") as refusal:
        await asyncio.to_thread(ensure_databases, address, databases_of(tmp_path, address))

    assert "secret" not in str(refusal.value)


async def test_an_address_that_may_not_create_databases_is_refused(postgres_server: str, tmp_path: Path) -> None:
    await fetch(postgres_server, "CREATE ROLE nobody_special LOGIN PASSWORD 'weak'")
    where = postgres_server.rpartition("@")[2]
    address = f"postgresql://nobody_special:weak@{where}"
    databases = databases_of(tmp_path / "new", address)

    with pytest.raises(StackError, match="administrator"):
        await asyncio.to_thread(ensure_databases, address, databases)
    await fetch(postgres_server, "DROP ROLE nobody_special")


def server_number(home: Path) -> int:
    """The process number of the server of a home, from the file it writes."""
    return int(number_file(home).read_text().split()[0])


def number_file(home: Path) -> Path:
    folders = (home, elsewhere_of(home))  # elsewhere when the tests run as root
    return next(file for folder in folders if (file := folder / "postgres" / "data" / "postmaster.pid").exists())
