"""Take note of a death or of its correction."""

from care_package.adapters.db import facts as facts_rows
from care_package.adapters.events.consumed import PatientDeathCorrectedIn, PatientDiedIn
from care_package.use_cases.bringing_up_to_date import bring_up_to_date
from homeward_kit import audit
from homeward_kit.database import Tx
from homeward_kit.envelope import Received


async def note_death(tx: Tx, received: Received[PatientDiedIn | PatientDeathCorrectedIn]) -> None:
    """Store the fact; care is cancelled or ends."""
    event = received.payload
    await tx.lock(event.patient_key)
    known = await facts_rows.load_person(tx, event.patient_key)
    await facts_rows.save_person(tx, known.with_death(event.revision, event.recorded_at(received.time)))
    await bring_up_to_date(tx, event.patient_key)
    await audit.record(tx, "note_death", f"patient/{event.patient_key}", patient_key=event.patient_key)
