"""Close the referral of a case that triage closed because the service is not right for the person."""

from homeward_kit.database import Tx
from homeward_kit.envelope import Received
from spa_intake.adapters.db import referrals
from spa_intake.adapters.events.consumed import CaseClosed
from spa_intake.domain import case_word

from .news import take_case_news
from .recording import record_change


async def close_unsuitable(tx: Tx, received: Received[CaseClosed]) -> None:
    """A case closed for any other reason was closed by something intake knows already."""
    await take_case_news(tx, received)
    referral = await referrals.get(tx, received.payload.referral_id)
    change = case_word.close_unsuitable(referral, received.payload.reason, tx.now) if referral else None
    if change is not None:
        await record_change(tx, change, "close_unsuitable")
