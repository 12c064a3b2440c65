"""Tell the ward systems that listen: a message for each, written with the change itself, so that none is lost."""

from collections.abc import Sequence
from uuid import UUID

from homeward_kit.database import Tx
from spa_intake.adapters.db import deliveries, journeys, referrals, subscriptions
from spa_intake.adapters.db.subscriptions import Listener
from spa_intake.adapters.webhooks.message import JourneyPart, News, body_of
from spa_intake.domain.referral import Referral, ReferralFact
from spa_intake.domain.stay_history import StayChange, StayFact
from spa_intake.domain.subscription import MESSAGE_TYPES

_TOLD_STAYS = {
    StayFact.DISCHARGED: "patient.discharged",
    StayFact.DISCHARGE_CANCELLED: "discharge.cancelled",
}


async def inform_ward(tx: Tx, referral: Referral, fact: ReferralFact) -> None:
    """Of what happened to a referral; what is no news to a ward (a note, who has it) is left out."""
    message_type = f"referral.{fact}"
    if listening := await _listening(tx, referral, message_type):
        is_new = fact is ReferralFact.RECEIVED
        journey = JourneyPart() if is_new else await journeys.journey_of(tx, referral.referral_id)
        _tell(tx, listening, News(message_type, referral, journey))


async def inform_of_progress(tx: Tx, referral_id: UUID, event_type: str) -> None:
    """Of what another service said ("discharge.case.opened.v1"); the referral counts as changed."""
    await journeys.note_change(tx, referral_id)
    await _inform_of_journey(tx, referral_id, event_type.removeprefix("discharge.").rpartition(".")[0])


async def inform_of_stays(tx: Tx, changes: Sequence[StayChange]) -> None:
    """Of what the hospital said of the stays that referrals are linked to; those count as changed."""
    for change in changes:
        for referral_id in await journeys.note_change_of_stays(tx, [change.stay.stay_id]):
            if message_type := _TOLD_STAYS.get(change.fact):
                await _inform_of_journey(tx, referral_id, message_type)


async def _inform_of_journey(tx: Tx, referral_id: UUID, message_type: str) -> None:
    if message_type not in MESSAGE_TYPES or not await subscriptions.listeners(tx):
        return
    referral = await referrals.get(tx, referral_id)
    if referral and (listening := await _listening(tx, referral, message_type)):
        journey = await journeys.journey_of(tx, referral_id)
        _tell(tx, listening, News(message_type, referral, journey))


async def _listening(tx: Tx, referral: Referral, message_type: str) -> list[Listener]:
    """Those of the referral's own organisation who want this."""
    if message_type not in MESSAGE_TYPES:
        return []
    return [
        one
        for one in await subscriptions.listeners(tx)
        if one.organisation == referral.facts.referring_organisation
        and (not one.event_types or message_type in one.event_types)
    ]


def _tell(tx: Tx, listening: Sequence[Listener], news: News) -> None:
    body = body_of(tx, news)
    for one in listening:
        deliveries.add(tx, one.subscription_id, news.referral.referral_id, (news.type, body))
