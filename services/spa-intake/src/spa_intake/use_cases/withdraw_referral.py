"""Withdraw a referral: the ward no longer asks for it."""

from uuid import UUID

from homeward_kit.database import Tx
from spa_intake.domain.codes import WithdrawReason
from spa_intake.domain.referral import Referral, decide
from spa_intake.domain.referral_commands import Withdraw

from .access import Access, open_referral
from .recording import record_change


async def withdraw_referral(tx: Tx, referral_id: UUID, reason: WithdrawReason, access: Access) -> Referral:
    """Refuses with ReferralHasEnded."""
    referral = await open_referral(tx, referral_id, access)
    return await record_change(tx, decide(referral, Withdraw(reason), tx.now), "withdraw_referral")
