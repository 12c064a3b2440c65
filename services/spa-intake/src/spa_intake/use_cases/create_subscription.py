"""Subscribe a ward system to what happens to its organisation's referrals."""

from uuid import uuid4

from homeward_kit.database import Tx
from spa_intake.adapters.db import subscriptions
from spa_intake.adapters.webhooks.secrets import new_secret
from spa_intake.domain.errors import TooManySubscriptions
from spa_intake.domain.subscription import (
    MOST_OF_AN_ORGANISATION,
    Subscription,
    SubscriptionId,
    SubscriptionState,
)

from .subscription_access import audit_subscription


async def create_subscription(tx: Tx, organisation: str, url: str, event_types: tuple[str, ...]) -> Subscription:
    """`url` is one that the guard has let pass. Refuses with TooManySubscriptions."""
    if await subscriptions.count(tx, organisation) >= MOST_OF_AN_ORGANISATION:
        raise TooManySubscriptions
    subscription = Subscription(
        subscription_id=SubscriptionId(uuid4()),
        organisation=organisation,
        url=url,
        event_types=event_types,
        secret=new_secret(),
        state=SubscriptionState.ACTIVE,
        version=1,
        created_at=tx.now,
        created_by=tx.actor,
    )
    await subscriptions.add(tx, subscription)
    await audit_subscription(tx, "create_subscription", subscription.subscription_id)
    return subscription
