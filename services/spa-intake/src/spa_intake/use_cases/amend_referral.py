"""Amend the coded facts of a referral."""

from collections.abc import Callable
from uuid import UUID

from homeward_kit.database import Tx
from spa_intake.domain.inputs import ReferralFacts, revised
from spa_intake.domain.referral import Referral, decide
from spa_intake.domain.referral_commands import Amend

from .access import Access, open_referral
from .recording import record_change


async def amend_referral(
    tx: Tx, referral_id: UUID, revise: Callable[[ReferralFacts], ReferralFacts], access: Access
) -> Referral:
    """`revise` gives the facts as they are now. Refuses with ReferralHasEnded."""
    referral = await open_referral(tx, referral_id, access)
    return await record_change(tx, decide(referral, Amend(revised(referral.facts, revise)), tx.now), "amend_referral")
