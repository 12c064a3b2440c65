"""Take note of a hospital stay as now known."""

from care_package.adapters.db import facts as facts_rows
from care_package.adapters.events.consumed import StayEventIn
from care_package.use_cases.bringing_up_to_date import bring_up_to_date
from homeward_kit import audit
from homeward_kit.database import Tx
from homeward_kit.envelope import Received


async def note_stay(tx: Tx, received: Received[StayEventIn]) -> None:
    """Store the stay; the person's packages are held or resumed by it."""
    stay = received.payload.stay.to_facts()
    await tx.lock(stay.patient_key)
    await facts_rows.merge_stay(tx, stay)
    await bring_up_to_date(tx, stay.patient_key)
    await audit.record(tx, "note_stay", f"stay/{stay.stay_id}", patient_key=stay.patient_key)
