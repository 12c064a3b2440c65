"""A deadline is over: an offer had no answer, or somebody is still in hospital."""

from uuid import UUID

from care_package.domain.ids import PatientKey
from care_package.use_cases.bringing_up_to_date import bring_up_to_date
from homeward_kit import audit
from homeward_kit.database import Tx
from homeward_kit.timers import Timer


async def keep_deadline(tx: Tx, timer: Timer) -> None:
    """The person's packages follow the time; what was answered meanwhile stays answered."""
    patient_key = PatientKey(UUID(timer.key))
    await bring_up_to_date(tx, patient_key)
    outcome = "late" if timer.is_late else "ok"
    await audit.record(tx, timer.kind, f"timer/{timer.aggregate_id}", patient_key=patient_key, outcome=outcome)
