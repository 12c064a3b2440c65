"""A detected readmission does not hold: what it would have ended goes on; what it has ended is to be referred again."""

from homeward_kit import audit, timers
from homeward_kit.database import Tx
from homeward_kit.envelope import Received
from spa_intake.adapters.db import journeys, progress, referrals
from spa_intake.adapters.events.consumed import WatchEvent
from spa_intake.domain.codes import CloseReason
from spa_intake.domain.ids import PatientKey, ReferralId, StayId
from spa_intake.domain.outcome import spared

from .close_after_readmission import TIMER
from .news import take_watch_news


async def take_back_readmission(tx: Tx, received: Received[WatchEvent]) -> None:
    """For readmission.retracted, and for watch.voided: the discharge itself was taken back."""
    watch = received.payload
    await take_watch_news(tx, received)
    known = await referrals.of_person(tx, PatientKey(watch.patient_key))
    for referral in spared(known, StayId(watch.stay_id), ReferralId(watch.referral_id)):
        await timers.cancel_timer(tx, TIMER, referral.referral_id)
        if referral.ended_reason == CloseReason.READMITTED:
            await progress.ask_for_new_referral(tx, referral.referral_id)
            await journeys.note_change(tx, referral.referral_id)
        subject = f"referral/{referral.referral_id}"
        await audit.record(tx, "take_back_readmission", subject, patient_key=referral.patient_key)
