"""Before a referral is accepted: what is missing, asked for with one button; declined with advice; criteria by time."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from homeward_kit.values import LONDON
from homeward_local.demo import clock

from .referring import FITS, command, sent

Open = Callable[..., Any]  # Any: the Person of conftest
PERSON = {"family_name": "Thin", "given_name": "Referral", "born_on": "1941-05-06", "postcode": "SW1A 1AA"}


def thin(stack: Any, **fields: object) -> str:
    """A referral that says too little, of somebody who lives elsewhere; its number."""
    little = {"expected_discharge_on": "2026-11-30", "needs": ["meals"], "cognition": "no_concern"}
    return sent(stack, PERSON, **{**little, "existing_care": "none", **fields})


def ticked(reader: Any) -> list[str]:  # Any: the Person of conftest
    boxes = reader.page.locator("main input:checked")
    return [boxes.nth(place).get_attribute("value") for place in range(boxes.count())]


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_what_is_missing_is_asked_for_with_one_button_and_an_answer_in_part_leaves_the_rest(
    stack: Any,
    staff: Open,
    javascript: bool,  # noqa: FBT001 — a parameter of the test
) -> None:
    referral_id = thin(stack)
    reader = staff(javascript=javascript)
    reader.sign_in("coordinator")
    reader.open(referral_id)
    reader.reload_until("Before you decide")
    reader.see("The person lives outside the area this service covers.")
    reader.see("They advise; you decide.")
    reader.check()
    reader.press("Ask the ward for this")
    assert ticked(reader) == ["criteria_to_reside", "mobility", "living_situation"]
    reader.check()
    reader.press("Save")
    reader.see("The ward has been asked.")
    reader.see("The ward has been asked for: criteria to reside, mobility, living situation.")
    command(stack, referral_id, "answer", {"mobility": "hoist"})
    reader.reload_until("still lacks: criteria to reside, living situation.")
    reader.check()


def test_a_decline_opens_with_its_reason_and_gives_advice(stack: Any, staff: Open) -> None:
    referral_id = thin(stack)
    reader = staff()
    reader.sign_in("coordinator")
    reader.open(referral_id)
    reader.reload_until("Before you decide")
    reader.press("Decline: outside the area")
    assert ticked(reader) == ["out_of_area"]
    reader.tick("Refer to the service where the person lives")
    reader.page.get_by_label("Note to the ward (optional)").fill("Please ring us about the area.")
    reader.page.get_by_label("Note for your colleagues (optional)").fill("Told the ward by phone.")
    reader.check()
    reader.press("Decline the referral")
    reader.see("Referral declined.")
    reader.see("Advice given to the ward: refer to the service where the person lives.")
    reader.see("Told the ward by phone.")
    reader.check()
    seen = stack.client.get("spa-intake", f"/api/v1/referrals/{referral_id}", "ward_system")
    assert (seen["ended_reason"], seen["advice"]) == ("out_of_area", ["refer_to_home_area"])
    read = stack.client.get("spa-intake", "/api/v1/notes", "ward_system", referral_id=referral_id)
    assert [note["text"] for note in read["items"]] == ["Please ring us about the area."]


@pytest.mark.parametrize("width", [1280, 820], ids=["desktop", "tablet"])
def test_the_criteria_to_reside_say_when_the_clock_ends_them(stack: Any, staff: Open, width: int) -> None:
    referral_id = thin(stack)
    reader = staff(width=width)
    reader.sign_in("coordinator")
    reader.open(referral_id)
    reader.reload_until("Not assessed yet.")
    reader.press("Change readiness")
    reader.tick("Lower limb surgery in the last 48 hours")
    operated_at = (clock.now(stack.client) - timedelta(hours=20)).astimezone(LONDON)
    for part, value in (("Day", operated_at.day), ("Month", operated_at.month), ("Year", operated_at.year)):
        reader.page.get_by_label(part, exact=True).fill(str(value))
    reader.check()
    reader.press("Save")
    reader.see("There is a problem")
    reader.page.get_by_label("At what time?").fill(f"{operated_at:%H:%M}")
    reader.check()
    reader.press("Save")
    reader.see("Readiness recorded.")
    lapses_at = (operated_at + timedelta(hours=48)).astimezone(LONDON)
    section = reader.page.locator("section", has=reader.page.get_by_role("heading", name="Criteria to reside"))
    assert re.search(f"lapses {lapses_at:%a %H:%M}", section.inner_text())
    section.get_by_text("All assessments (1)").click()
    section.get_by_text(", Sam").or_(section.get_by_text("today,")).first.wait_for()
    assert reader.page.evaluate(FITS)
    reader.check()


def test_findings_and_criteria_are_on_paper_without_their_buttons(stack: Any, staff: Open) -> None:
    reader = staff()
    reader.sign_in("coordinator")
    reader.open(thin(stack, criteria_to_reside=["iv_fluids"]))
    reader.reload_until("Before you decide")
    reader.page.emulate_media(media="print")
    reader.see("Needs intravenous fluids")
    reader.see("The person lives outside the area this service covers.")
    assert not reader.page.get_by_role("button", name="Ask the ward for this").is_visible()
