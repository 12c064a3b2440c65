"""Playing a journey with the demo's own steps, up to where a test wants it."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from homeward_local.demo import clock
from homeward_local.demo.events import Event, EventFeed
from homeward_local.demo.journey import Journey, accept, decide
from homeward_local.demo.people import Person, synthetic_person
from homeward_local.demo.providers import load_providers
from homeward_local.demo.sending import admit, send_referral
from homeward_local.demo.ways import Way

from .conftest import Stack


def a_person(seed: int) -> Person:
    """A synthetic person; the same seed makes the same one."""
    return synthetic_person(random.Random(seed), datetime.now(UTC).date())


def journey(stack: Stack, person: Person, on_event: Callable[[Event], None] = lambda _event: None) -> Journey:
    """The whole journey, from admission to readmission, not yet played."""
    return Journey(stack.client, person, lambda _step: None, on_event)


def play_to_decision(stack: Stack, person: Person) -> tuple[str, EventFeed]:
    """Admit, refer, accept, decide; returns the referral's id and the person's events."""
    load_providers(stack.client)
    now = clock.now(stack.client)
    admit(stack.client, person, now - timedelta(days=3))
    referral_id = send_referral(stack.client, person, now, Way.REST)
    key = stack.client.get("spa-intake", f"/api/v1/referrals/{referral_id}", "operator")["patient_key"]
    feed = EventFeed(stack.client, {"key": key})
    feed.wait_for("referral.received")
    accept(stack.client, referral_id)
    feed.wait_for("case.opened")
    decide(stack.client, referral_id)
    feed.wait_for("offer.sent")
    return referral_id, feed
