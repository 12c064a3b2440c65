"""What is known of a person, worked out anew from all their records: stays, death, what their referrals follow."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from homeward_kit import aliases
from homeward_kit.database import Tx
from spa_intake.adapters.db import journeys, people, referrals, stays
from spa_intake.adapters.events import telling
from spa_intake.domain.codes import Trigger
from spa_intake.domain.following import follow
from spa_intake.domain.ids import PatientKey, ReferralId, StayId
from spa_intake.domain.movement import Movement
from spa_intake.domain.person import Person, death_of, settled
from spa_intake.domain.policy import Policy
from spa_intake.domain.referral import Referral
from spa_intake.domain.stay import rebuild
from spa_intake.domain.stay_history import Stay, retell

from .attending import bring_attendances_up_to_date
from .informing import inform_of_stays
from .linking import record_following


@dataclass(frozen=True)
class Cause:
    """What gives reason to work it out: a movement, or (no trigger) somebody's word about two records."""

    occurred_at: datetime
    trigger: Trigger | None = None


@dataclass(frozen=True)
class UpToDate:
    """Which movement is part of which stay, and the youngest referral linked to each stay."""

    stay_of: Mapping[str, StayId]  # by message
    referral_of: Mapping[StayId | None, ReferralId]


async def bring_up_to_date(tx: Tx, patient_key: PatientKey, policy: Policy, cause: Cause) -> UpToDate:
    """`patient_key`: one of the person's, who is locked. What the movements of any of them tell counts for all."""
    told = await stays.movements_of(tx, patient_key)
    movements = [movement for movement, _ in told]
    history = retell(
        {movement.message: key for movement, key in told},
        await stays.of_person(tx, patient_key),
        rebuild(movements),
        trigger=cause.trigger,
        new_id=lambda: StayId(uuid4()),
    )
    await stays.save(tx, [change.stay for change in history.changes])
    await stays.assign_movements(tx, history.stay_of, movements)
    records = await _settle_death(tx, patient_key, movements, history.stays)
    linked = await _follow(tx, records, history.stays, policy)
    youngest = {referral.stay_id: referral.referral_id for referral in linked}
    for change in history.changes:  # each event names the referral in whose story it is seen
        await telling.tell_stay(tx, change, cause.occurred_at, youngest.get(change.stay.stay_id))
    await inform_of_stays(tx, history.changes)
    await bring_attendances_up_to_date(tx, patient_key, told, cause.occurred_at)
    return UpToDate(history.stay_of, youngest)


async def _settle_death(
    tx: Tx, patient_key: PatientKey, movements: Iterable[Movement], known_stays: Sequence[Stay]
) -> dict[PatientKey, Person]:
    """Each record says what is known of the person, so that whoever reads only one of them reads it."""
    died_at = death_of(movements, [stay.content for stay in known_stays])
    records = {}
    for person in await people.of_keys(tx, await aliases.keys_of(tx, patient_key)):
        after = settled(person, died_at)
        if after != person:
            await people.save(tx, after)
            await telling.tell_death(tx, after)
            await journeys.note_change_of_person(tx, after.patient_key)
        records[after.patient_key] = after
    return records


async def _follow(
    tx: Tx, records: dict[PatientKey, Person], known_stays: Sequence[Stay], policy: Policy
) -> list[Referral]:
    """The person's referrals, each linked to its stay, closed on death, with the address as now known."""
    followed = []
    for referral in await referrals.of_person(tx, next(iter(records))):
        changes = follow(referral, records[referral.patient_key], known_stays, policy, tx.now)
        followed.append(await record_following(tx, referral, changes, known_stays))
    return followed
