"""Ask the ward what the MDT asked for when it returned the case."""

from homeward_kit import audit
from homeward_kit.database import Tx
from homeward_kit.envelope import Received
from spa_intake.adapters.db import referrals
from spa_intake.adapters.events.consumed import CaseReturned
from spa_intake.domain.case_word import ask_ward

from .news import take_case_news
from .recording import record_change


async def return_to_ward(tx: Tx, received: Received[CaseReturned]) -> None:
    """A return that comes after the referral has ended is recorded and changes nothing."""
    await take_case_news(tx, received)
    case = received.payload
    referral = await referrals.get(tx, case.referral_id)
    if referral is None:
        return
    change = ask_ward(referral, case.missing, case.asked_by, tx.now)
    if change is not None:
        await record_change(tx, change, "return_to_ward")
    elif not referral.is_live:
        subject = f"referral/{referral.referral_id}"
        await audit.record(tx, "return_to_ward", subject, patient_key=referral.patient_key, outcome="too_late")
