"""Accept a referral: from here on triage works on it, and an older one of the same kind ends."""

from uuid import UUID

from homeward_kit.database import Tx
from spa_intake.adapters.db import people, referrals
from spa_intake.domain.acceptance import superseded_by
from spa_intake.domain.codes import CloseReason
from spa_intake.domain.referral import Referral, decide
from spa_intake.domain.referral_commands import Accept, Close

from .access import Access, open_referral
from .recording import record_change


async def accept_referral(tx: Tx, referral_id: UUID, access: Access) -> Referral:
    """Death is checked again; refuses with PersonHasDied, ReferralWaitsForAnswer, ReferralHasEnded."""
    referral = await open_referral(tx, referral_id, access)
    person = await people.get(tx, referral.patient_key)
    change = decide(referral, Accept(has_died=person is not None and person.has_died), tx.now)
    accepted = await record_change(tx, change, "accept_referral")
    for older in superseded_by(accepted, await referrals.of_person(tx, referral.patient_key)):
        closed = decide(older, Close(CloseReason.SUPERSEDED), tx.now)
        await record_change(tx, closed, "close_superseded_referral")
    return accepted
