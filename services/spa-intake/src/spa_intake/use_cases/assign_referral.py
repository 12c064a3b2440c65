"""Say who has a referral, or that nobody has."""

from uuid import UUID

from homeward_kit.database import Tx
from spa_intake.domain.referral import Referral, decide
from spa_intake.domain.referral_commands import Assign

from .access import Access, open_referral
from .recording import record_change


async def assign_referral(tx: Tx, referral_id: UUID, assignee: UUID | None, access: Access) -> Referral:
    """Refuses with ReferralHasEnded."""
    referral = await open_referral(tx, referral_id, access)
    return await record_change(tx, decide(referral, Assign(assignee), tx.now), "assign_referral")
