"""A small synthetic ward: ten people at different stages, so that the first page is not empty."""

import random
from collections.abc import Callable
from datetime import timedelta

from homeward_local.client import StackClient
from homeward_local.config import SERVICES, Config

from . import clock
from .events import EventFeed
from .journey import accept, answer_offers, decide
from .people import DISTRICTS, synthetic_person
from .sending import admit, send_referral
from .ways import Way

SEED = 20261122
WAYS = (Way.REST, Way.FHIR, Way.HL7)
# How far each of the ten has come.
STAGES = ("received", *("received",) * 2, *("accepted",) * 3, *("decided",) * 2, *("agreed",) * 2)
PROVIDERS = {
    "Alder Home Care": ("home_care", "reablement"),
    "Birch Reablement": ("reablement", "therapy"),
    "Cedar Care at Home": ("home_care", "reablement"),
    "Damson Community Nursing": ("community_nursing", "therapy", "equipment"),
    "Elm House": ("bed", "voluntary_sector"),
}
PLACES = 25


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


def load_providers(client: StackClient) -> None:
    """Five synthetic providers that work in the whole borough and have places."""
    if client.get("care-package", "/api/v1/providers", "broker")["items"]:
        return
    for name, services in PROVIDERS.items():
        body = {"name": name, "services": list(services), "areas": list(DISTRICTS)}
        provider = client.post("care-package", "/api/v1/providers", "broker", body)
        for service in services:
            capacity = {"provider_id": provider["provider_id"], "service": service, "places": PLACES}
            client.post("care-package", "/api/v1/capacity", "broker", capacity)


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
