"""Ask the ward for what is missing in a referral."""

from collections.abc import Sequence
from uuid import UUID

from homeward_kit.database import Tx
from spa_intake.domain.codes import Missing
from spa_intake.domain.referral import Referral, decide
from spa_intake.domain.referral_commands import Query

from .access import Access, open_referral
from .recording import record_change


async def query_referral(tx: Tx, referral_id: UUID, missing: Sequence[Missing], access: Access) -> Referral:
    """Refuses with NothingAskedFor, ReferralHasEnded."""
    referral = await open_referral(tx, referral_id, access)
    return await record_change(tx, decide(referral, Query(tuple(missing)), tx.now), "query_referral")
