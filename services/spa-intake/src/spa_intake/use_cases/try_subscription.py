"""Send a message about nobody to a subscription's target, to see whether it is taken."""

from uuid import UUID

from homeward_kit.database import Tx
from spa_intake.adapters.db import deliveries
from spa_intake.adapters.webhooks.message import body_of_test
from spa_intake.domain.errors import SubscriptionStopped
from spa_intake.domain.subscription import TEST_MESSAGE, SubscriptionState

from .access import Access
from .subscription_access import audit_subscription, open_subscription


async def try_subscription(tx: Tx, subscription_id: UUID, access: Access) -> UUID:
    """The message's id. Refuses with SubscriptionStopped where it is not active: nothing would be sent."""
    subscription = await open_subscription(tx, subscription_id, access)
    if subscription.state is not SubscriptionState.ACTIVE:
        raise SubscriptionStopped(state=subscription.state.value)
    delivery_id = deliveries.add(tx, subscription_id, None, (TEST_MESSAGE, body_of_test(tx, subscription_id)))
    await audit_subscription(tx, "try_subscription", subscription_id)
    return delivery_id
