"""What the pages name exists: the files they link to, paths, make's targets, tests, and the command's parts."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from homeward_local.cli import app

from .sources import ROOT, files_of_tests

PAGES = sorted(
    path for pattern in ("*.md", "docs/**/*.md", "*/*/README.md", "*/*/examples/*.md") for path in ROOT.glob(pattern)
)
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
TESTS = {name for path in files_of_tests() for name in [path.stem, *re.findall(r"def (test_\w+)", path.read_text())]}
# where the paths of a page may begin: a service's page speaks of its own folders
STARTS = [ROOT, ROOT / "shared/src", ROOT / "deploy/local/src", *ROOT.glob("services/*"), *ROOT.glob("services/*/src")]
MADE = ("build/", ".venv/", ".homeward/")  # by running, not in the repository
pages = pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())


def dead_links(page: Path, text: str) -> list[str]:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    return [link for link in links if "://" not in link and not (page.parent / link).exists()]


def dead_paths(page: Path, text: str) -> list[str]:
    named = set(re.findall(r"`((?:docs|tests|deploy|shared|services|requirements|migrations)/[^`\s]+)`", text))
    named |= set(re.findall(r"(?<![\w/`.(])((?:docs|tests|deploy|shared|services)/[\w./-]*\w)", text))
    return [path for path in sorted(named) if not path.startswith(MADE) and not _exists(page, path)]


def _exists(page: Path, path: str) -> bool:
    begun = path.partition("::")[0].rstrip("/")
    begun = re.sub(r"<\w+>|[A-Z]{2,}", "*", begun)  # <service>, TYPE: any
    return any(next(start.glob(f"{begun}{end}"), None) for start in [page.parent, *STARTS] for end in ("", "-*"))


def dead_targets(text: str) -> list[str]:
    code = re.findall(r"`([^`\n]+)`", text) + re.findall(r"^\s*(.*\bmake .*)$", "".join(_blocks(text)), re.MULTILINE)
    named = [target for line in code for target in re.findall(r"(?:^|\s)make ([a-z-]+)", line.partition("#")[0])]
    return [target for target in named if target not in TARGETS]


def _blocks(text: str) -> list[str]:
    return re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)


def dead_tests(text: str) -> list[str]:
    """A name that ends in an underscore is the beginning of several."""
    named = re.findall(r"(?<!/)\b(test_[a-z0-9_]+)\b", text)
    begun = [name for name in named if name.endswith("_") and not any(test.startswith(name) for test in TESTS)]
    return begun + [name for name in named if not name.endswith("_") and name not in TESTS | {"test_data"}]  # a reason


def dead_commands(text: str) -> list[str]:
    inline = re.findall(r"`(?:\.venv/bin/)?homeward ([^`]+)`", text)
    lines = inline + re.findall(r"^\.venv/bin/homeward ([^#\n]+)", "".join(_blocks(text)), re.MULTILINE)
    return [line for line in lines if not _is_known(line.split())]


def _is_known(words: list[str]) -> bool:
    command: Any = typer.main.get_command(app)  # Any: the command line's library has its own types
    while words and hasattr(command, "commands"):
        parts = words.pop(0).split("|")  # `adt list|show` names two
        if not set(parts) <= set(command.commands):
            return False
        command = command.commands[parts[0]]
    known = {name for parameter in command.params for name in parameter.opts} | {"--help"}
    return {word for word in words if word.startswith("--")} <= known


@pages
def test_everything_a_page_names_exists(page: Path) -> None:
    text = page.read_text()
    assert dead_links(page, text) + dead_paths(page, text) == []
    assert dead_targets(text) + dead_tests(text) == []
    if "docs/adr" not in page.as_posix():  # a record also names what was not built
        assert dead_commands(text) == []


def test_what_does_not_exist_is_found() -> None:
    page = ROOT / "README.md"
    text = (
        "[a](docs/none.md) `tests/none/` and `make none`, see docs/adr/9999 and `test_none`.\n```sh\nmake nothing\n```"
    )
    assert dead_links(page, text) == ["docs/none.md"]
    assert dead_paths(page, text) == ["docs/adr/9999", "tests/none/"]
    assert dead_targets(text) == ["none", "nothing"]
    assert dead_tests(text) == ["test_none"]
    assert dead_commands("`homeward dlq list --all`, `homeward dlq none`, `homeward dlq show ID --none`") == [
        "dlq none",
        "dlq show ID --none",
    ]
