"""The tail stays short: limits on files, functions, the kit, and names that say nothing."""

import ast
from pathlib import Path

import pytest

from .sources import ROOT, SOURCE_FOLDERS, files_of_tests, source_files

MESSAGING = (
    "envelope", "outbox", "inserting", "relay", "sending", "shards", "inbox", "handling", "consumer", "dead_letters",
    "in_hand", "message_spans", "presence",
)  # fmt: skip
RECOVERY = ("replay", "republish", "emptied_topics", "ops_dead_letters", "queues", "crash_points")
ACCESS = (
    "auth", "callers", "certificates", "clients", "keys", "rate_limits", "refusals", "request_limits", "tokens",
    "audit", "audit_chain", "audit_epochs", "ops_audit",
    "migrations/steps_audit_chain", "migrations/steps_audit_epochs",
)  # fmt: skip
REFUSED_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}


def _lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def _too_long(paths: list[Path], limit: int) -> dict[str, int]:
    return {str(path.relative_to(ROOT)): count for path in paths if (count := _lines(path)) > limit}


def test_no_source_file_has_more_than_400_lines() -> None:
    assert _too_long(source_files(), 400) == {}


def test_no_test_file_has_more_than_600_lines() -> None:
    assert _too_long(files_of_tests(), 600) == {}


def test_no_file_of_the_kit_has_more_than_300_lines() -> None:
    assert _too_long([path for path in source_files() if "homeward_kit" in path.parts], 300) == {}


def test_no_function_has_more_than_50_lines() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{node.name}": length
        for path in source_files()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > 50
    }
    assert found == {}


def test_the_kit_keeps_its_budget() -> None:
    """Budgets of docs/adr/0005."""
    kit = SOURCE_FOLDERS["homeward_kit"] / "homeward_kit"
    counted = {
        path.relative_to(kit).with_suffix("").as_posix(): _lines(path)
        for path in kit.rglob("*.py")
        if "testing" not in path.parts
    }
    messaging, recovery, access = (sum(counted.pop(name) for name in names) for names in (MESSAGING, RECOVERY, ACCESS))
    assert messaging <= 1800
    assert recovery <= 800
    assert access <= 1400
    assert sum(counted.values()) <= 3250


@pytest.mark.parametrize("path", source_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_in_its_first_sentence_what_it_is_and_has_a_name_that_says_something(path: Path) -> None:
    assert path.stem not in REFUSED_NAMES
    assert ast.get_docstring(ast.parse(path.read_text())), "the module has no docstring"
