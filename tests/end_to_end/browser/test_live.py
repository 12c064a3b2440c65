"""Live cells: they change in place, keep the focus, and a list says when it is no longer live."""

from collections.abc import Callable
from typing import Any

from homeward_local.demo.journey import accept

from .test_journey import a_patient, referred

Open = Callable[..., Any]  # Any: the Person of conftest


def test_a_cell_changes_in_place_and_the_focus_stays(stack: Any, staff: Open) -> None:
    patient = a_patient()
    referral_id, _ = referred(stack, patient)
    watcher = staff()
    watcher.sign_in("manager")
    watcher.page.goto(f"{watcher.address}/worklist?tab=to_check")
    watcher.reload_until(patient.family_name.upper())
    watcher.see("Live, updated")
    link = watcher.page.locator(f'a[href="/referrals/{referral_id}"]')
    link.focus()
    rows = watcher.page.locator(".hw-worklist tbody tr").count()
    accept(stack.client, referral_id)
    watcher.page.locator(f"#stage-{referral_id}").get_by_text("In triage").wait_for()
    assert link.evaluate("element => element === document.activeElement")
    assert watcher.page.locator(".hw-worklist tbody tr").count() == rows
    watcher.check()


def test_a_new_referral_is_announced_and_moves_no_row(stack: Any, staff: Open) -> None:
    watcher = staff()
    watcher.sign_in("manager")
    watcher.see("Live, updated")
    patient = a_patient()
    referred(stack, patient)
    watcher.see("1 new.")
    assert watcher.page.get_by_text(patient.family_name.upper()).count() == 0
    watcher.check()
    watcher.page.get_by_role("link", name="Show it").click()
    watcher.see(patient.family_name.upper())


def test_a_record_says_that_it_changed(stack: Any, staff: Open) -> None:
    referral_id, _ = referred(stack, a_patient())
    watcher = staff()
    watcher.sign_in("manager")
    watcher.open(referral_id)
    watcher.reload_until("A coordinator needs to check this referral")
    accept(stack.client, referral_id)
    watcher.see("Something changed at")
    watcher.check()


def test_a_list_that_hears_nothing_says_that_it_is_not_live(staff: Open) -> None:
    watcher = staff()
    watcher.page.clock.install()
    watcher.sign_in("manager")
    watcher.see("Live, updated")
    watcher.page.context.set_offline(True)
    watcher.page.clock.fast_forward(50_000)
    watcher.see("Not live since")
    watcher.page.context.set_offline(False)
