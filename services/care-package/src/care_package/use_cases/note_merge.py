"""Take note that two keys are one person's, or no longer."""

from care_package.adapters.events.consumed import AliasIn, PatientMergedIn
from care_package.domain.ids import PatientKey
from care_package.use_cases.bringing_up_to_date import bring_up_to_date
from homeward_kit import aliases, audit
from homeward_kit.database import Tx
from homeward_kit.envelope import Received


async def note_merge(tx: Tx, received: Received[AliasIn]) -> None:
    """The packages of everybody concerned follow the stays of all their keys from now on."""
    event = received.payload
    is_merged = isinstance(event, PatientMergedIn)
    for group in await aliases.hear(
        tx, event.patient_key, event.retired_key, is_merged=is_merged, version=event.revision
    ):
        await bring_up_to_date(tx, PatientKey(min(group)))
    await audit.record(tx, "note_merge", f"patient/{event.patient_key}", patient_key=event.patient_key)
