"""The way to a subscription: found among those the caller may see, locked, and still at the version the caller saw."""

from uuid import UUID

from homeward_kit import audit
from homeward_kit.database import Tx
from spa_intake.adapters.db import subscriptions
from spa_intake.domain.errors import SubscriptionNotFound
from spa_intake.domain.subscription import Subscription

from .access import Access


async def open_subscription(tx: Tx, subscription_id: UUID, access: Access) -> Subscription:
    """SubscriptionNotFound also where it is another organisation's."""
    found = await subscriptions.open_one(tx, subscription_id)
    is_seen = access.organisations is None or (found and found.organisation in access.organisations)
    if found is None or not is_seen:
        raise SubscriptionNotFound
    if access.check_version is not None:
        access.check_version(found.version)
    return found


async def audit_subscription(tx: Tx, action: str, subscription_id: UUID) -> None:
    """Note who did what to a subscription."""
    await audit.record(tx, action, f"subscription/{subscription_id}")
