"""Record the ward's answer to a query; the referral goes back to where it was queried from."""

from collections.abc import Callable
from uuid import UUID

from homeward_kit.database import Tx
from spa_intake.domain.inputs import ReferralFacts, revised
from spa_intake.domain.referral import Referral, decide
from spa_intake.domain.referral_commands import Answer

from .access import Access, open_referral
from .recording import record_change
from .rewriting import Rewriting, rewrite


async def answer_query(
    tx: Tx,
    referral_id: UUID,
    revise: Callable[[ReferralFacts], ReferralFacts],
    access: Access,
    rewriting: Rewriting = Rewriting(),
) -> Referral:
    """`revise` gives the facts as they are with the answer. Refuses with ReferralNotQueried and as amend does."""
    referral = await open_referral(tx, referral_id, access, rewriting.naming)
    after = await rewrite(tx, referral, revised(referral.facts, revise), rewriting)
    change = decide(referral, Answer(after.facts), tx.now)
    return await record_change(tx, change, "answer_query")
