"""Give a subscription a new secret; for a day its messages are signed with the one before as well."""

from uuid import UUID

from homeward_kit.database import Tx
from spa_intake.adapters.db import subscriptions
from spa_intake.adapters.webhooks.secrets import new_secret
from spa_intake.domain.subscription import Subscription, with_new_secret

from .access import Access
from .subscription_access import audit_subscription, open_subscription


async def rotate_secret(tx: Tx, subscription_id: UUID, access: Access) -> Subscription:
    """Refuses with SubscriptionNotFound."""
    rotated = with_new_secret(await open_subscription(tx, subscription_id, access), new_secret(), tx.now)
    await subscriptions.update(tx, rotated)
    await audit_subscription(tx, "rotate_secret", subscription_id)
    return rotated
