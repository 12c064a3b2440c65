"""Send messages again under their own ids: one, or all that have died since a time."""

from datetime import datetime
from uuid import UUID

from homeward_kit.database import Tx
from spa_intake.adapters.db import deliveries
from spa_intake.domain.errors import DeliveryNotFound

from .access import Access
from .subscription_access import audit_subscription, open_subscription


async def replay_messages(tx: Tx, subscription_id: UUID, which: UUID | datetime, access: Access) -> int:
    """How many are sent again. Refuses with DeliveryNotFound."""
    await open_subscription(tx, subscription_id, access)
    if isinstance(which, datetime):
        replayed = await deliveries.replay_dead(tx, subscription_id, which)
    elif await deliveries.replay(tx, subscription_id, which):
        replayed = 1
    else:
        raise DeliveryNotFound
    await audit_subscription(tx, "replay_messages", subscription_id)
    return replayed
