"""Two records are one person's, as a hospital says (A40)."""

from dataclasses import dataclass

from homeward_kit import audit
from homeward_kit.database import Tx
from spa_intake.adapters.db import merges
from spa_intake.adapters.db.recognition import recognise_all
from spa_intake.domain.ids import PatientKey
from spa_intake.domain.inputs import MergeIn
from spa_intake.domain.merging import Said, SaidBy
from spa_intake.domain.person import identify, require_identity
from spa_intake.domain.policy import Policy

from .joining import record_word


@dataclass(frozen=True)
class MergeOutcome:
    """Who survives; a repeat, an older word and a record merged into itself have changed nothing."""

    patient_key: PatientKey
    has_changed: bool


async def merge_people(tx: Tx, message: MergeIn, policy: Policy) -> MergeOutcome:
    """In any order of arrival: a record not heard of yet is made, so that what comes later finds the merge.

    Refuses with PersonNotIdentified.
    """
    named = [(details, identify(details, message.hospital, policy)) for details in (message.survivor, message.retired)]
    for _, identity in named:
        require_identity(identity)
    survivor, retired = await recognise_all(tx, named, message.sent_at)
    said = Said(survivor.patient_key, retired.patient_key, True, message.sent_at, SaidBy.HOSPITAL)
    has_changed = await record_word(tx, said, policy)
    if has_changed:
        await merges.note_merge_by_hospital(tx, said)
    await audit.record(
        tx,
        "merge_people",
        f"person/{survivor.patient_key}",
        patient_key=survivor.patient_key,
        outcome="ok" if has_changed else "repeat",
    )
    return MergeOutcome(survivor.patient_key, has_changed)
