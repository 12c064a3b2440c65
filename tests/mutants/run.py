"""Take each protection away in a copy of the kit, run the test that guards it, and demand that it fails."""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from .mutations import MUTATIONS, Mutation

ROOT = Path(__file__).parents[2]
KIT = ROOT / "shared" / "src" / "homeward_kit"
REPORT = ROOT / "build" / "mutants.json"
SECONDS = 600


@dataclass(frozen=True)
class Result:
    """What became of a mutant; `is_red` is what is wanted."""

    name: str
    is_red: bool
    seconds: float
    said: str


def mutate(mutation: Mutation, folder: Path) -> None:
    """A copy of the kit without one protection; raises LookupError when the text is no longer there, once."""
    shutil.copytree(KIT, folder / KIT.name, ignore=shutil.ignore_patterns("__pycache__"))
    for edit in mutation.edits:
        path = folder / KIT.name / edit.file
        source = path.read_text()
        if source.count(edit.old) != 1:
            raise LookupError(f"{mutation.name}: {edit.file} has {source.count(edit.old)} times: {edit.old.strip()}")
        path.write_text(source.replace(edit.old, edit.new))


def run(mutation: Mutation) -> Result:
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="homeward-mutant-") as name:
        folder = Path(name)
        mutate(mutation, folder)
        said = _run_test(mutation.test, folder)
    # an error outside the test, or a test that does not run, shows nothing
    is_red = bool(re.search(r"^FAILED ", said, re.MULTILINE)) and not re.search(r"^ERROR ", said, re.MULTILINE)
    lines = [line for line in said.splitlines() if line.startswith(("FAILED ", "ERROR "))] or said.splitlines()[-1:]
    return Result(mutation.name, is_red, round(time.monotonic() - begun, 1), lines[0] if lines else "nothing")


def _run_test(test: str, folder: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    which = "import homeward_kit; print(homeward_kit.__file__)"
    used = subprocess.run([sys.executable, "-c", which], env=environment, capture_output=True, text=True, check=True)
    if not used.stdout.startswith(str(folder)):
        raise RuntimeError(f"the tests would use the kit in {used.stdout}")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--tb=no", test]
    done = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    return done.stdout + done.stderr


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="only these mutants")
    names = parser.parse_args().names
    chosen = [mutation for mutation in MUTATIONS if not names or mutation.name in names]
    results = []
    for mutation in chosen:
        result = run(mutation)
        results.append(result)
        print(
            f"{'red  ' if result.is_red else 'GREEN'} {result.seconds:6.1f} s  {result.name}: {result.said}", flush=True
        )
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps([asdict(result) for result in results], indent=2) + "\n")
    green = [result.name for result in results if not result.is_red]
    print(f"{len(results) - len(green)} of {len(results)} mutants are red; {REPORT.relative_to(ROOT)}")
    if green:
        print(f"not red: {', '.join(green)}")
    return 1 if green else 0


if __name__ == "__main__":
    raise SystemExit(main())
