"""How a change to a referral is kept and told: saved, published and audited in one transaction."""

from homeward_kit import audit
from homeward_kit.database import Tx
from spa_intake.adapters.db import referrals
from spa_intake.adapters.events import telling
from spa_intake.domain.referral import Change, Referral
from spa_intake.domain.stay_history import Stay

from .informing import inform_ward


async def record_change(tx: Tx, change: Change, action: str, stay: Stay | None = None) -> Referral:
    """Save, publish and audit; a repeat is audited only. `action` is the use case's name."""
    referral = change.referral
    if change.happened is not None:
        await referrals.update(tx, referral)
        await telling.tell_referral(tx, referral, change.happened, stay)
        await inform_ward(tx, referral, change.happened.fact)
    await audit_change(tx, change, action)
    return referral


async def audit_change(tx: Tx, change: Change, action: str) -> None:
    """Note who did what to a referral."""
    referral = change.referral
    await audit.record(
        tx,
        action,
        f"referral/{referral.referral_id}",
        patient_key=referral.patient_key,
        outcome="ok" if change.happened else "repeat",
    )
