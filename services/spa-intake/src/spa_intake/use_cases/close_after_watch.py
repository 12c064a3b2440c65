"""Close the referrals of a stay whose thirty days went by without a readmission."""

from homeward_kit.database import Tx
from homeward_kit.envelope import Received
from spa_intake.adapters.db import referrals
from spa_intake.adapters.events.consumed import WatchCompleted
from spa_intake.domain import outcome
from spa_intake.domain.ids import PatientKey, StayId

from .news import take_watch_news
from .recording import record_change


async def close_after_watch(tx: Tx, received: Received[WatchCompleted]) -> None:
    watch = received.payload
    await take_watch_news(tx, received)
    known = await referrals.of_person(tx, PatientKey(watch.patient_key))
    for change in outcome.close_after_watch(known, StayId(watch.stay_id), tx.now):
        await record_change(tx, change, "close_after_watch")
