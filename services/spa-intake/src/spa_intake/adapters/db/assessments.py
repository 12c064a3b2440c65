"""The dated series of assessments of the criteria to reside; rows are only added."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from homeward_kit.database import Tx
from spa_intake.domain.codes import Criterion
from spa_intake.domain.criteria import Assessment
from spa_intake.domain.ids import ReferralId

_since = TypeAdapter(dict[Criterion, datetime])


async def of_referral(tx: Tx, referral_id: UUID) -> list[Assessment]:
    """In the order in which they were recorded."""
    rows = await tx.execute(
        "SELECT assessed_at, criteria, criteria_since::text AS since, recorded_at, actor FROM readiness"
        " WHERE referral_id = :id ORDER BY recorded_at, assessed_at",
        {"id": referral_id},
    )
    return [
        Assessment(
            assessed_at=row.assessed_at,
            criteria=tuple(Criterion(criterion) for criterion in row.criteria),
            since=_since.validate_json(row.since),
            recorded_at=row.recorded_at,
            actor=row.actor,
        )
        for row in rows
    ]


async def add(tx: Tx, referral_id: ReferralId, assessment: Assessment) -> None:
    await tx.execute(
        """
        INSERT INTO readiness (referral_id, assessed_at, criteria, criteria_since, recorded_at, actor)
        VALUES (:referral_id, :assessed_at, :criteria, CAST(:criteria_since AS jsonb), :recorded_at, :actor)
        ON CONFLICT DO NOTHING
        """,
        _values(tx, referral_id, assessment),
    )


def add_first(tx: Tx, referral_id: ReferralId, assessment: Assessment) -> None:
    """The one that a new referral came with, written with the referral's row."""
    tx.add_row("readiness", _values(tx, referral_id, assessment))


def _values(tx: Tx, referral_id: ReferralId, assessment: Assessment) -> dict[str, Any]:  # Any: bound values
    return {
        "referral_id": referral_id,
        "assessed_at": assessment.assessed_at,
        "criteria": list(assessment.criteria),
        "criteria_since": _json(assessment.since),
        "recorded_at": tx.now,
        "actor": tx.actor,
    }


def _json(since: Mapping[Criterion, datetime]) -> str:
    return json.dumps({criterion.value: at.isoformat() for criterion, at in since.items()})
