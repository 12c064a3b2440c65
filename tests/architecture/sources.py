"""Where the project's own sources are."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE_FOLDERS = {
    "homeward_kit": ROOT / "shared/src",
    "spa_intake": ROOT / "services/spa-intake/src",
    "triage": ROOT / "services/triage/src",
    "care_package": ROOT / "services/care-package/src",
    "readmission_monitor": ROOT / "services/readmission-monitor/src",
    "homeward_local": ROOT / "deploy/local/src",
}
SERVICES = ("spa_intake", "triage", "care_package", "readmission_monitor")


def source_files() -> list[Path]:
    """Every Python file of the product itself, migrations included."""
    inside = [path for folder in SOURCE_FOLDERS.values() for path in folder.rglob("*.py")]
    return sorted([*inside, *ROOT.glob("services/*/migrations/**/*.py")])


def files_of_tests() -> list[Path]:
    """Every Python file of the tests."""
    folders = [ROOT / "tests", ROOT / "shared/tests", ROOT / "deploy/local/tests", *ROOT.glob("services/*/tests")]
    return sorted(path for folder in folders for path in folder.rglob("*.py"))
