"""The read model's consumer: an event becomes an entry of the timeline, then rows are computed from all entries."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import Any
from uuid import UUID

from homeward_kit.consumer import HandlerTable
from homeward_kit.database import Tx
from homeward_kit.envelope import Received

from . import events_intake, events_others
from .generations import CHANNEL, FIRST
from .history import Event, Said, Told, told
from .projected import Fact, FactKind, ProjectedEvent

_COLUMNS = """patient_key, kind, referral_state, stage, waiting_for, waiting_since, pathway, hospital, ward, assignee,
    is_ready, criteria_assessed_at, target_on, due_on, answer_by, received_at, left_at, flags, updated_at"""
_NAMES = [name.strip() for name in _COLUMNS.split(",")]

# A row that stays the same is left alone, unless the event belongs to its timeline.
_UPSERT = f"""
INSERT INTO journey_rows AS old (generation, referral_id, {_COLUMNS})
VALUES (:generation, :referral_id, {", ".join(f":{name}" for name in _NAMES)})
ON CONFLICT (generation, referral_id) DO UPDATE SET
    ({_COLUMNS}) = ({", ".join(f"excluded.{name}" for name in _NAMES)}),
    change_number = old.change_number + 1,
    changed_at = clock_timestamp()
WHERE :is_own OR ({", ".join(f"old.{name}" for name in _NAMES)})
   IS DISTINCT FROM ({", ".join(f"excluded.{name}" for name in _NAMES)})
"""  # noqa: S608 — constants only

# The lock keeps the generation from being removed before this transaction ends; one that is ending takes nothing more.
_REMEMBER = """
INSERT INTO timeline_entries (generation, event_id, patient_key, referral_id, stay_id, type, service, recorded_at,
                              version, actor, details, facts)
SELECT number, :event_id, :patient_key, :referral_id, :stay_id, :type, :service, :recorded_at,
       :version, :actor, CAST(:details AS jsonb), CAST(:facts AS jsonb)
FROM read_model_generations WHERE number = :generation AND state <> 'ending' FOR KEY SHARE
ON CONFLICT DO NOTHING
"""

_OF_PERSON = """
SELECT recorded_at, referral_id, facts FROM timeline_entries
WHERE generation = :generation AND patient_key = :patient_key ORDER BY recorded_at, version, event_id
"""

_TELL = "SELECT pg_notify(:channel, '') FROM read_model_generations WHERE number = :generation AND state = 'active'"


async def project(tx: Tx, event: Received[ProjectedEvent], *, generation: int) -> None:
    """Rows depend on which events have come, not on their order; the caller holds the person's lock."""
    patient_key = UUID(event.key)
    if not await _remember(tx, event, patient_key, generation):
        return
    for journey in told(patient_key, await _events(tx, patient_key, generation)):
        is_own = event.referral_id in {None, journey.journey.referral_id}
        await tx.execute(_UPSERT, {**_values(journey), "generation": generation, "is_own": is_own})
    await tx.execute(_TELL, {"channel": CHANNEL, "generation": generation})


async def _remember(tx: Tx, event: Received[ProjectedEvent], patient_key: UUID, generation: int) -> bool:
    """Add the event to the timeline; False when it is there already or the generation takes no more."""
    facts = event.payload.to_keep()
    added = await tx.execute(
        _REMEMBER,
        {
            "generation": generation,
            "event_id": event.event_id,
            "patient_key": patient_key,
            "referral_id": event.referral_id,
            "stay_id": next((fact.id for fact in facts if fact.kind is FactKind.STAY), None),
            "type": event.type,
            "service": event.source.rpartition("/")[2],
            "recorded_at": event.time,
            "version": event.aggregate_version or 0,
            "actor": event.actor,
            "details": json.dumps(dict(event.payload.details())),
            "facts": json.dumps([_stored(fact, event.aggregate_version or 0) for fact in facts]),
        },
    )
    return bool(added.rowcount)


def _stored(fact: Fact, version: int) -> dict[str, Any]:  # Any: JSON
    own_version = version if fact.revision is None else fact.revision
    return {"kind": fact.kind, "id": str(fact.id), "version": own_version, "data": dict(fact.data)}


async def _events(tx: Tx, patient_key: UUID, generation: int) -> Sequence[Event]:
    rows = await tx.execute(_OF_PERSON, {"generation": generation, "patient_key": patient_key})
    return [Event(row.recorded_at, row.referral_id, [_said(fact) for fact in row.facts]) for row in rows]


def _said(fact: dict[str, Any]) -> Said:  # Any: JSON
    return Said(FactKind(fact["kind"]), UUID(fact["id"]), fact["version"], fact["data"])


def _values(journey: Told) -> dict[str, Any]:  # Any: values for SQL
    row = journey.journey
    times = {"waiting_since": journey.waiting_since, "updated_at": journey.updated_at}
    return {**asdict(row), "flags": list(row.flags), **times}


def handlers(generation: int) -> HandlerTable:
    """What the consumer group of a generation does with each event."""
    return dict.fromkeys((*events_intake.EVENTS, *events_others.EVENTS), partial(project, generation=generation))


HANDLERS = handlers(FIRST)
