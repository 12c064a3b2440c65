"""PostgreSQL refuses to run as root: as root it runs as a system user, in places that user can reach."""

import hashlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import StackError

SYSTEM_USER = "homeward"
ELSEWHERE = Path("/var/lib/homeward")


@dataclass(frozen=True)
class RunAs:
    """The system user, and the folder its data live in."""

    uid: int
    gid: int
    folder: Path

    def identity(self) -> dict[str, Any]:  # keyword arguments of subprocess, of several types
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_reach(self, path: Path) -> bool:
        command = ["/bin/sh", "-c", 'test -r "$0" && test -x "$0"', str(path)]
        return subprocess.run(command, check=False, cwd="/", **self.identity()).returncode == 0

    def readable(self, package: Path, version: str) -> Path:
        """The folder of a Python package, or a copy of it (and its libraries) where the user can read it."""
        if self.can_reach(package):
            return package
        libraries = package.with_name(f"{package.name}.libs")
        copy = ELSEWHERE / f"{package.name}-{version}-{_short_hash(package)}"
        if not copy.exists():
            unfinished = _public_folder(ELSEWHERE / f"{copy.name}.{os.getpid()}.new")
            shutil.copytree(package, unfinished / package.name, symlinks=True)
            if libraries.exists():
                shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
            unfinished.rename(copy)
        return copy / package.name


def unprivileged(home: Path) -> RunAs | None:
    """The system user to run as when this process is root, else nothing."""
    if os.geteuid() != 0:
        return None
    try:
        entry = _ensure_user()
    except (OSError, subprocess.SubprocessError) as error:
        raise StackError(
            "PostgreSQL does not run as root and no system user could be made here: run this as an ordinary user."
        ) from error
    home.mkdir(parents=True, exist_ok=True)
    here = RunAs(entry.pw_uid, entry.pw_gid, home)
    if here.can_reach(home):
        return here
    return RunAs(entry.pw_uid, entry.pw_gid, _public_folder(elsewhere_of(home)))


def _ensure_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        command = [
            "useradd",
            "--system",
            "--user-group",
            "--no-create-home",
            "--shell",
            "/usr/sbin/nologin",
            SYSTEM_USER,
        ]
        subprocess.run(command, check=True, capture_output=True)
        return pwd.getpwnam(SYSTEM_USER)


def elsewhere_of(home: Path) -> Path:
    """Where the data of a home are kept that the system user cannot reach."""
    return ELSEWHERE / f"data-{_short_hash(home)}"


def _public_folder(path: Path) -> Path:
    """A folder everyone may pass through, whatever the file creation mask says."""
    for folder in (ELSEWHERE, path):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
    return path


def _short_hash(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:12]
