"""Amend what a referral says: its coded facts, its contacts and words."""

from collections.abc import Callable
from uuid import UUID

from homeward_kit.database import Tx
from spa_intake.domain.inputs import ReferralFacts, revised
from spa_intake.domain.referral import Referral, decide
from spa_intake.domain.referral_commands import Amend

from .access import Access, open_referral
from .recording import record_change
from .rewriting import Rewrite, rewrite_content


async def amend_referral(
    tx: Tx,
    referral_id: UUID,
    revise: Callable[[ReferralFacts], ReferralFacts],
    access: Access,
    rewrite: Rewrite | None = None,
) -> Referral:
    """`revise` gives the facts as they are now, `rewrite` contacts and words. Refuses with ReferralHasEnded."""
    referral = await open_referral(tx, referral_id, access)
    is_rewritten = await rewrite_content(tx, referral_id, rewrite)
    amend = Amend(revised(referral.facts, revise), is_rewritten=is_rewritten)
    return await record_change(tx, decide(referral, amend, tx.now), "amend_referral")
