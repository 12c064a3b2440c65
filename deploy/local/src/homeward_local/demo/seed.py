"""A small synthetic ward: ten people at different stages, so that the first page is not empty."""

import random
from collections.abc import Callable
from datetime import timedelta

from homeward_local.client import StackClient
from homeward_local.config import SERVICES, Config

from . import clock
from .events import EventFeed
from .journey import accept, answer_offers, decide
from .people import synthetic_person
from .providers import load_providers
from .sending import admit, send_referral
from .ways import Way

SEED = 20261122
WAYS = (Way.REST, Way.FHIR, Way.HL7)
# How far each of the ten has come.
STAGES = ("received", *("received",) * 2, *("accepted",) * 3, *("decided",) * 2, *("agreed",) * 2)


def seed(config: Config, say: Callable[[str], None]) -> None:
    """Load providers and people by the public interfaces, unless there are some already."""
    client = StackClient({service.name: config.url_of(service) for service in SERVICES}, config.issuer_url)
    if client.get("spa-intake", "/api/v1/referrals", "coordinator", limit="1")["items"]:
        return
    say("Loading a small synthetic ward")
    load_providers(client)
    chooser = random.Random(SEED)  # noqa: S311 - the same ward for everybody, nothing secret
    now = clock.now(client)
    for number, stage in enumerate(STAGES):
        person = synthetic_person(chooser, now.date())
        admit(client, person, now - timedelta(days=number + 1))
        referral_id = send_referral(client, person, now, WAYS[number % len(WAYS)])
        _bring_to(client, referral_id, stage)


def _bring_to(client: StackClient, referral_id: str, stage: str) -> None:
    if stage == "received":
        return
    accept(client, referral_id)
    feed = EventFeed(client, {"referral_id": referral_id})
    if stage == "accepted":
        return
    feed.wait_for("case.opened")
    decide(client, referral_id)
    if stage == "agreed":
        feed.wait_for("offer.sent")
        answer_offers(client, referral_id, decline_first=False)
