"""The list of facts that a FHIR message may state, against the code that reads them."""

from pathlib import Path

from spa_intake.adapters.fhir import codes
from spa_intake.adapters.fhir.content_facts import ABILITIES


def test_every_fact_that_is_taken_is_read() -> None:
    """One that was listed and read by nobody would be accepted and lost."""
    folder = Path(codes.__file__).parent
    reading = "".join(path.read_text() for path in folder.glob("*.py") if path.name != "codes.py")
    assert ABILITIES.keys() <= codes.FACTS
    assert [fact for fact in sorted(codes.FACTS - ABILITIES.keys()) if f'"{fact}"' not in reading] == []
