"""Record a hospital's ADT message: rebuild the person's stays, settle their death, and follow with their referrals."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from homeward_kit import audit
from homeward_kit.database import Tx
from spa_intake.adapters.db import people, referrals, stays
from spa_intake.adapters.db.recognition import recognise
from spa_intake.adapters.events import telling
from spa_intake.domain.following import follow
from spa_intake.domain.ids import PatientKey, StayId
from spa_intake.domain.inputs import MovementIn
from spa_intake.domain.movement import Movement, message_name, movement_of
from spa_intake.domain.person import Person, death_of, identify, require_identity, settled
from spa_intake.domain.policy import Policy
from spa_intake.domain.referral import Referral
from spa_intake.domain.stay import rebuild
from spa_intake.domain.stay_history import History, Stay, retell

from .linking import record_following


@dataclass(frozen=True)
class MovementOutcome:
    """Whom the message was about; a repeat of one recorded before has changed nothing."""

    patient_key: PatientKey
    is_repeat: bool


async def record_movement(tx: Tx, message: MovementIn, text: str, policy: Policy) -> MovementOutcome:
    """In any order of arrival, with repeats (a message is known by its text too). Refuses with PersonNotIdentified."""
    name = message_name(message, text)
    await tx.lock(f"message/{name}")
    if known := await stays.whose_message(tx, name):
        return MovementOutcome(known, is_repeat=True)
    identity = identify(message.person, message.hospital, policy)
    require_identity(identity)
    person = await recognise(tx, message.person, identity, message.sent_at)
    movement = movement_of(message, name)
    await stays.add_movement(tx, person.patient_key, movement, message)
    movements = await stays.movements_of(tx, person.patient_key)
    history = await _rebuild_stays(tx, person, movements, movement)
    person = await _settle_death(tx, person, movements, history.stays)
    linked = await _follow(tx, person, history.stays, policy)
    await _tell_stays(tx, history, movement, linked)
    await audit.record(tx, "record_movement", f"person/{person.patient_key}", patient_key=person.patient_key)
    return MovementOutcome(person.patient_key, is_repeat=False)


async def _rebuild_stays(tx: Tx, person: Person, movements: Sequence[Movement], newest: Movement) -> History:
    history = retell(
        person.patient_key,
        await stays.of_person(tx, person.patient_key),
        rebuild(movements),
        newest=newest,
        new_id=lambda: StayId(uuid4()),
    )
    await stays.save(tx, [change.stay for change in history.changes])
    await stays.assign_movements(tx, history.stay_of, movements)
    return history


async def _settle_death(tx: Tx, person: Person, movements: Sequence[Movement], known_stays: Sequence[Stay]) -> Person:
    died_at = death_of(movements, [stay.content for stay in known_stays])
    after = settled(person, died_at)
    if after != person:
        await people.save(tx, after)
        await telling.tell_death(tx, after)
    return after


async def _follow(tx: Tx, person: Person, known_stays: Sequence[Stay], policy: Policy) -> list[Referral]:
    """The person's referrals, each linked to its stay, closed on death, with the address as now known."""
    followed = []
    for referral in await referrals.of_person(tx, person.patient_key):
        changes = follow(referral, person, known_stays, policy, tx.now)
        followed.append(await record_following(tx, referral, changes, known_stays))
    return followed


async def _tell_stays(tx: Tx, history: History, movement: Movement, linked: Sequence[Referral]) -> None:
    """Each event names the youngest referral linked to the stay, so that it is seen in that referral's story."""
    youngest = {referral.stay_id: referral.referral_id for referral in linked}
    for change in history.changes:
        await telling.tell_stay(tx, change, movement.occurred_at, youngest.get(change.stay.stay_id))
