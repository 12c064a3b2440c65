"""The facts the read model keeps: one row per referral, case, package, offer, watch, stay and person."""

import json
from collections.abc import Sequence
from uuid import UUID

from homeward_kit.database import Tx

from .journey import Known
from .projected import Fact, FactKind

_STORE = """
INSERT INTO journey_facts (kind, id, patient_key, referral_id, version, data)
VALUES (:kind, :id, :patient_key, :referral_id, :version, CAST(:data AS jsonb))
ON CONFLICT (kind, id) DO UPDATE
   SET data = journey_facts.data || excluded.data,
       version = excluded.version,
       referral_id = coalesce(excluded.referral_id, journey_facts.referral_id)
 WHERE journey_facts.version <= excluded.version
"""


async def store(tx: Tx, fact: Fact, *, patient_key: UUID, referral_id: UUID | None, version: int) -> None:
    """Keep a fact unless a newer one of the same thing is known."""
    await tx.execute(
        _STORE,
        {
            "kind": fact.kind,
            "id": fact.id,
            "patient_key": patient_key,
            "referral_id": referral_id,
            "version": version if fact.revision is None else fact.revision,
            "data": json.dumps(dict(fact.data)),
        },
    )


async def of_person(tx: Tx, patient_key: UUID) -> Sequence[Known]:
    """All facts of a person; the caller holds the person's lock."""
    rows = await tx.execute(
        "SELECT kind, id, referral_id, data FROM journey_facts WHERE patient_key = :patient_key ORDER BY kind, id",
        {"patient_key": patient_key},
    )
    return [Known(FactKind(row.kind), row.id, row.referral_id, row.data) for row in rows]
