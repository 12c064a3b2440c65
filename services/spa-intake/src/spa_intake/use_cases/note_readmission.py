"""A readmission was detected: the referrals of that stay end a day later, unless it is retracted by then."""

from homeward_kit import audit, timers
from homeward_kit.database import Tx
from homeward_kit.envelope import Received
from spa_intake.adapters.db import referrals
from spa_intake.adapters.events.consumed import ReadmissionDetected
from spa_intake.domain.ids import PatientKey, StayId
from spa_intake.domain.outcome import ended_by_outcome
from spa_intake.domain.policy import Policy

from .close_after_readmission import TIMER
from .news import take_watch_news


async def note_readmission(tx: Tx, received: Received[ReadmissionDetected], policy: Policy) -> None:
    watch = received.payload
    await take_watch_news(tx, received)
    due_at = received.time + policy.close_after_readmission
    known = await referrals.of_person(tx, PatientKey(watch.patient_key))
    for referral in ended_by_outcome(known, StayId(watch.stay_id)):
        await timers.set_timer(tx, TIMER, referral.referral_id, key=referral.patient_key, due_at=due_at)
        subject = f"referral/{referral.referral_id}"
        await audit.record(tx, "note_readmission", subject, patient_key=referral.patient_key)
