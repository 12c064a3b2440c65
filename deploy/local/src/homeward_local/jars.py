"""Java libraries: fetched by a Maven client, checked against a committed list of checksums."""

import hashlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .config import REPOSITORY, config_from_environment
from .errors import StackError
from .file_lock import waiting_lock

FETCHES_AT_ONCE = 8

Fetch = Callable[["Jar"], Path]


@dataclass(frozen=True)
class Jar:
    """One line of a list."""

    group: str
    artifact: str
    version: str
    sha256: str


@dataclass(frozen=True)
class JarSet:
    """What belongs together: where its list is, what Maven resolves it from, and what else a person may do."""

    name: str  # as a person reads it
    list_name: str  # in requirements/
    endpoint: str
    megabytes: int
    instead: str = ""  # what to do where Maven Central cannot be reached

    @property
    def list_file(self) -> Path:
        return REPOSITORY / "requirements" / self.list_name


def read_jar_list(text: str) -> list[Jar]:
    """The jars a list names; lines that begin with # are remarks."""
    jars = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            coordinate, checksum = line.split()
            group, artifact, version = coordinate.split(":")
            jars.append(Jar(group, artifact, version, checksum))
    return jars


def ensure(wanted: JarSet, cache: Path, progress: Callable[[str], None]) -> list[Path]:
    """The class path; the first call on a machine fetches the jars into the cache."""
    text = wanted.list_file.read_text()
    folder = cache / wanted.list_name.removesuffix("-jars.txt")
    record = folder / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.classpath"
    with waiting_lock(folder / "lock"):
        known = [Path(line) for line in record.read_text().splitlines()] if record.exists() else []
        if known and all(path.exists() for path in known):
            return known
        paths = fetch_all(wanted, read_jar_list(text), maven_fetch(wanted, cache / "maven"), progress)
        record.write_text("\n".join(str(path) for path in paths))
        return paths


def fetch_all(wanted: JarSet, jars: list[Jar], fetch: Fetch, progress: Callable[[str], None]) -> list[Path]:
    """Fetch every jar, eight at a time, and check each."""
    progress(f"Fetching {wanted.name}: {len(jars)} jars, {wanted.megabytes} MB")
    paths = []
    with ThreadPoolExecutor(FETCHES_AT_ONCE) as pool:
        for done, path in enumerate(pool.map(lambda jar: checked(wanted, jar, fetch), jars), start=1):
            paths.append(path)
            if done % 10 == 0:
                progress(f"Fetching {wanted.name}: {done} of {len(jars)} jars")
    return paths


def checked(wanted: JarSet, jar: Jar, fetch: Fetch) -> Path:
    """The jar's file once its checksum is right; a wrong one (an interrupted download) is fetched once more."""
    for _ in range(2):
        path = fetch(jar)
        if hashlib.sha256(path.read_bytes()).hexdigest() == jar.sha256:
            return path
        path.unlink()
    raise StackError(
        f"The checksum of {jar.group}:{jar.artifact}:{jar.version} is not the one in "
        f"requirements/{wanted.list_name}: the registry sends another file, so nothing was started; "
        "check which Maven mirror or proxy this machine uses."
    )


def maven_fetch(wanted: JarSet, repository: Path) -> Fetch:
    """A function that brings one jar into the local Maven repository given."""
    from jgo.maven import MavenContext
    from requests import RequestException

    context = MavenContext(repo_cache=repository, timeout=30)

    def fetch(jar: Jar) -> Path:
        component = context.project(jar.group, jar.artifact).at_version(jar.version)
        try:
            return Path(component.artifact().resolve())
        except (RequestException, RuntimeError, OSError) as error:
            logging.getLogger(__name__).debug("fetching %s failed", jar.artifact, exc_info=error)
            raise StackError(
                f"The jars of {wanted.name} could not be fetched from Maven Central "
                f"({type(error).__name__} at {jar.artifact}): check the network or the proxy and run the "
                f"command again (what has arrived is kept){wanted.instead}."
            ) from error

    return fetch


def write_list(wanted: JarSet) -> None:
    """Write the list anew, as Maven resolves it now: for when the pinned version is changed."""
    import jgo

    fetch = maven_fetch(wanted, config_from_environment().cache / "maven")
    lines = set()  # a jar that Maven names a second time with a classifier is the same file here
    for found in jgo.resolve(wanted.endpoint):
        path = fetch(Jar(found.groupId, found.artifactId, found.version, ""))
        checksum = hashlib.sha256(path.read_bytes()).hexdigest()
        lines.add(f"{found.groupId}:{found.artifactId}:{found.version} {checksum}\n")
    remark = f"# Generated by `make lock` from {wanted.endpoint}: group:artifact:version sha256\n"
    wanted.list_file.write_text(remark + "".join(sorted(lines)))
