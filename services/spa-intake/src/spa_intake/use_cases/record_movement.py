"""Record a hospital's ADT message, and work out anew what is known of the person."""

from dataclasses import dataclass

from homeward_kit import audit
from homeward_kit.database import Tx
from spa_intake.adapters.db import stays
from spa_intake.adapters.db.recognition import recognise
from spa_intake.domain.ids import PatientKey, ReferralId, StayId
from spa_intake.domain.inputs import MovementIn
from spa_intake.domain.movement import message_name, movement_of
from spa_intake.domain.person import identify, require_identity
from spa_intake.domain.policy import Policy

from .rebuilding import Cause, bring_up_to_date


@dataclass(frozen=True)
class MovementOutcome:
    """Whom the message was about; a repeat of one recorded before has changed nothing."""

    patient_key: PatientKey
    is_repeat: bool
    stay_id: StayId | None = None  # the stay that the movement was counted to
    referral_id: ReferralId | None = None  # the youngest referral linked to that stay


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
    now_known = await bring_up_to_date(tx, person.patient_key, policy, Cause(movement.occurred_at, movement.trigger))
    await audit.record(tx, "record_movement", f"person/{person.patient_key}", patient_key=person.patient_key)
    stay_id = now_known.stay_of.get(name)
    referral_id = now_known.referral_of.get(stay_id) if stay_id else None
    return MovementOutcome(person.patient_key, is_repeat=False, stay_id=stay_id, referral_id=referral_id)
