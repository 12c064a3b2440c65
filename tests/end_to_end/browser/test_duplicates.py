"""Two records of one person: compared side by side, joined, and taken apart again, with and without JavaScript."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from homeward_local.demo import clock
from homeward_local.demo.people import Person as Patient
from homeward_local.demo.rest import referral_body

from .test_journey import a_patient

Open = Callable[..., Any]  # Any: the Person of conftest


def referred_without_number(stack: Any, patient: Patient) -> str:  # Any: the Stack of tests/end_to_end
    """A ward that knows the hospital's own number only; returns the referral."""
    body = referral_body(patient, clock.now(stack.client))
    body["person"] = {name: value for name, value in body["person"].items() if not name.startswith("nhs_number")}
    return str(stack.client.post("spa-intake", "/api/v1/referrals", "ward_system", body)["referral_id"])


def referred_twice(stack: Any) -> tuple[Patient, str]:
    """Under two hospital numbers; returns the patient and the first referral."""
    patient = a_patient()
    first = referred_without_number(stack, patient)
    referred_without_number(stack, replace(patient, hospital_number=f"T{patient.hospital_number}"))
    return patient, first


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_a_coordinator_joins_two_records_and_takes_it_back(stack: Any, staff: Open, javascript: bool) -> None:  # noqa: FBT001
    patient, referral_id = referred_twice(stack)
    coordinator = staff(javascript=javascript)
    coordinator.sign_in("coordinator")
    coordinator.page.get_by_role("link", name="Possible duplicates").click()
    coordinator.check()
    compare = coordinator.page.get_by_role("link", name=f"Compare {patient.family_name.upper()}")
    compare.click()
    coordinator.see("The name, birth date and postcode are the same")
    coordinator.check()
    coordinator.press("Save the decision")
    coordinator.see("Select whether the records are about one person")
    coordinator.check()
    coordinator.tick("Same person")
    coordinator.tick("The records were compared")
    coordinator.press("Save the decision")
    coordinator.see("The two records are about one person now")
    coordinator.check()
    coordinator.open(referral_id)
    coordinator.reload_until("Has another open referral")
    coordinator.see("Other referrals of this person")
    coordinator.check()
    _take_back(coordinator, patient)
    coordinator.open(referral_id)
    _reload_while(coordinator, "Has another open referral")
    assert not coordinator.page.get_by_text("Other referrals of this person").count()


def _reload_while(coordinator: Any, text: str) -> None:  # Any: the Person of conftest
    for _ in range(60):
        if not coordinator.page.get_by_text(text).count():
            return
        coordinator.page.wait_for_timeout(500)
        coordinator.page.reload()
    raise AssertionError(f"{text!r} does not go away")


def _take_back(coordinator: Any, patient: Patient) -> None:  # Any: the Person of conftest
    coordinator.page.goto(f"{coordinator.address}/possible-duplicates?tab=decided")
    coordinator.check()
    coordinator.page.get_by_role("link", name=f"Compare {patient.family_name.upper()}").click()
    coordinator.check()
    coordinator.tick("Two different people")
    coordinator.tick("The earlier decision was wrong")
    coordinator.press("Change the decision")
    coordinator.see("The two records are about different people")


def test_an_empty_list_says_so_and_another_role_only_looks(stack: Any, staff: Open) -> None:
    patient, _ = referred_twice(stack)
    nurse = staff(width=800)
    nurse.sign_in("nurse")
    nurse.page.goto(f"{nurse.address}/possible-duplicates")
    nurse.page.get_by_role("link", name=f"Compare {patient.family_name.upper()}").click()
    nurse.see("A coordinator decides about this")
    nurse.check()
    assert not nurse.page.get_by_role("button", name="Save the decision").count()
    nurse.page.goto(f"{nurse.address}/possible-duplicates?after=00000000-0000-4000-8000-000000000001")
    nurse.see("Nothing to decide")
    nurse.check()
