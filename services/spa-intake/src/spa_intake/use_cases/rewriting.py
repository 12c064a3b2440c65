"""How contacts and words of a referral change, in the transaction of an amendment or an answer."""

from collections.abc import Callable
from uuid import UUID

from homeward_kit.database import Tx
from spa_intake.adapters.db import referral_contents
from spa_intake.domain.content import ReferralContent

Rewrite = Callable[[ReferralContent], ReferralContent]


async def rewrite_content(tx: Tx, referral_id: UUID, rewrite: Rewrite | None) -> bool:
    """Whether contacts or words changed."""
    if rewrite is None:
        return False
    before = await referral_contents.get(tx, referral_id)
    after = rewrite(before)
    if after == before:
        return False
    await referral_contents.save(tx, referral_id, after)
    return True
