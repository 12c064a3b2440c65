"""Subscriptions over HTTP: a ward system says where it wants to be told, and looks after what was sent."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from homeward_kit import audit
from homeward_kit.auth import Caller, Role, require
from homeward_kit.commands import Answer, run_command
from homeward_kit.database import Tx
from homeward_kit.problems import Pointer, Problem
from spa_intake.adapters.db import deliveries, subscriptions
from spa_intake.adapters.db.subscriptions import Watched
from spa_intake.adapters.webhooks.message import WardMessage
from spa_intake.adapters.webhooks.resolving import Guard
from spa_intake.domain.errors import SubscriptionNotFound
from spa_intake.domain.subscription import SubscriptionStep
from spa_intake.use_cases.access import Access
from spa_intake.use_cases.change_subscription import change_subscription
from spa_intake.use_cases.create_subscription import create_subscription
from spa_intake.use_cases.replay_messages import replay_messages
from spa_intake.use_cases.rotate_secret import rotate_secret
from spa_intake.use_cases.try_subscription import try_subscription

from . import subscription_schemas as schemas
from .dependencies import Scopes, access_of, organisations_of, reading, sending_organisation

router = APIRouter(prefix="/api/v1/subscriptions", tags=["subscriptions"])

Subscriber = Annotated[
    Caller, Depends(require(Role.WARD_SYSTEM, Role.MANAGER, Role.OPERATOR, scope=Scopes.SUBSCRIPTIONS))
]
messages = APIRouter()  # what we send; it is in the OpenAPI document beside what we answer
DELETED = 204


def guard_of(request: Request) -> Guard:
    guard: Guard = request.app.state.webhook_guard
    return guard


async def _watched(tx: Tx, subscription_id: UUID, caller: Caller) -> Watched:
    found = await subscriptions.get(tx, subscription_id, organisations_of(caller))
    if found is None:
        raise SubscriptionNotFound
    return found


@router.post("", status_code=201, response_model=schemas.SubscriptionWithSecretOut)
async def subscribe(body: schemas.SubscribeBody, request: Request, caller: Subscriber) -> Response:
    """Subscribe. The secret in the answer signs the messages; it is shown this once, and again for the same retry."""
    organisation = _organisation(body, caller)

    async def work(tx: Tx) -> Answer:
        await guard_of(request).check(body.url)  # here, so that a retry gets the first answer whatever the name is now
        event_types = tuple(dict.fromkeys(body.event_types))
        made = await create_subscription(tx, organisation, body.url, event_types)
        out = schemas.with_secret(await _watched(tx, made.subscription_id, caller), made)
        return Answer(out, 201, made.version, out.links["self"])

    return await run_command(request, caller, work)


def _organisation(body: schemas.SubscribeBody, caller: Caller) -> str:
    if body.organisation is None and caller.role is not Role.WARD_SYSTEM:
        sentence = "Name the organisation whose referrals the messages tell of."
        raise Problem(
            422,
            "invalid_request",
            "Fields to correct",
            sentence,
            pointers=[Pointer("/organisation", "missing", sentence)],
        )
    return sending_organisation(caller, body.organisation or caller.org, "/organisation")


@router.get("")
async def list_subscriptions(
    request: Request, caller: Subscriber, page: Annotated[schemas.SubscriptionsQuery, Query()]
) -> schemas.SubscriptionsOut:
    """A ward system's own; for managers and operators everybody's."""
    async with reading(request, caller) as tx:
        found = await subscriptions.page(tx, organisations_of(caller), page.after, page.limit)
        await audit.record(tx, "list_subscriptions", "subscriptions", caller=caller)
    is_full = len(found) == page.limit
    return schemas.SubscriptionsOut(
        items=[schemas.subscription_out(one) for one in found],
        next=str(found[-1].subscription.subscription_id) if is_full else None,
    )


@router.get("/{subscription_id}")
async def read_subscription(
    subscription_id: UUID, request: Request, response: Response, caller: Subscriber
) -> schemas.SubscriptionOut:
    """One subscription and how its target does; the version is the ETag that commands on it need as If-Match."""
    async with reading(request, caller) as tx:
        found = await _watched(tx, subscription_id, caller)
        await audit.record(tx, "read_subscription", f"subscription/{subscription_id}", caller=caller)
    response.headers["ETag"] = f'"{found.subscription.version}"'
    return schemas.subscription_out(found)


@router.post("/{subscription_id}/rotate", response_model=schemas.SubscriptionWithSecretOut)
async def rotate(subscription_id: UUID, request: Request, caller: Subscriber) -> Response:
    """A new secret; for a day messages are signed with the old one as well."""

    async def work(tx: Tx) -> Answer:
        rotated = await rotate_secret(tx, subscription_id, access_of(caller, request))
        out = schemas.with_secret(await _watched(tx, subscription_id, caller), rotated)
        return Answer(out, version=rotated.version)

    return await run_command(request, caller, work)


@router.post("/{subscription_id}/pause", response_model=schemas.SubscriptionOut)
async def pause(subscription_id: UUID, request: Request, caller: Subscriber) -> Response:
    """Send nothing for now. Messages wait, for a day at most."""
    return await _change(request, caller, subscription_id, SubscriptionStep.PAUSE)


@router.post("/{subscription_id}/resume", response_model=schemas.SubscriptionOut)
async def resume(subscription_id: UUID, request: Request, caller: Subscriber) -> Response:
    """Send again, what waits first: after a pause, or when a target that was gone is back."""
    return await _change(request, caller, subscription_id, SubscriptionStep.RESUME)


async def _change(request: Request, caller: Caller, subscription_id: UUID, step: SubscriptionStep) -> Response:
    async def work(tx: Tx) -> Answer:
        moved = await change_subscription(tx, subscription_id, step, access_of(caller, request))
        return Answer(schemas.subscription_out(await _watched(tx, subscription_id, caller)), version=moved.version)

    return await run_command(request, caller, work)


@router.delete("/{subscription_id}", status_code=DELETED)
async def unsubscribe(subscription_id: UUID, request: Request, caller: Subscriber) -> Response:
    """Delete a subscription. What still waited for it is dropped, its secret and address are forgotten."""
    async with reading(request, caller) as tx:
        await change_subscription(tx, subscription_id, SubscriptionStep.DELETE, access_of(caller, request))
    return Response(status_code=DELETED)


@router.post("/{subscription_id}/test", status_code=202, response_model=schemas.MessageSentOut)
async def send_test(subscription_id: UUID, request: Request, caller: Subscriber) -> Response:
    """Send a test message. It changes nothing of the subscription, so no If-Match is needed."""

    async def work(tx: Tx) -> Answer:
        delivery_id = await try_subscription(tx, subscription_id, Access(organisations_of(caller)))
        return Answer(schemas.MessageSentOut(webhook_id=schemas.webhook_id_of(delivery_id)), 202)

    return await run_command(request, caller, work)


@router.get("/{subscription_id}/deliveries")
async def list_deliveries(
    subscription_id: UUID, request: Request, caller: Subscriber, page: Annotated[schemas.DeliveriesQuery, Query()]
) -> schemas.DeliveriesOut:
    """What was sent when and what came of it, the newest first; kept for thirty days."""
    async with reading(request, caller) as tx:
        await _watched(tx, subscription_id, caller)
        found = await deliveries.page(tx, subscription_id, page.state, page.after, page.limit)
        await audit.record(tx, "list_deliveries", f"subscription/{subscription_id}", caller=caller)
    return schemas.DeliveriesOut(
        items=[schemas.delivery_out(one) for one in found],
        next=str(found[-1].seq) if len(found) == page.limit else None,
    )


@router.post("/{subscription_id}/replay", status_code=202, response_model=schemas.ReplayedOut)
async def replay(subscription_id: UUID, body: schemas.ReplayBody, request: Request, caller: Subscriber) -> Response:
    """Send messages again under their own ids. It changes nothing of the subscription, so no If-Match is needed."""

    async def work(tx: Tx) -> Answer:
        replayed = await replay_messages(tx, subscription_id, body.which, Access(organisations_of(caller)))
        return Answer(schemas.ReplayedOut(replayed=replayed), 202)

    return await run_command(request, caller, work)


@messages.post("ward-message", status_code=204, tags=["subscriptions"])
def told(body: WardMessage) -> None:
    """What a subscription's address gets, signed after the Standard Webhooks specification; answer with any 2xx."""
