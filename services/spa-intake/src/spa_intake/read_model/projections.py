"""The read model's consumer: events become entries of the timeline, then rows are computed from all entries."""

import json
from collections.abc import Collection, Container, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any
from uuid import UUID

from homeward_kit.database import Group, Tx
from homeward_kit.envelope import Received
from homeward_kit.handling import BatchHandler, HandlerTable

from . import events_intake, events_others
from .generations import CHANNEL, FIRST
from .history import Event, Said, Told, told
from .projected import Fact, FactKind, ProjectedEvent

_COLUMNS = """patient_key, kind, referral_state, stage, waiting_for, waiting_since, pathway, hospital, ward, assignee,
    is_ready, criteria_assessed_at, target_on, due_on, due_at, answer_by, received_at, left_at, flags, updated_at"""
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
_TAKES_EVENTS = "SELECT 1 FROM read_model_generations WHERE number = :generation AND state <> 'ending' FOR KEY SHARE"

_REMEMBER = """
INSERT INTO timeline_entries (generation, event_id, patient_key, referral_id, stay_id, type, service, recorded_at,
                              version, actor, details, facts)
VALUES (:generation, :event_id, :patient_key, :referral_id, :stay_id, :type, :service, :recorded_at,
        :version, :actor, CAST(:details AS jsonb), CAST(:facts AS jsonb))
ON CONFLICT DO NOTHING
"""

_OF_PERSONS = """
SELECT patient_key, recorded_at, referral_id, facts FROM timeline_entries
WHERE generation = :generation AND patient_key = ANY(:keys)
ORDER BY recorded_at, version, event_id
"""

_TELL = "SELECT pg_notify(:channel, '') FROM read_model_generations WHERE number = :generation AND state = 'active'"


async def project(tx: Tx, events: Sequence[Received[ProjectedEvent]], *, generation: int) -> None:
    """Rows depend on which events have come, not on their order; the caller holds the persons' locks."""
    if (await tx.execute(_TAKES_EVENTS, {"generation": generation})).first() is None:
        return
    await tx.execute(_REMEMBER, [_entry(event, generation) for event in events])
    keys = {key for event in events for key in (UUID(event.key), *event.payload.other_keys())}
    await tx.lock(*keys)  # those of the records, which the runner holds, and those a merge names beside them
    news = {(UUID(event.key), event.referral_id) for event in events}
    rows = [
        {**_values(journey), "generation": generation, "is_own": _is_own(journey, news, group)}
        for group, known in await _events(tx, {tx.groups[key] for key in keys}, generation)
        for journey in told(min(group), known)
    ]
    if rows:
        await tx.execute(_UPSERT, rows)
    await tx.execute(_TELL, {"channel": CHANNEL, "generation": generation})


def _is_own(journey: Told, news: Container[tuple[UUID, UUID | None]], group: Group) -> bool:
    """True when one of the events belongs to the journey's timeline."""
    return any((key, about) in news for key in group for about in (journey.journey.referral_id, None))


def _entry(event: Received[ProjectedEvent], generation: int) -> dict[str, Any]:  # Any: values for SQL
    facts = event.payload.to_keep()
    return {
        "generation": generation,
        "event_id": event.event_id,
        "patient_key": UUID(event.key),
        "referral_id": event.referral_id,
        "stay_id": next((fact.id for fact in facts if fact.kind is FactKind.STAY), None),
        "type": event.type,
        "service": event.source.rpartition("/")[2],
        "recorded_at": event.time,
        "version": event.aggregate_version or 0,
        "actor": event.actor,
        "details": json.dumps(dict(event.payload.details())),
        "facts": json.dumps([_stored(fact, event.aggregate_version or 0) for fact in facts]),
    }


def _stored(fact: Fact, version: int) -> dict[str, Any]:  # Any: JSON
    own_version = version if fact.revision is None else fact.revision
    return {"kind": fact.kind, "id": str(fact.id), "version": own_version, "data": dict(fact.data)}


async def _events(tx: Tx, groups: Collection[Group], generation: int) -> list[tuple[Group, list[Event]]]:
    """Everything known of these persons under all their keys, each with their events in the order of their times."""
    rows = await tx.execute(_OF_PERSONS, {"generation": generation, "keys": [key for group in groups for key in group]})
    of_key: dict[UUID, list[Event]] = {key: [] for group in groups for key in group}
    group_of = {key: of_key[min(group)] for group in groups for key in group}
    for row in rows:
        said = [_said(fact) for fact in row.facts]
        group_of[row.patient_key].append(Event(row.recorded_at, row.referral_id, said, row.patient_key))
    return [(group, of_key[min(group)]) for group in groups]


def _said(fact: dict[str, Any]) -> Said:  # Any: JSON
    return Said(FactKind(fact["kind"]), UUID(fact["id"]), fact["version"], fact["data"])


def _values(journey: Told) -> dict[str, Any]:  # Any: values for SQL
    row = journey.journey
    times = {"waiting_since": journey.waiting_since, "updated_at": journey.updated_at}
    return {**asdict(row), "flags": list(row.flags), **times}


def handlers(generation: int) -> HandlerTable:
    """What the consumer group of a generation does with events: all of a batch at once."""
    together = BatchHandler(partial(project, generation=generation))
    return dict.fromkeys((*events_intake.EVENTS, *events_others.EVENTS), together)


HANDLERS = handlers(FIRST)
