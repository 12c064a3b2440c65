"""Take note of a pathway decision: it opens a package, or the package there is follows it."""

from care_package.adapters.db import facts as facts_rows
from care_package.adapters.events.consumed import PathwayDecidedIn
from care_package.domain.reconcile import why_not_opened
from care_package.use_cases.bringing_up_to_date import bring_up_to_date
from homeward_kit import audit
from homeward_kit.database import Tx
from homeward_kit.envelope import Received
from homeward_kit.handling import PermanentError


async def note_decision(tx: Tx, received: Received[PathwayDecidedIn]) -> None:
    """Store the decision; where it opens nothing, the audit says why."""
    event = received.payload
    if received.aggregate_version is None:
        raise PermanentError("aggregate_version_missing")
    await tx.lock(event.patient_key)
    known = await facts_rows.load_referral(tx, event.referral_id, event.patient_key)
    known = known.with_decision(event.to_decision()).with_target(event.target_on, received.aggregate_version)
    await facts_rows.save_referral(tx, known)
    brought = await bring_up_to_date(tx, event.patient_key)
    reasons = [
        why_not_opened(each.facts, each.after)
        for each in brought
        if each.facts.referral.referral_id == event.referral_id
    ]
    outcome = next((reason for reason in reasons if reason), "ok")
    subject = f"referral/{event.referral_id}"
    await audit.record(tx, "note_decision", subject, patient_key=event.patient_key, outcome=outcome)
