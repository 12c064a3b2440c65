"""Take note of what spa-intake says about a referral."""

from care_package.adapters.db import facts as facts_rows
from care_package.adapters.events.consumed import ReferralEventIn
from care_package.use_cases.bringing_up_to_date import bring_up_to_date
from homeward_kit import audit
from homeward_kit.database import Tx
from homeward_kit.envelope import Received
from homeward_kit.handling import PermanentError


async def note_referral(tx: Tx, received: Received[ReferralEventIn]) -> None:
    """Store the fact, and the stay that came with it; the person's packages follow."""
    event = received.payload
    if received.aggregate_version is None:
        raise PermanentError("aggregate_version_missing")
    await tx.lock(event.patient_key)
    known = await facts_rows.load_referral(tx, event.referral_id, event.patient_key)
    await facts_rows.save_referral(tx, known.with_news(event.to_news(received.aggregate_version)))
    stay = event.linked_stay()
    if stay is not None:
        await facts_rows.merge_stay(tx, stay)
    await bring_up_to_date(tx, event.patient_key)
    await audit.record(tx, "note_referral", f"referral/{event.referral_id}", patient_key=event.patient_key)
