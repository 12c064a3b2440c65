"""Close the referral of a case that triage closed because the service is not right for the person."""

from homeward_kit.database import Tx
from homeward_kit.envelope import Received
from spa_intake.adapters.db import progress, referrals
from spa_intake.adapters.events.consumed import CaseClosed
from spa_intake.domain.codes import CloseReason
from spa_intake.domain.referral import decide
from spa_intake.domain.referral_commands import Close

from .news import case_news
from .recording import record_change


async def close_unsuitable(tx: Tx, received: Received[CaseClosed]) -> None:
    """A case closed for any other reason was closed by something intake knows already."""
    await progress.follow_case(tx, case_news(received))
    referral = await referrals.get(tx, received.payload.referral_id)
    if received.payload.reason != CloseReason.NOT_SUITABLE or referral is None:
        return
    if referral.is_live and referral.was_accepted:
        change = decide(referral, Close(CloseReason.NOT_SUITABLE), tx.now)
        await record_change(tx, change, "close_unsuitable")
