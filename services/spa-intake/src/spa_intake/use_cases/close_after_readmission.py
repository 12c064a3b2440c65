"""Close a referral a day after its readmission was detected; a retraction in that day has cancelled the timer."""

from homeward_kit.database import Tx
from homeward_kit.timers import Timer
from spa_intake.adapters.db import referrals
from spa_intake.domain.codes import CloseReason
from spa_intake.domain.referral import decide
from spa_intake.domain.referral_commands import Close

from .recording import record_change

TIMER = "close_after_readmission"


async def close_after_readmission(tx: Tx, timer: Timer) -> None:
    referral = await referrals.get(tx, timer.aggregate_id)
    if referral is not None and referral.is_live and referral.was_accepted:
        change = decide(referral, Close(CloseReason.READMITTED), tx.now)
        await record_change(tx, change, TIMER)
