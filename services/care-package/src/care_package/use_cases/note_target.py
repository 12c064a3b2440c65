"""Take note of a case's new target date."""

from care_package.adapters.db import facts as facts_rows
from care_package.adapters.events.consumed import CaseTargetSetIn
from care_package.use_cases.bringing_up_to_date import bring_up_to_date
from homeward_kit import audit
from homeward_kit.database import Tx
from homeward_kit.envelope import Received
from homeward_kit.handling import PermanentError


async def note_target(tx: Tx, received: Received[CaseTargetSetIn]) -> None:
    """Store the date; the package shows it."""
    event = received.payload
    if received.aggregate_version is None:
        raise PermanentError("aggregate_version_missing")
    await tx.lock(event.patient_key)
    known = await facts_rows.load_referral(tx, event.referral_id, event.patient_key)
    await facts_rows.save_referral(tx, known.with_target(event.target_on, received.aggregate_version))
    await bring_up_to_date(tx, event.patient_key)
    await audit.record(tx, "note_target", f"referral/{event.referral_id}", patient_key=event.patient_key)
