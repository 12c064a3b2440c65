"""Removing everything a stack has stored."""

import shutil
from pathlib import Path

from .run_as import elsewhere_of

KEPT = "cache"


def remove_home(home: Path) -> None:
    """Delete data, logs, secrets and state; what was fetched (the cache) stays."""
    shutil.rmtree(elsewhere_of(home), ignore_errors=True)
    if not home.exists():
        return
    for entry in home.iterdir():
        if entry.name == KEPT:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    if not any(home.iterdir()):
        home.rmdir()
