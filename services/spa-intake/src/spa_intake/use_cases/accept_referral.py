"""Accept a referral: from here on triage works on it, and an older one of the same kind ends."""

from uuid import UUID

from homeward_kit.database import Tx
from spa_intake.adapters.db import people, referrals
from spa_intake.domain.acceptance import accept
from spa_intake.domain.referral import Referral

from .access import Access, open_referral
from .recording import record_change


async def accept_referral(tx: Tx, referral_id: UUID, access: Access) -> Referral:
    """Death is checked again; refuses with PersonHasDied, ReferralWaitsForAnswer, ReferralHasEnded."""
    referral = await open_referral(tx, referral_id, access)
    person = await people.get(tx, referral.patient_key)
    has_died = person is not None and person.has_died
    others = await referrals.of_person(tx, referral.patient_key)
    acceptance, *superseded = accept(referral, others, tx.now, has_died=has_died)
    accepted = await record_change(tx, acceptance, "accept_referral")
    for change in superseded:
        await record_change(tx, change, "close_superseded_referral")
    return accepted
