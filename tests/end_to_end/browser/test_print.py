"""On paper: heading rows on every page, no controls, the time, and that it is about people."""

from collections.abc import Callable
from typing import Any

from .test_journey import a_patient, referred

Open = Callable[..., Any]  # Any: the Person of conftest


def test_the_worklist_and_the_record_can_be_printed(stack: Any, staff: Open) -> None:
    patient = a_patient()
    referral_id, _ = referred(stack, patient)
    reader = staff()
    reader.sign_in("coordinator")
    reader.page.goto(f"{reader.address}/worklist?tab=to_check")
    reader.reload_until(patient.family_name.upper())
    fits = "element => element.scrollWidth <= element.clientWidth"  # no scroll bar under the list, on a tablet either
    for width_px in (768, 1024, 1280):
        reader.page.set_viewport_size({"width": width_px, "height": 900})
        assert reader.page.locator(".hw-table-wrap").evaluate(fits), width_px
    reader.page.emulate_media(media="print")
    reader.see("Contains personal information. Printed at")
    assert not reader.page.locator(".hw-tabs").is_visible()
    head = reader.page.locator(".hw-worklist thead")
    assert head.evaluate("element => getComputedStyle(element).display") == "table-header-group"
    width = "element => element.getBoundingClientRect().right <= document.documentElement.clientWidth"
    assert reader.page.locator(".hw-worklist").evaluate(width)
    reader.open(referral_id)
    reader.see("Contains personal information. Printed at")
    assert not reader.page.get_by_role("button", name="Accept the referral").is_visible()
