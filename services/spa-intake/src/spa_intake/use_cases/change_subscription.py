"""Pause a subscription, let it go on, or delete it."""

from uuid import UUID

from homeward_kit.database import Tx
from spa_intake.adapters.db import deliveries, subscriptions
from spa_intake.domain.delivery import DeliveryState, Health
from spa_intake.domain.subscription import Subscription, SubscriptionStep, move

from .access import Access
from .subscription_access import audit_subscription, open_subscription

_ACTIONS = {
    SubscriptionStep.PAUSE: "pause_subscription",
    SubscriptionStep.RESUME: "resume_subscription",
    SubscriptionStep.DELETE: "delete_subscription",
}


async def change_subscription(tx: Tx, subscription_id: UUID, step: SubscriptionStep, access: Access) -> Subscription:
    """Resumed, it is tried at once; of a deleted one nothing is sent any more. Refuses with SubscriptionStopped."""
    moved = move(await open_subscription(tx, subscription_id, access), step)
    if step is SubscriptionStep.DELETE:
        await subscriptions.forget(tx, moved)
        await deliveries.give_up(tx, subscription_id, DeliveryState.DROPPED, None, tx.now)
    else:
        await subscriptions.update(tx, moved)
    if step is SubscriptionStep.RESUME:
        await subscriptions.save_health(tx, subscription_id, Health())
        await deliveries.make_due(tx, subscription_id)
    await audit_subscription(tx, _ACTIONS[step], subscription_id)
    return moved
