"""A criterion to reside ends by the clock: so many hours after an operation, with nobody saying anything."""

from homeward_kit.database import Tx
from homeward_kit.timers import Timer
from spa_intake.adapters.db import referrals
from spa_intake.domain.codes import ReadinessReason

from .assessing import LAPSE, settle_readiness
from .recording import record_change


async def lapse_criteria(tx: Tx, timer: Timer) -> None:
    """The last one to end makes the person ready for discharge."""
    referral = await referrals.get(tx, timer.aggregate_id)
    if referral is None or not referral.is_live:
        return
    change = await settle_readiness(tx, referral, ReadinessReason.LAPSED)
    if change.happened is not None:
        await record_change(tx, change, LAPSE)
