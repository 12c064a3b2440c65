import hashlib
from pathlib import Path

import pytest

from homeward_local.errors import StackError
from homeward_local.jars import Jar, JarSet, checked, fetch_all, read_jar_list
from homeward_local.kafka_jars import KAFKA
from homeward_local.testing_hapi import HAPI, VERSION

RIGHT = b"the right bytes"
JAR = Jar("org.example", "broker", "1.0", hashlib.sha256(RIGHT).hexdigest())


class Registry:
    """Answers with one content after the other, as a Maven client does that keeps what it has."""

    def __init__(self, folder: Path, *answers: bytes) -> None:
        self.file = folder / "broker.jar"
        self.answers = list(answers)

    def fetch(self, _jar: Jar) -> Path:
        if not self.file.exists():
            self.file.write_bytes(self.answers.pop(0))
        return self.file


def test_the_committed_list_names_one_kafka_and_has_a_checksum_for_each_jar() -> None:
    jars = read_jar_list(KAFKA.list_file.read_text())

    assert len(jars) == 46
    assert {jar.version for jar in jars if jar.group == "org.apache.kafka"} == {"4.3.1"}


def test_the_list_of_the_fhir_client_names_the_version_that_is_asked_for() -> None:
    jars = read_jar_list(HAPI.list_file.read_text())

    assert {jar.version for jar in jars if jar.artifact == "hapi-fhir-client"} == {VERSION}


@pytest.mark.parametrize("wanted", [KAFKA, HAPI], ids=lambda wanted: wanted.list_name)
def test_every_jar_of_a_list_is_named_once_and_has_a_checksum(wanted: JarSet) -> None:
    jars = read_jar_list(wanted.list_file.read_text())

    assert all(len(jar.sha256) == 64 for jar in jars)
    assert len({(jar.group, jar.artifact) for jar in jars}) == len(jars)


def test_a_jar_with_the_right_checksum_is_taken(tmp_path: Path) -> None:
    assert checked(KAFKA, JAR, Registry(tmp_path, RIGHT).fetch).read_bytes() == RIGHT


def test_a_half_fetched_jar_in_the_cache_is_fetched_again(tmp_path: Path) -> None:
    assert checked(KAFKA, JAR, Registry(tmp_path, RIGHT[:5], RIGHT).fetch).read_bytes() == RIGHT


def test_a_jar_that_stays_wrong_is_refused_by_name_and_not_kept(tmp_path: Path) -> None:
    registry = Registry(tmp_path, b"other", b"other")

    with pytest.raises(StackError, match=r"org\.example:broker:1\.0.*mirror or proxy"):
        fetch_all(KAFKA, [JAR], registry.fetch, lambda _: None)

    assert not registry.file.exists()
