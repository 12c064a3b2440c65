"""The whole journey on the running product, and what stops, holds or takes it back on the way."""

import json
from datetime import timedelta

import pytest

from homeward_local.demo import clock, hl7
from homeward_local.demo.events import EventFeed
from homeward_local.demo.journey import answer_offers, start_lines
from homeward_local.demo.people import Person
from homeward_local.demo.sending import discharge
from homeward_local.testing import run_homeward

from .conftest import Stack
from .journeys import a_person, play_to_decision

pytestmark = pytest.mark.stack

CHAIN = [
    "patient.admitted", "referral.received", "referral.accepted", "case.opened", "pathway.decided", "package.opened",
    "offer.sent", "offer.declined", "offer.accepted", "package.agreed", "patient.discharged", "watch.started",
    "package.started", "readmission.detected",
]  # fmt: skip


def test_the_demo_journey_prints_the_whole_chain_and_ends_with_a_readmission(stack: Stack) -> None:
    shown = run_homeward("demo", "journey", "--json", environment=stack.environment)
    events = [json.loads(line) for line in shown.splitlines()]
    assert all({"type", "topic", "service", "time", "traceid"} <= event.keys() for event in events)
    short = [event["type"].removeprefix("discharge.").removesuffix(".v1") for event in events]
    assert max(CHAIN, key=short.index) == "readmission.detected"
    assert {event["service"] for event in events} == set(stack.client.services)
    assert short.count("readmission.detected") == 1


def _agreed(stack: Stack, person: Person) -> tuple[str, EventFeed]:
    referral_id, feed = play_to_decision(stack, person)
    answer_offers(stack.client, referral_id, decline_first=False)
    feed.wait_for("package.agreed")
    return referral_id, feed


def _home(stack: Stack, person: Person) -> tuple[str, EventFeed]:
    referral_id, feed = _agreed(stack, person)
    now = clock.now(stack.client)
    discharge(stack.client, person, now - timedelta(days=3), now)
    feed.wait_for("watch.started")
    return referral_id, feed


def _command(stack: Stack, referral_id: str, verb: str, body: dict[str, object]) -> None:
    path = f"/api/v1/referrals/{referral_id}"
    version = stack.client.get("spa-intake", path, "coordinator")["version"]
    stack.client.command("spa-intake", f"{path}/{verb}", "coordinator", body, version)


def _send(stack: Stack, message: bytes) -> None:
    headers = {"Content-Type": "x-application/hl7-v2+er7"}
    assert b"MSA|AA" in stack.client.post_raw("spa-intake", "/api/v1/hl7/adt", "ward_system", message, headers).content


def _package(stack: Stack, referral_id: str) -> dict[str, object]:
    found: dict[str, object] = stack.client.one("care-package", "packages", "broker", referral_id)
    return found


def test_a_withdrawal_cancels_what_was_agreed(stack: Stack) -> None:
    referral_id, feed = _agreed(stack, a_person(71))
    _command(stack, referral_id, "withdraw", {"reason": "no_longer_needed"})
    feed.wait_for("package.cancelled")
    feed.wait_for("case.closed")
    assert _package(stack, referral_id)["state"] == "cancelled"


def test_a_death_closes_the_referral_and_cancels_its_package(stack: Stack) -> None:
    person = a_person(72)
    _, feed = _agreed(stack, person)
    now = clock.now(stack.client)
    segments = hl7.admission(person, now).replace(b"ADT^A01^ADT_A01", b"ADT^A08^ADT_A01").split(b"\r")
    identity = segments[2].split(b"|")
    identity[29:31] = [now.strftime("%Y%m%d%H%M%S").encode(), b"Y"]
    segments[2] = b"|".join(identity)
    _send(stack, b"\r".join(segments))
    feed.wait_for("patient.died")
    feed.wait_for("referral.closed")
    feed.wait_for("package.cancelled")
    feed.wait_for("case.closed")


