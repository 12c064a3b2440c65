"""Apache Kafka's jars: fetched by a Maven client, checked against the committed list of checksums."""

import hashlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .config import REPOSITORY
from .errors import StackError
from .file_lock import waiting_lock

JAR_LIST = REPOSITORY / "requirements" / "kafka-jars.txt"
ENDPOINT = "org.apache.kafka:kafka_2.13:4.3.1+org.slf4j:slf4j-simple:1.7.36"
FETCHES_AT_ONCE = 8

Fetch = Callable[["Jar"], Path]


@dataclass(frozen=True)
class Jar:
    """One line of the list."""

    group: str
    artifact: str
    version: str
    sha256: str


def read_jar_list(text: str) -> list[Jar]:
    """The jars a list names; lines that begin with # are remarks."""
    jars = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            coordinate, checksum = line.split()
            group, artifact, version = coordinate.split(":")
            jars.append(Jar(group, artifact, version, checksum))
    return jars


def ensure_kafka(cache: Path, progress: Callable[[str], None]) -> list[Path]:
    """The class path of Kafka; the first call on a machine fetches the jars into the cache."""
    text = JAR_LIST.read_text()
    record = cache / "kafka" / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.classpath"
    with waiting_lock(cache / "kafka" / "lock"):
        known = [Path(line) for line in record.read_text().splitlines()] if record.exists() else []
        if known and all(path.exists() for path in known):
            return known
        paths = fetch_all(read_jar_list(text), maven_fetch(cache / "maven"), progress)
        record.write_text("\n".join(str(path) for path in paths))
        return paths


def fetch_all(jars: list[Jar], fetch: Fetch, progress: Callable[[str], None]) -> list[Path]:
    """Fetch every jar, eight at a time, and check each."""
    progress(f"Fetching Apache Kafka: {len(jars)} jars, 42 MB")
    paths = []
    with ThreadPoolExecutor(FETCHES_AT_ONCE) as pool:
        for done, path in enumerate(pool.map(lambda jar: checked(jar, fetch), jars), start=1):
            paths.append(path)
            if done % 10 == 0:
                progress(f"Fetching Apache Kafka: {done} of {len(jars)} jars")
    return paths


def checked(jar: Jar, fetch: Fetch) -> Path:
    """The jar's file once its checksum is right; a wrong one (an interrupted download) is fetched once more."""
    for _ in range(2):
        path = fetch(jar)
        if hashlib.sha256(path.read_bytes()).hexdigest() == jar.sha256:
            return path
        path.unlink()
    raise StackError(
        f"The checksum of {jar.group}:{jar.artifact}:{jar.version} is not the one in "
        f"requirements/{JAR_LIST.name}: the registry sends another file, so nothing was started; "
        "check which Maven mirror or proxy this machine uses."
    )


def maven_fetch(repository: Path) -> Fetch:
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
                "Apache Kafka's jars could not be fetched from Maven Central "
                f"({type(error).__name__} at {jar.artifact}): check the network or the proxy and run the "
                "command again (what has arrived is kept), or set KAFKA_BOOTSTRAP_SERVERS to a Kafka you have."
            ) from error

    return fetch


def resolved_list(cache: Path) -> str:
    """A new list, as Maven resolves it now: used when the pinned version is changed."""
    import jgo

    fetch = maven_fetch(cache / "maven")
    lines = []
    for found in jgo.resolve(ENDPOINT):
        path = fetch(Jar(found.groupId, found.artifactId, found.version, ""))
        checksum = hashlib.sha256(path.read_bytes()).hexdigest()
        lines.append(f"{found.groupId}:{found.artifactId}:{found.version} {checksum}\n")
    return "".join(sorted(lines))
