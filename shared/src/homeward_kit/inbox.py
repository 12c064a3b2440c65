"""The inbox: an event counts once for a consumer group, remembered in the transaction of its effects."""

from collections.abc import Sequence
from uuid import UUID

from homeward_kit.database import Tx
from homeward_kit.envelope import Attributes

# one row with all of them: a row for each costs as much again
_REMEMBER = """
WITH new AS (
    INSERT INTO inbox (consumer_group, event_id, event_time)
    SELECT :group, event_id, event_time
    FROM unnest(CAST(:ids AS uuid[]), CAST(:times AS timestamptz[])) AS event (event_id, event_time)
    ON CONFLICT DO NOTHING
    RETURNING event_id)
SELECT array_agg(event_id) AS ids, EXISTS (
    SELECT FROM repairs WHERE consumer_group = :group AND event_id = ANY(CAST(:ids AS uuid[]))) AS is_any_repaired
FROM new
"""


async def first_times(tx: Tx, group: str, events: Sequence[Attributes]) -> tuple[set[UUID], bool]:
    """Remember the events; returns those that this group has never had before, and whether any has been repaired."""
    if not events:
        return set(), False
    ids, times = [event.event_id for event in events], [event.time for event in events]
    result = await tx.execute(_REMEMBER, {"group": group, "ids": ids, "times": times})
    new = result.one()
    return set(new.ids or ()), new.is_any_repaired
