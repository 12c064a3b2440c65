"""Subscriptions of ward systems in words: where messages go, how the address does, and what became of each message."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from . import dates

Json = Mapping[str, Any]  # Any: JSON of the intake API

GROUPS: Mapping[str, tuple[str, ...]] = {  # what may be told, by what it is about
    "The referral": (
        "referral.received",
        "referral.amended",
        "referral.queried",
        "referral.answered",
        "referral.accepted",
        "referral.declined",
        "referral.withdrawn",
        "referral.readiness_changed",
        "referral.closed",
    ),
    "The hospital stay": ("patient.discharged", "discharge.cancelled"),
    "Triage": (
        "case.opened",
        "pathway.decided",
        "case.target_set",
        "case.paused",
        "case.resumed",
        "case.returned",
        "case.reopened",
        "case.closed",
    ),
    "The care": (
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
    ),
    "The thirty days afterwards": (
        "watch.started",
        "readmission.detected",
        "readmission.retracted",
        "watch.completed",
        "watch.ended",
        "watch.voided",
    ),
}
DELIVERY_STATES = {
    "pending": "Waiting",
    "delivered": "Taken",
    "dead": "Given up",
    "dropped": "Dropped",
}
ERRORS = {
    "timeout": "No answer in time",
    "not_reachable": "The address cannot be reached",
    "name_not_known": "The name of the address is not known",
    "certificate_refused": "The certificate is not trusted",
    "connection_lost": "The connection broke off",
    "target_refused": "The address lies inside our own network",
}
REFUSALS = {
    "name_not_known": "The name of this address is not known. Check how it is written",
    "address": "This address lies inside our own network. Enter one that is public",
}
TABS = {"": "All", "dead": "Given up", "pending": "Waiting", "delivered": "Taken"}
DONE = {
    "test": "A test message is on its way. It appears below with what came of it.",
    "pause": "Paused. Messages wait, for a day at most.",
    "resume": "Active again. What waits is sent first.",
    "remove": "The subscription is removed. Its address and secret are forgotten.",
    "replay": "Sent again under the same number.",
}


@dataclass(frozen=True)
class SubscriptionView:
    """`tone` names the colour of the state beside its words."""

    subscription_id: str
    organisation: str
    url: str
    about: str
    state: str
    tone: str
    state_text: str
    detail: str
    waiting: int
    dead: int
    made: str
    old_secret: str
    version: int


@dataclass(frozen=True)
class DeliveryView:
    webhook_id: str
    text: str
    referral_id: str | None
    state: str
    state_text: str
    made: str
    tries: str
    error: str
    can_replay: bool


def subscription_view(item: Json, now: datetime) -> SubscriptionView:
    """A subscription, with how its address does."""
    health = item["health"]
    tone, state_text = _state(item, now)
    until = item["previous_secret_until"]
    return SubscriptionView(
        subscription_id=item["subscription_id"],
        organisation=item["organisation"],
        url=item["url"],
        about=", ".join(type_text(one) for one in item["event_types"]) or "Everything, also what is added later",
        state=item["state"],
        tone=tone,
        state_text=state_text,
        detail=_detail(health, now) if item["state"] == "active" else "",
        waiting=health["waiting"],
        dead=health["dead"],
        made=_moment(item["created_at"], now),
        old_secret=f"Until {_moment(until, now)} the secret before is used beside it" if until else "",
        version=item["version"],
    )


def delivery_view(item: Json, now: datetime) -> DeliveryView:
    """A message: what of, when, and with what success."""
    tried = item["attempts"]
    tries = "Not yet" if not tried else f"{tried} {'try' if tried == 1 else 'tries'}"
    if item["last_attempt_at"]:
        tries += f", the last {_moment(item['last_attempt_at'], now)}"
    return DeliveryView(
        webhook_id=item["webhook_id"],
        text=type_text(item["type"]),
        referral_id=item["referral_id"],
        state=item["state"],
        state_text=DELIVERY_STATES[item["state"]],
        made=_moment(item["created_at"], now),
        tries=tries,
        error=_result(item, now),
        can_replay=item["state"] in {"dead", "delivered"},
    )


def type_text(code: str) -> str:
    """Such as "Referral accepted"."""
    return code.replace(".", " ").replace("_", " ").capitalize()


def error_text(code: str | None) -> str:
    """Why a message was not taken: "The address answered 503 (Service Unavailable)"."""
    if not code:
        return ""
    status = code.removeprefix("status_")
    if status != code and status.isdigit():
        phrase = next((f" ({one.phrase})" for one in HTTPStatus if one.value == int(status)), "")
        return f"The address answered {status}{phrase}"
    return ERRORS.get(code) or code.replace("_", " ").capitalize()


def tabs(chosen: str) -> Sequence[tuple[str, str, bool]]:
    """Code, text, and whether it is the one shown."""
    return [(code, text, code == chosen) for code, text in TABS.items()]


def _state(item: Json, now: datetime) -> tuple[str, str]:
    if item["state"] == "paused":
        return "paused", "Paused"
    if item["state"] == "disabled":
        return "overdue", "Stopped: the address says it is gone"
    if item["health"]["failing_since"]:
        return "overdue", f"Failing since {_moment(item['health']['failing_since'], now)}"
    return "on-track", "Active"


def _detail(health: Json, now: datetime) -> str:
    if not health["failing_since"]:
        return ""
    times = f"{health['failures']} {'failure' if health['failures'] == 1 else 'failures'} in a row"
    then = f"next try {_moment(health['next_try_at'], now)}" if health["next_try_at"] else ""
    return ". ".join(filter(None, [error_text(health["last_error"]), ", ".join(filter(None, [times, then]))]))


def _result(item: Json, now: datetime) -> str:
    if item["state"] == "delivered":
        return f"Answered {item['last_status']}" if item["last_status"] else ""
    then = f"Next try {_moment(item['next_try_at'], now)}" if item["next_try_at"] and item["attempts"] else ""
    return ". ".join(filter(None, [error_text(item["last_error"]), then]))


def _moment(text: str, now: datetime) -> str:
    return dates.moment(datetime.fromisoformat(text), now)
