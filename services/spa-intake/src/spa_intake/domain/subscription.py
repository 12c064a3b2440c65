"""A ward system's subscription: what it is told, the one table of its states, and its secret's change."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from .errors import SubscriptionStopped

SubscriptionId = NewType("SubscriptionId", UUID)

MOST_OF_AN_ORGANISATION = 20
SECRETS_OVERLAP = timedelta(hours=24)  # how long messages are signed with the secret before as well
TEST_MESSAGE = "subscription.tested"
# What may be told: the referral's own facts, and what the other services and the hospital say of its journey.
MESSAGE_TYPES = (
    "referral.received",
    "referral.amended",
    "referral.queried",
    "referral.answered",
    "referral.accepted",
    "referral.declined",
    "referral.withdrawn",
    "referral.readiness_changed",
    "referral.closed",
    "patient.discharged",
    "discharge.cancelled",
    "case.opened",
    "pathway.decided",
    "case.target_set",
    "case.paused",
    "case.resumed",
    "case.returned",
    "case.reopened",
    "case.closed",
    "package.opened",
    "package.agreed",
    "package.unfilled",
    "package.reopened",
    "package.held",
    "package.resumed",
    "package.started",
    "package.handed_back",
    "package.ended",
    "package.cancelled",
    "watch.started",
    "readmission.detected",
    "readmission.retracted",
    "watch.completed",
    "watch.ended",
    "watch.voided",
)


class SubscriptionState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"  # by its owner: messages wait
    DISABLED = "disabled"  # the target answered that it is gone (410)
    DELETED = "deleted"


class SubscriptionStep(StrEnum):
    PAUSE = "pause"
    RESUME = "resume"
    DISABLE = "disable"
    DELETE = "delete"


_S = SubscriptionState
TRANSITIONS: dict[SubscriptionStep, tuple[frozenset[SubscriptionState], SubscriptionState]] = {
    SubscriptionStep.PAUSE: (frozenset({_S.ACTIVE}), _S.PAUSED),
    SubscriptionStep.RESUME: (frozenset({_S.PAUSED, _S.DISABLED}), _S.ACTIVE),
    SubscriptionStep.DISABLE: (frozenset({_S.ACTIVE}), _S.DISABLED),
    SubscriptionStep.DELETE: (frozenset({_S.ACTIVE, _S.PAUSED, _S.DISABLED}), _S.DELETED),
}


@dataclass(frozen=True, repr=False)
class Subscription:
    """No event types: all of them. `version` rises with each change by its owner, and when it is disabled."""

    subscription_id: SubscriptionId
    organisation: str
    url: str
    event_types: tuple[str, ...]
    secret: str
    state: SubscriptionState
    version: int
    created_at: datetime
    created_by: str
    previous_secret: str | None = None
    previous_until: datetime | None = None

    def wants(self, message_type: str) -> bool:
        return not self.event_types or message_type in self.event_types

    def secrets(self, now: datetime) -> tuple[str, ...]:
        """What a message is signed with now: the secret, and for a while the one before."""
        if self.previous_secret is None or self.previous_until is None or self.previous_until <= now:
            return (self.secret,)
        return (self.secret, self.previous_secret)


def move(subscription: Subscription, step: SubscriptionStep) -> Subscription:
    """Take a step of the table; a repeat changes nothing. Refuses with SubscriptionStopped."""
    allowed_from, to = TRANSITIONS[step]
    if subscription.state is to:
        return subscription
    if subscription.state not in allowed_from:
        raise SubscriptionStopped(state=subscription.state.value)
    return replace(subscription, state=to, version=subscription.version + 1)


def with_new_secret(subscription: Subscription, secret: str, now: datetime) -> Subscription:
    """The secret changes; the one before is used beside it for a day."""
    return replace(
        subscription,
        secret=secret,
        previous_secret=subscription.secret,
        previous_until=now + SECRETS_OVERLAP,
        version=subscription.version + 1,
    )
