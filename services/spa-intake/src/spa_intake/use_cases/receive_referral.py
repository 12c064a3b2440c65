"""Receive a referral: recognise the person, let it in or refuse it, and link it to the hospital stay."""

from uuid import uuid4

from homeward_kit import telemetry
from homeward_kit.database import Tx
from spa_intake.adapters.db import notes, referrals, stays
from spa_intake.adapters.db.recognition import recognise
from spa_intake.domain.acceptance import receive
from spa_intake.domain.ids import ReferralId
from spa_intake.domain.inputs import ReferralIn
from spa_intake.domain.person import Person, identify, with_person
from spa_intake.domain.policy import Policy
from spa_intake.domain.referral import Referral, ReferralState, decide
from spa_intake.domain.referral_commands import Note

from .linking import link_to_stay
from .recording import record_change


async def receive_referral(tx: Tx, asked: ReferralIn, policy: Policy) -> Referral:
    """Refuses with PersonAlreadyReferred (naming the referral that blocks) and PersonHasDied."""
    identity = identify(asked.person, asked.facts.referring_organisation, policy)
    person = await recognise(tx, asked.person, identity, tx.now)
    change = receive(
        _new_referral(tx, asked, person),
        await referrals.standing_of(tx, person.patient_key),
        has_died=person.has_died,
    )
    telemetry.set_referral(change.referral.referral_id)
    referral = await record_change(tx, change, "receive_referral")
    if assessed_at := referral.facts.criteria_assessed_at:
        await referrals.add_assessment(tx, referral.referral_id, referral.facts.criteria_to_reside, assessed_at)
    if asked.reason_text:
        note = await notes.add(tx, referral.referral_id, asked.reason_text)
        referral = await record_change(tx, decide(referral, Note(note.note_id), tx.now), "record_note")
    return await link_to_stay(tx, referral, await stays.of_person(tx, person.patient_key), policy)


def _new_referral(tx: Tx, asked: ReferralIn, person: Person) -> Referral:
    return Referral(
        referral_id=ReferralId(uuid4()),
        patient_key=person.patient_key,
        kind=asked.kind,
        source=asked.source,
        state=ReferralState.RECEIVED,
        version=1,
        facts=with_person(asked.facts, person, tx.now.date()),
        received_at=tx.now,
        visit_number=asked.visit_number,
    )
