"""One person's whole journey, played over HTTP: from the ward's message to a detected readmission."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from homeward_local.client import StackClient

from . import clock
from .events import Event, EventFeed
from .people import Person
from .providers import load_providers
from .sending import admit, discharge, send_referral
from .ways import Way

STAY_BEFORE_REFERRAL = timedelta(days=3)
DAYS_AT_HOME = 5


@dataclass
class Journey:
    """The steps in their order; each waits for the events it depends on."""

    client: StackClient
    person: Person
    say: Callable[[str], None]
    on_event: Callable[[Event], None]
    way: Way = Way.REST

    def play(self) -> Event:
        """The readmission's event at the end; raises StackError where something expected does not happen."""
        load_providers(self.client)
        admitted_at = clock.now(self.client) - STAY_BEFORE_REFERRAL
        self.say("The hospital admits a person (HL7 v2, A01)")
        admit(self.client, self.person, admitted_at)
        self.say(f"The ward refers the person ({self.way})")
        referral_id = send_referral(self.client, self.person, clock.now(self.client), self.way)
        feed = EventFeed(self.client, {"key": self._patient_key(referral_id)}, self.on_event)
        feed.wait_for("referral.received")
        self.say("A coordinator accepts the referral")
        accept(self.client, referral_id)
        feed.wait_for("case.opened")
        self.say("The MDT takes the suggested pathway")
        decide(self.client, referral_id)
        feed.wait_for("package.opened")
        self.say("The first provider declines, the next accepts")
        self._agree(feed, referral_id)
        self.say("The person goes home (HL7 v2, A03), care starts")
        discharge(self.client, self.person, admitted_at, clock.now(self.client))
        feed.wait_for("watch.started")
        start_lines(self.client, referral_id)
        feed.wait_for("package.started")
        self.say(f"{DAYS_AT_HOME} days pass (demo clock)")
        clock.advance(self.client, timedelta(days=DAYS_AT_HOME))
        self.say("The person comes back as an emergency (HL7 v2, A01)")
        self._readmit(clock.now(self.client))
        detected = feed.wait_for("readmission.detected")
        clock.settle(self.client)
        feed.news()
        return detected

    def _patient_key(self, referral_id: str) -> str:
        referral = self.client.get("spa-intake", f"/api/v1/referrals/{referral_id}", "operator")
        return str(referral["patient_key"])

    def _agree(self, feed: EventFeed, referral_id: str) -> None:
        feed.wait_for("offer.sent")
        answer_offers(self.client, referral_id, decline_first=True)
        feed.wait_for("package.agreed")

    def _readmit(self, at: datetime) -> None:
        again = self.person.on_another_visit()
        admit(self.client, again, at)


def accept(client: StackClient, referral_id: str) -> None:
    """A coordinator accepts the referral."""
    path = f"/api/v1/referrals/{referral_id}"
    version = client.get("spa-intake", path, "coordinator")["version"]
    client.command("spa-intake", f"{path}/accept", "coordinator", {}, version)


def decide(client: StackClient, referral_id: str) -> None:
    """An MDT with the quorum the case asks for takes the suggested pathway and lines."""
    case = client.one("triage", "cases", "nurse", referral_id)
    participants = sorted({group[0] for group in case["quorum"]["needed"]} | {"nurse"})
    path = f"/api/v1/cases/{case['case_id']}"
    case = client.command(
        "triage", f"{path}/assessments", "nurse", {"findings": ["reablement_potential"]}, case["version"]
    )
    decision = {"pathway": case["suggestion"]["pathway"], "lines": None, "participants": participants}
    client.command("triage", f"{path}/decision", "nurse", decision, case["version"])


def answer_offers(client: StackClient, referral_id: str, *, decline_first: bool) -> None:
    """Providers answer until every line is agreed; the first offer of all is declined when asked for."""
    is_first = decline_first
    while True:
        package = client.one("care-package", "packages", "broker", referral_id)
        offer = next((offer for line in package["lines"] for offer in line["offers"] if offer["state"] == "sent"), None)
        if offer is None:
            return
        answer: tuple[str, dict[str, Any]] = ("decline", {"reason": "no_capacity"}) if is_first else ("accept", {})
        is_first = False
        path = f"/api/v1/offers/{offer['offer_id']}/{answer[0]}"
        client.command("care-package", path, "broker", answer[1], package["version"])


def start_lines(client: StackClient, referral_id: str) -> None:
    """The providers of the agreed lines have started."""
    while True:
        package = client.one("care-package", "packages", "broker", referral_id)
        line = next((line for line in package["lines"] if line["state"] == "agreed"), None)
        if line is None:
            return
        path = f"/api/v1/packages/{package['package_id']}/lines/{line['line_id']}/start"
        client.command("care-package", path, "broker", {}, package["version"])
