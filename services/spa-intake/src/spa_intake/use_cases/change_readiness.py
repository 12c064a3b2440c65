"""Record an assessment of the criteria to reside: with one, the person must stay; with none, they may go home."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from homeward_kit.database import Tx
from spa_intake.adapters.db import referrals
from spa_intake.domain.codes import Criterion
from spa_intake.domain.errors import AssessmentInFuture
from spa_intake.domain.referral import Referral, decide
from spa_intake.domain.referral_commands import ChangeReadiness

from .access import Access, open_referral
from .recording import record_change

CLOCK_TOLERANCE = timedelta(minutes=5)  # the ward's clock may be a little fast


async def change_readiness(
    tx: Tx, referral_id: UUID, criteria: Sequence[Criterion], assessed_at: datetime, access: Access
) -> Referral:
    """One older than the newest is kept in the series and changes nothing else. Refuses with ReferralHasEnded."""
    referral = await open_referral(tx, referral_id, access)
    if assessed_at > tx.now + CLOCK_TOLERANCE:
        raise AssessmentInFuture
    change = decide(referral, ChangeReadiness(tuple(criteria), assessed_at), tx.now)
    await referrals.add_assessment(tx, referral.referral_id, criteria, assessed_at)
    return await record_change(tx, change, "change_readiness")
