"""Close a referral a day after its readmission was detected; a retraction in that day has cancelled the timer."""

from homeward_kit.database import Tx
from homeward_kit.timers import Timer
from spa_intake.adapters.db import referrals
from spa_intake.domain import outcome

from .recording import record_change

TIMER = "close_after_readmission"


async def close_after_readmission(tx: Tx, timer: Timer) -> None:
    referral = await referrals.get(tx, timer.aggregate_id)
    change = outcome.close_after_readmission(referral, tx.now) if referral else None
    if change is not None:
        await record_change(tx, change, TIMER)
