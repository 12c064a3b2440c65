"""Subscriptions and their messages as callers send and read them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, StrictStr, StringConstraints, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from spa_intake.adapters.db.deliveries import Delivery
from spa_intake.adapters.db.subscriptions import Watched
from spa_intake.domain.delivery import DeliveryState
from spa_intake.domain.subscription import MESSAGE_TYPES, Subscription, SubscriptionState
from spa_intake.domain.target import LONGEST

from .field_types import Body, Moment, OdsCode
from .resources import Resource

_ID = "msg_"


def _known(name: str) -> str:
    if name not in MESSAGE_TYPES:
        raise PydanticCustomError("enum", "not a type of message")
    return name


MessageType = Annotated[
    StrictStr, AfterValidator(_known), WithJsonSchema({"type": "string", "enum": list(MESSAGE_TYPES)})
]


class SubscribeBody(Body):
    """Where messages go and about what; no event types: about everything, also what is added later."""

    url: Annotated[
        StrictStr,
        StringConstraints(min_length=1, max_length=LONGEST),
        Field(examples=["https://pas.example.nhs.uk/in"]),
    ]
    event_types: Annotated[list[MessageType], Field(default_factory=list, max_length=len(MESSAGE_TYPES))]
    organisation: OdsCode | None = None  # whose referrals; a ward system's own unless given


class ReplayBody(Body):
    """Either one message, or all that died and tell of a change since a time."""

    webhook_id: Annotated[StrictStr, StringConstraints(pattern=r"^msg_[0-9a-f]{32}$")] | None = None
    dead_since: Moment | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "ReplayBody":
        if (self.webhook_id is None) == (self.dead_since is None):
            raise PydanticCustomError("one_of_both", "give webhook_id or dead_since")
        return self

    @property
    def which(self) -> UUID | datetime:
        return self.dead_since if self.dead_since is not None else UUID((self.webhook_id or "").removeprefix(_ID))


class SubscriptionsQuery(Body):
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    after: UUID | None = None


class DeliveriesQuery(Body):
    state: DeliveryState | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    after: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None


class HealthOut(Resource):
    """How the target does. `failing_since`: nothing has been taken since then."""

    failing_since: datetime | None
    failures: int
    last_error: str | None
    next_try_at: datetime | None
    waiting: int
    dead: int


class SubscriptionOut(Resource):
    subscription_id: UUID
    organisation: str
    url: str
    event_types: list[str]
    state: SubscriptionState
    version: int
    created_at: datetime
    previous_secret_until: datetime | None
    health: HealthOut
    links: dict[str, str]


class SubscriptionWithSecretOut(SubscriptionOut):
    """The secret is shown this once."""

    secret: str


class SubscriptionsOut(Resource):
    items: list[SubscriptionOut]
    next: str | None


class DeliveryOut(Resource):
    """A message: what of, when and with what success; whom it is about is in the referral."""

    webhook_id: str
    type: str
    referral_id: UUID | None
    state: DeliveryState
    created_at: datetime
    attempts: int
    last_attempt_at: datetime | None
    last_status: int | None
    last_error: str | None
    next_try_at: datetime | None


class DeliveriesOut(Resource):
    items: list[DeliveryOut]
    next: str | None


class MessageSentOut(Resource):
    webhook_id: str


class ReplayedOut(Resource):
    replayed: int


def webhook_id_of(delivery_id: UUID) -> str:
    return f"{_ID}{delivery_id.hex}"


def subscription_out(watched: Watched) -> SubscriptionOut:
    return SubscriptionOut(**_fields(watched))


def with_secret(watched: Watched, subscription: Subscription) -> SubscriptionWithSecretOut:
    return SubscriptionWithSecretOut(**_fields(watched), secret=subscription.secret)


def _fields(watched: Watched) -> dict[str, object]:
    subscription, health = watched.subscription, watched.health
    place = f"/api/v1/subscriptions/{subscription.subscription_id}"
    return {
        "subscription_id": subscription.subscription_id,
        "organisation": subscription.organisation,
        "url": subscription.url,
        "event_types": list(subscription.event_types),
        "state": subscription.state,
        "version": subscription.version,
        "created_at": subscription.created_at,
        "previous_secret_until": subscription.previous_until,
        "health": HealthOut(
            failing_since=health.failing_since,
            failures=health.failures,
            last_error=health.last_error,
            next_try_at=health.next_try_at,
            waiting=watched.waiting,
            dead=watched.dead,
        ),
        "links": {"self": place, "deliveries": f"{place}/deliveries"},
    }


def delivery_out(delivery: Delivery) -> DeliveryOut:
    return DeliveryOut(
        webhook_id=webhook_id_of(delivery.delivery_id),
        type=delivery.type,
        referral_id=delivery.referral_id,
        state=delivery.state,
        created_at=delivery.created_at,
        attempts=delivery.attempts,
        last_attempt_at=delivery.last_attempt_at,
        last_status=delivery.last_status,
        last_error=delivery.last_error,
        next_try_at=delivery.due_at if delivery.state is DeliveryState.PENDING else None,
    )
