"""Close a referral by a coordinator's word, where no message of the hospital will."""

from uuid import UUID

from homeward_kit.database import Tx
from spa_intake.domain.codes import CloseReason
from spa_intake.domain.referral import Referral, decide
from spa_intake.domain.referral_commands import Close

from .access import Access, open_referral
from .recording import record_change


async def close_referral(tx: Tx, referral_id: UUID, reason: CloseReason, access: Access) -> Referral:
    """Refuses with ReferralNeverAccepted, ReferralHasEnded."""
    referral = await open_referral(tx, referral_id, access)
    return await record_change(tx, decide(referral, Close(reason), tx.now), "close_referral")
