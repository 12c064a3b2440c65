"""Apache Kafka's jars."""

from collections.abc import Callable
from pathlib import Path

from . import jars, testing_hapi

ENDPOINT = "org.apache.kafka:kafka_2.13:4.3.1+org.slf4j:slf4j-simple:1.7.36"
KAFKA = jars.JarSet(
    name="Apache Kafka",
    list_name="kafka-jars.txt",
    endpoint=ENDPOINT,
    megabytes=42,
    instead=", or set KAFKA_BOOTSTRAP_SERVERS to a Kafka you have",
)


def ensure_kafka(cache: Path, progress: Callable[[str], None]) -> list[Path]:
    """The class path of Kafka; the first call on a machine fetches the jars into the cache."""
    return jars.ensure(KAFKA, cache, progress)


if __name__ == "__main__":
    for wanted in (KAFKA, testing_hapi.HAPI):
        jars.write_list(wanted)
