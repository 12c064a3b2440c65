"""Every mutant still fits the source, names a test that is there, and stands in docs/reliability.md."""

import re
from pathlib import Path

import pytest

from .mutations import MUTATIONS, Mutation
from .run import KIT, ROOT, mutate

DOCUMENT = ROOT / "docs" / "reliability.md"
TESTS = (ROOT / "shared" / "tests", ROOT / "tests")


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mutant_fits_the_source_and_its_test_is_there(mutation: Mutation, tmp_path: Path) -> None:
    mutate(mutation, tmp_path)
    assert all(
        (tmp_path / KIT.name / edit.file).read_text() != (KIT / edit.file).read_text() for edit in mutation.edits
    )
    file, _, name = mutation.test.partition("::")
    assert f"def {name}(" in (ROOT / file).read_text()


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mutant_stands_in_the_document_beside_its_protection_and_its_test(mutation: Mutation) -> None:
    rows = [line for line in DOCUMENT.read_text().splitlines() if f"| `{mutation.name}` |" in line]
    assert len(rows) == 1
    assert mutation.protection in rows[0]
    assert mutation.test.partition("::")[2] in rows[0]


def test_the_document_names_no_mutant_that_is_gone() -> None:
    named = set(re.findall(r"^\|.*\| `([a-z0-9-]+)` \|$", DOCUMENT.read_text(), re.MULTILINE))
    assert named == {mutation.name for mutation in MUTATIONS}


@pytest.mark.parametrize("number", range(1, 21))
def test_every_pitfall_has_a_test_that_the_document_names(number: int) -> None:
    name = f"test_pitfall_{number:02}_"
    assert name in DOCUMENT.read_text()
    assert any(name in path.read_text() for folder in TESTS for path in folder.rglob("test_*.py"))
