"""Amend what a referral says: its coded facts, its contacts and words, how the person is reached."""

from collections.abc import Callable
from uuid import UUID

from homeward_kit.database import Tx
from spa_intake.domain.inputs import ReferralFacts, revised
from spa_intake.domain.referral import Referral, decide
from spa_intake.domain.referral_commands import Amend

from .access import Access, open_referral
from .recording import record_change
from .rewriting import Rewriting, rewrite


async def amend_referral(
    tx: Tx,
    referral_id: UUID,
    revise: Callable[[ReferralFacts], ReferralFacts],
    access: Access,
    rewriting: Rewriting = Rewriting(),
) -> Referral:
    """`revise` gives the facts as they are now. Refuses with ReferralHasEnded, PatientDiffers, NhsNumberInvalid."""
    referral = await open_referral(tx, referral_id, access, rewriting.naming)
    after = await rewrite(tx, referral, revised(referral.facts, revise), rewriting)
    amend = Amend(after.facts, is_rewritten=after.is_rewritten)
    return await record_change(tx, decide(referral, amend, tx.now), "amend_referral")
