"""The inbox: an event counts once for a consumer group, remembered in the transaction of its effects."""

from homeward_kit.database import Tx
from homeward_kit.envelope import Attributes


async def is_first_time(tx: Tx, group: str, attributes: Attributes) -> bool:
    """Remember the event; False when this group has had it before."""
    result = await tx.execute(
        "INSERT INTO inbox (consumer_group, event_id, event_time) VALUES (:group, :id, :time) ON CONFLICT DO NOTHING",
        {"group": group, "id": attributes.event_id, "time": attributes.time},
    )
    return result.rowcount == 1
