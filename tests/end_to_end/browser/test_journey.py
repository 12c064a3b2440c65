"""A journey in a real browser, with and without JavaScript: accept, decide, broker, start, go home, come back."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from homeward_local.demo import clock
from homeward_local.demo.people import Person as Patient
from homeward_local.demo.people import synthetic_person
from homeward_local.demo.providers import load_providers
from homeward_local.demo.sending import admit, discharge, send_referral
from homeward_local.demo.ways import Way

Open = Callable[..., Any]  # Any: the Person of conftest


def a_patient() -> Patient:
    """Somebody whose family name nobody else on the list has."""
    chooser = random.Random()
    patient = synthetic_person(chooser, datetime.now(UTC).date())
    return replace(patient, family_name="".join(chooser.choices("bcdfghklmnprstvw", k=8)).capitalize())


def referred(stack: Any, patient: Patient) -> tuple[str, datetime]:  # Any: the Stack of tests/end_to_end
    """A patient in hospital whom the ward has referred; returns the referral and when they were admitted."""
    load_providers(stack.client)
    now = clock.now(stack.client)
    admitted_at = now - timedelta(days=3)
    admit(stack.client, patient, admitted_at)
    return send_referral(stack.client, patient, now, Way.REST), admitted_at


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_a_journey_from_the_worklist_to_a_readmission(stack: Any, staff: Open, javascript: bool) -> None:  # noqa: FBT001
    patient = a_patient()
    referral_id, admitted_at = referred(stack, patient)
    _check_and_accept(staff(javascript=javascript), patient)
    _decide(staff(javascript=javascript), referral_id)
    broker = staff(javascript=javascript)
    _broker(broker, referral_id)
    discharge(stack.client, patient, admitted_at, clock.now(stack.client))
    _start(broker)
    admit(stack.client, patient.on_another_visit(), clock.now(stack.client))
    broker.reload_until("was readmitted as an emergency within 30 days")
    broker.check()
    assert str(patient.nhs_number) not in broker.page.url
    assert broker.page.title().startswith("Referral ")


def _check_and_accept(coordinator: Any, patient: Patient) -> None:  # Any: the Person of conftest, here and below
    coordinator.sign_in("coordinator")
    coordinator.page.goto(f"{coordinator.address}/worklist?tab=to_check")
    coordinator.reload_until(patient.family_name.upper())
    coordinator.check()
    coordinator.page.get_by_role("link", name=f"{patient.family_name.upper()}, {patient.given_name}").first.click()
    coordinator.see("A coordinator needs to check this referral")
    coordinator.check()
    coordinator.press("Take it")
    coordinator.see("You have it now.")
    coordinator.press("Accept the referral")
    coordinator.see("Referral accepted.")
    coordinator.reload_until("The team needs to decide the pathway")
    coordinator.check()


def _decide(nurse: Any, referral_id: str) -> None:
    nurse.sign_in("nurse")
    nurse.open(referral_id)
    nurse.press("Decide the pathway")
    nurse.see("Suggested: Pathway 1")
    nurse.check()
    assert not nurse.page.get_by_role("table").is_visible()  # what is not asked cannot be changed unknowingly
    nurse.press("Record the decision")
    nurse.page.get_by_role("link", name="Not everyone whom this pathway needs has taken part.").click()
    assert nurse.page.get_by_label("Nurse", exact=True).evaluate("box => box === document.activeElement")
    nurse.check()
    nurse.tick("Social worker")
    nurse.press("Record the decision")
    nurse.see("Decision recorded.")
    nurse.check()


def _broker(broker: Any, referral_id: str) -> None:
    """The first provider declines, the next accept."""
    broker.sign_in("care broker")
    broker.open(referral_id)
    broker.reload_until("Waiting for an answer")
    broker.check()
    broker.press("Provider declines")
    broker.see("visits a day of")  # which care, and above it whose answer
    broker.tick("No capacity")
    broker.check()
    broker.press("Save")
    broker.reload_until("Declined")
    broker.reload_until("Waiting for an answer")
    while broker.page.get_by_role("button", name="Provider accepts").count():
        broker.press("Provider accepts")
        broker.press("Save")
        broker.see("The provider's answer is recorded.")
        broker.page.reload()
    broker.reload_until("Everything is arranged")
    broker.check()


def _start(broker: Any) -> None:
    broker.reload_until("The agreed care needs to start")
    while broker.page.get_by_role("button", name="Care has started").count():
        broker.press("Care has started")
        broker.see("Start of care recorded.")
        broker.page.reload()
    broker.reload_until("We watch for a readmission for 30 days")
    broker.check()


def test_a_mistake_is_said_in_a_summary_that_has_the_focus(stack: Any, staff: Open) -> None:
    referral_id, _ = referred(stack, a_patient())
    coordinator = staff()
    coordinator.sign_in("coordinator")
    coordinator.open(referral_id)
    coordinator.reload_until("A coordinator needs to check this referral")
    coordinator.press("Decline")
    coordinator.press("Decline the referral")
    coordinator.page.wait_for_function("document.activeElement?.matches('.nhsuk-error-summary')")
    coordinator.page.locator(".nhsuk-error-summary").get_by_text("Select a reason").wait_for()
    coordinator.check()


def test_two_people_on_one_referral_meet_both_versions(stack: Any, staff: Open) -> None:
    referral_id, _ = referred(stack, a_patient())
    first, second = staff(), staff()
    for person in (first, second):
        person.sign_in("coordinator")
        person.open(referral_id)
        person.reload_until("A coordinator needs to check this referral")
    second.press("Ask the ward")
    second.tick("Therapy report")
    first.press("Accept the referral")
    first.see("Referral accepted.")
    second.press("Save")
    second.see("Somebody changed this while you were working")
    second.see("Therapy report")
    second.check()


def test_a_role_that_may_not_is_told_which_one_may(stack: Any, staff: Open) -> None:
    referral_id, _ = referred(stack, a_patient())
    manager = staff()
    manager.sign_in("manager")
    manager.open(referral_id)
    manager.reload_until("A coordinator needs to check this referral")
    assert manager.page.get_by_role("button", name="Accept the referral").count() == 0
    manager.page.goto(f"{manager.address}/referrals/{referral_id}/do/decline")
    manager.see("“Decline” needs: coordinator.")
    manager.check()
    manager.page.goto(f"{manager.address}/nowhere")
    manager.see("Page not found")
    manager.check()
