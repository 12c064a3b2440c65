"""The timeline's query: every event of a journey across the services, and of the person's hospital stays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from homeward_kit import aliases
from homeward_kit.database import Tx

from .worklist import JourneyRow

LONGEST = 500


@dataclass(frozen=True)
class Entry:
    """One event as it was recorded; `details` are coded."""

    event_id: UUID
    type: str
    service: str
    recorded_at: datetime
    actor: str
    details: Mapping[str, Any]  # Any: JSON


async def of_journey(tx: Tx, row: JourneyRow) -> Sequence[Entry]:
    """The newest first. Hospital events of a person belong to each of their journeys."""
    keys = await aliases.keys_of(tx, row.patient_key)
    result = await tx.execute(
        "SELECT event_id, type, service, recorded_at, actor, details FROM timeline"
        " WHERE referral_id = :referral_id OR (patient_key = ANY(:keys) AND referral_id IS NULL)"
        " ORDER BY recorded_at DESC, applied_number DESC LIMIT :limit",
        {"referral_id": row.referral_id, "keys": list(keys), "limit": LONGEST},
    )
    return [Entry(**found) for found in result.mappings()]
