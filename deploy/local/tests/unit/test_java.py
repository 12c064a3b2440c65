from pathlib import Path

import pytest

from homeward_local.errors import StackError
from homeward_local.java import find_java, known_javas


def java_that_says(folder: Path, version: str) -> Path:
    file = folder / f"java-{version}"
    file.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2024-01-16' >&2\n")
    file.chmod(0o755)
    return file


def test_the_first_java_that_is_new_enough_is_taken(tmp_path: Path) -> None:
    old, new = java_that_says(tmp_path, "1.8.0_392"), java_that_says(tmp_path, "21.0.2")

    assert find_java([tmp_path / "missing", old, new]) == new


def test_without_a_java_the_sentence_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"JAVA_HOME.*KAFKA_BOOTSTRAP_SERVERS"):
        find_java([java_that_says(tmp_path, "11.0.1")])


def test_java_home_is_looked_at_before_the_path() -> None:
    javas = list(known_javas({"JAVA_HOME": "/opt/java", "PATH": ""}))

    assert javas[-1] == Path("/opt/java/bin/java")
