"""The read model's consumer: an event becomes facts and a timeline entry, then rows are computed from the facts."""

import json
from dataclasses import asdict
from uuid import UUID

from homeward_kit.consumer import HandlerTable
from homeward_kit.database import Tx
from homeward_kit.envelope import Received

from . import events_intake, events_others, facts
from .journey import Journey, journeys
from .live import CHANNEL
from .projected import FactKind, ProjectedEvent

_UPSERT = """
INSERT INTO journeys AS old (
    referral_id, patient_key, kind, referral_state, stage, waiting_for, waiting_since, pathway, hospital, ward,
    assignee, is_ready, criteria_assessed_at, target_on, due_on, answer_by, received_at, left_at, flags, updated_at
) VALUES (
    :referral_id, :patient_key, :kind, :referral_state, :stage, :waiting_for, :at, :pathway, :hospital, :ward,
    :assignee, :is_ready, :criteria_assessed_at, :target_on, :due_on, :answer_by, :received_at, :left_at, :flags, :at
)
ON CONFLICT (referral_id) DO UPDATE SET
    referral_state = excluded.referral_state,
    stage = excluded.stage,
    waiting_for = excluded.waiting_for,
    waiting_since = CASE WHEN old.waiting_for = excluded.waiting_for THEN old.waiting_since
                         ELSE excluded.waiting_since END,
    pathway = excluded.pathway,
    hospital = excluded.hospital,
    ward = excluded.ward,
    assignee = excluded.assignee,
    is_ready = excluded.is_ready,
    criteria_assessed_at = excluded.criteria_assessed_at,
    target_on = excluded.target_on,
    due_on = excluded.due_on,
    answer_by = excluded.answer_by,
    left_at = excluded.left_at,
    flags = excluded.flags,
    updated_at = greatest(old.updated_at, excluded.updated_at),
    change_number = old.change_number + 1,
    changed_at = clock_timestamp()
"""

_TIMELINE = """
INSERT INTO timeline (event_id, patient_key, referral_id, stay_id, type, service, recorded_at, version, actor, details)
VALUES (:event_id, :patient_key, :referral_id, :stay_id, :type, :service, :recorded_at, :version, :actor,
        CAST(:details AS jsonb))
ON CONFLICT (event_id) DO NOTHING
"""


async def project(tx: Tx, event: Received[ProjectedEvent]) -> None:
    """Idempotent: facts keep the highest version, rows are computed from facts, an event is one timeline entry."""
    patient_key = UUID(event.key)
    kept = event.payload.to_keep()
    version = event.aggregate_version or 0
    for fact in kept:
        referral_id = None if fact.kind in {FactKind.STAY, FactKind.PERSON} else event.referral_id
        await facts.store(tx, fact, patient_key=patient_key, referral_id=referral_id, version=version)
    stay_id = next((fact.id for fact in kept if fact.kind is FactKind.STAY), None)
    await _add_to_timeline(tx, event, patient_key, stay_id)
    for journey in journeys(patient_key, await facts.of_person(tx, patient_key)):
        if event.referral_id in {None, journey.referral_id}:
            await _save(tx, journey, event)
    await tx.execute("SELECT pg_notify(:channel, '')", {"channel": CHANNEL})


async def _save(tx: Tx, journey: Journey, event: Received[ProjectedEvent]) -> None:
    await tx.execute(_UPSERT, {**asdict(journey), "flags": list(journey.flags), "at": event.time})


async def _add_to_timeline(tx: Tx, event: Received[ProjectedEvent], patient_key: UUID, stay_id: UUID | None) -> None:
    await tx.execute(
        _TIMELINE,
        {
            "event_id": event.event_id,
            "patient_key": patient_key,
            "referral_id": event.referral_id,
            "stay_id": stay_id,
            "type": event.type,
            "service": event.source.rpartition("/")[2],
            "recorded_at": event.time,
            "version": event.aggregate_version or 0,
            "actor": event.actor,
            "details": json.dumps(dict(event.payload.details())),
        },
    )


HANDLERS: HandlerTable = dict.fromkeys((*events_intake.EVENTS, *events_others.EVENTS), project)
