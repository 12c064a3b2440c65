"""Decline a referral, or send the ward to the service that is right for the person."""

from uuid import UUID

from homeward_kit.database import Tx
from spa_intake.domain.referral import Referral, decide
from spa_intake.domain.referral_commands import Decline

from .access import Access, open_referral
from .recording import record_change


async def decline_referral(tx: Tx, referral_id: UUID, command: Decline, access: Access) -> Referral:
    """Refuses with ReferralAlreadyAccepted, ReferralHasEnded, RedirectNeedsService."""
    referral = await open_referral(tx, referral_id, access)
    return await record_change(tx, decide(referral, command, tx.now), "decline_referral")