def test_lost_readiness_holds_and_ready_again_asks_the_provider_to_confirm(stack: Stack) -> None:
    referral_id, feed = _agreed(stack, a_person(73))
    at = clock.now(stack.client).isoformat()
    _command(stack, referral_id, "readiness", {"criteria_to_reside": ["iv_fluids"], "assessed_at": at})
    feed.wait_for("case.paused")
    feed.wait_for("package.held")
    assert _package(stack, referral_id)["holds"] == ["not_ready"]
    offers_before = sum(event.short_type == "offer.sent" for event in feed.seen)
    at = clock.now(stack.client).isoformat()
    _command(stack, referral_id, "readiness", {"criteria_to_reside": [], "assessed_at": at})
    feed.wait_for("case.resumed")
    feed.wait_for("package.resumed")
    clock.advance(stack.client, timedelta(minutes=1))  # until everything is handled
    feed.news()
    assert sum(event.short_type == "offer.sent" for event in feed.seen) > offers_before
    answer_offers(stack.client, referral_id, decline_first=False)
    package = _package(stack, referral_id)
    assert (package["state"], package["holds"]) == ("agreed", [])


def test_the_clock_alone_makes_ready_again_and_lets_care_be_arranged(stack: Stack) -> None:
    """An operation 47 hours ago is a criterion to reside for one hour more, and nobody has to say that it is over."""
    referral_id, feed = _agreed(stack, a_person(79))
    now = clock.now(stack.client)
    operated = {"lower_limb_surgery_48h": (now - timedelta(hours=47)).isoformat()}
    body: dict[str, object] = {
        "criteria_to_reside": list(operated),
        "criteria_since": operated,
        "assessed_at": now.isoformat(),
    }
    _command(stack, referral_id, "readiness", body)
    feed.wait_for("case.paused")
    feed.wait_for("package.held")
    series = stack.client.get("spa-intake", f"/api/v1/referrals/{referral_id}/criteria", "coordinator")
    assert (series["is_ready"], series["next_lapse_at"] is not None) == (False, True)
    clock.advance(stack.client, timedelta(hours=1, minutes=1))
    feed.wait_for("case.resumed")
    feed.wait_for("package.resumed")
    changes = [event for event in feed.seen if event.short_type == "referral.readiness_changed"]
    assert len(changes) == 2
    assert _package(stack, referral_id)["holds"] == []
    assert stack.client.get("spa-intake", f"/api/v1/referrals/{referral_id}", "coordinator")["is_ready"] is True


def test_a_cancelled_discharge_voids_the_watch_and_the_next_one_starts_it_again(stack: Stack) -> None:
    person = a_person(74)
    referral_id, feed = _home(stack, person)
    now = clock.now(stack.client)
    cancelled = hl7.discharge(person, now - timedelta(days=3), now).replace(b"ADT^A03^ADT_A03", b"ADT^A13^ADT_A01")
    _send(stack, cancelled)
    feed.wait_for("discharge.cancelled")
    feed.wait_for("watch.voided")
    feed.wait_for("package.held")
    clock.advance(stack.client, timedelta(hours=2))
    discharge(stack.client, person, now - timedelta(days=3), clock.now(stack.client))
    feed.wait_for("package.resumed")
    clock.advance(stack.client, timedelta(minutes=1))
    feed.news()
    assert [event.short_type for event in feed.seen].count("watch.started") == 2
    assert _package(stack, referral_id)["holds"] == []


def test_back_in_hospital_holds_started_care_and_ends_it_after_a_day(stack: Stack) -> None:
    person = a_person(75)
    referral_id, feed = _home(stack, person)
    start_lines(stack.client, referral_id)
    feed.wait_for("package.started")
    clock.advance(stack.client, timedelta(days=2))
    _send(stack, hl7.admission(person.on_another_visit(), clock.now(stack.client)))
    feed.wait_for("readmission.detected")
    feed.wait_for("package.held")
    assert _package(stack, referral_id)["holds"] == ["in_hospital"]
    clock.advance(stack.client, timedelta(days=1, hours=1))
    feed.wait_for("package.ended")
    feed.wait_for("referral.closed")  # 24 hours after the readmission was detected


def test_thirty_quiet_days_complete_the_watch_and_close_the_referral(stack: Stack) -> None:
    _, feed = _home(stack, a_person(76))
    clock.advance(stack.client, timedelta(days=31))
    feed.wait_for("watch.completed")
    feed.wait_for("referral.closed")
    feed.news()
    assert "readmission.detected" not in {event.short_type for event in feed.seen}
