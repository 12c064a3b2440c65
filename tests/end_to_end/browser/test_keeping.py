"""Acceptance rules, subscriptions, a ward's answer by phone, and what goes wrong, with and without JavaScript."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from homeward_local.client import demo_token

from .referring import FITS, command, sent

Open = Callable[..., Any]  # Any: the Person of conftest
BOTH_WAYS = pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
NOWHERE = "https://127.0.0.1:9/homeward"  # the demonstration may send to its own machine; nobody listens there
PERSON = {"family_name": "Kept", "given_name": "Typed", "born_on": "1941-05-06", "postcode": "BR1 1AA"}


def follow(reader: Any, name: str) -> None:  # Any: the Person of conftest
    with reader.page.expect_navigation(wait_until="domcontentloaded"):
        reader.page.get_by_role("link", name=name).first.click()


def test_a_form_asks_only_what_belongs_to_the_choice(staff: Open) -> None:
    reader = staff(width=820)
    reader.sign_in("manager")
    follow(reader, "Acceptance rules")
    assert reader.page.evaluate(FITS)
    reader.press("Make a rule")
    assert not reader.page.get_by_label("Youngest age, in years").is_visible()
    reader.tick("The person is younger or older")
    assert reader.page.get_by_label("Youngest age, in years").is_visible()
    assert not reader.page.get_by_label("Hospitals we work with").is_visible()
    reader.check()
    follow(reader, "Subscriptions")
    reader.press("Add a subscription")
    reader.tick("Only what is chosen here")
    assert reader.page.get_by_label("The care: package agreed").is_visible()
    assert reader.page.evaluate(FITS)
    reader.check()


def test_a_rule_is_made_looked_at_changed_and_undone(stack: Any, staff: Open) -> None:
    reader, name = staff(javascript=False), f"rule {uuid4().hex[:8]}"
    reader.sign_in("manager")
    follow(reader, "Acceptance rules")
    reader.see("In force")
    reader.check()
    reader.press("Make a rule")
    reader.press("Look at the change")
    reader.see("Enter what the coordinator reads, up to 120 characters")
    reader.check()
    reader.page.get_by_label("Short name of the rule").fill(name)
    reader.page.get_by_label("What does the coordinator read?").fill("Nobody is that young.")
    reader.tick("Look twice")
    reader.tick("The person is younger or older")
    reader.page.get_by_label("Youngest age, in years").fill("0")
    reader.press("Look at the change")
    reader.see("Put this rule in force?")
    reader.check()
    reader.press("Put it in force")
    reader.see("The rule is made.")
    reader.press("Change the rule")
    reader.page.get_by_label("What does the coordinator read?").fill("Nobody is younger than that.")
    reader.press("Look at the change")
    reader.see("After the change")
    _change_elsewhere(stack, name.replace(" ", "_"))
    reader.press("Put it in force")
    reader.see("Somebody changed this rule while you were working")
    reader.check()
    reader.press("Go on with what I typed")
    assert reader.page.get_by_label("What does the coordinator read?").input_value() == "Nobody is younger than that."
    reader.press("Look at the change")
    reader.press("Put it in force")
    reader.see("The rule is changed.")
    reader.check()
    with reader.page.expect_navigation(wait_until="domcontentloaded"):
        reader.page.locator("a[href$='/versions/1/restore']").click()
    reader.press("Put it in force")
    assert reader.page.get_by_role("heading", level=1).inner_text() == "Nobody is that young."
    reader.see("Version 3")


def _change_elsewhere(stack: Any, code: str) -> None:
    """Another manager gives the rule its last day."""
    place = f"/api/v1/acceptance-rules/{code}"
    rule = stack.client.get("spa-intake", place, "manager")
    body = {name: rule[name] for name in ("sentence", "effect", "reason", "kinds", "condition", "valid_from")}
    headers = {
        "Authorization": f"Bearer {demo_token(stack.client.issuer, 'manager')}",
        "If-Match": f'"{rule["version"]}"',
    }
    address = stack.client.services["spa-intake"]
    changed = httpx.put(f"{address}{place}", json=body | {"valid_to": "2090-01-01"}, headers=headers, timeout=20)
    assert changed.status_code == 200, changed.text


def test_a_subscription_is_added_tried_paused_and_removed(staff: Open) -> None:
    reader = staff(javascript=False)
    reader.sign_in("manager")
    follow(reader, "Subscriptions")
    reader.check()
    reader.press("Add a subscription")
    reader.page.get_by_label("Whose referrals do the messages tell of?").fill("zz9")
    reader.page.get_by_label("Where do the messages go?").fill("https://10.0.0.1/inside")
    reader.tick("Everything, also what is added later")
    reader.press("Add the subscription")
    reader.see("This address lies inside our own network. Enter one that is public")
    reader.check()
    reader.page.get_by_label("Where do the messages go?").fill(NOWHERE)
    reader.press("Add the subscription")
    secret = reader.page.locator(".hw-secret").inner_text()
    assert secret.startswith("whsec_")
    reader.check()
    reader.press("I have kept the secret")
    reader.press("Send a test message")
    reader.see("Subscription tested")
    reader.check()
    assert secret not in reader.page.content()
    reader.press("Pause")
    reader.check()
    reader.press("Pause it")
    reader.see("Paused. Messages wait, for a day at most.")
    reader.press("Resume")
    reader.press("Remove")
    reader.press("Remove it")
    reader.see("The subscription is removed.")
    assert NOWHERE not in reader.page.inner_text("main")


def test_a_wards_whole_answer_is_taken_by_phone(stack: Any, staff: Open) -> None:
    referral_id = sent(stack, PERSON)
    asked = ["criteria_to_reside", "mobility", "consent", "next_of_kin", "therapy_report"]
    command(stack, referral_id, "query", {"missing": asked}, "coordinator")
    reader = staff(javascript=False)
    reader.sign_in("coordinator")
    reader.open(referral_id)
    reader.reload_until("Record the ward's answer")
    reader.press("Record the ward's answer")
    reader.see("What was asked for")
    reader.check()
    reader.page.get_by_label("Mobility").select_option("hoist")
    reader.page.get_by_label("Consent to the referral").select_option("given")
    reader.page.get_by_label("Name of the next of kin or other contact").fill("Grace Kept")
    reader.page.get_by_label("Their phone number").fill("by post")
    reader.press("Save")
    reader.see("Enter a phone number, such as 020 7946 0001")
    reader.page.get_by_label("Their phone number").fill("020 7946 0001")
    reader.tick("None of these: ready to leave hospital")
    reader.page.get_by_label("What does the therapy report say?").fill("Walks ten steps.")
    reader.press("Save")
    reader.reload_until("Grace Kept")
    reader.see("From the therapy report: Walks ten steps.")
    answered = stack.client.get("spa-intake", f"/api/v1/referrals/{referral_id}", "ward_system")
    assert (answered["state"], answered["missing"], answered["mobility"]) == ("received", [], "hoist")
    assert answered["criteria_assessed_at"]


def test_what_was_typed_is_kept_when_somebody_else_was_quicker(stack: Any, staff: Open) -> None:
    referral_id = sent(stack, PERSON)
    reader = staff()
    reader.sign_in("coordinator")
    reader.open(referral_id)
    reader.reload_until("Decline")
    reader.page.goto(f"{reader.address}/referrals/{referral_id}/do/decline")
    reader.tick("Does not meet the criteria of this service")
    reader.page.get_by_label("Note to the ward (optional)").fill("Please ask the hospice.")
    command(stack, referral_id, "amend", {"mobility": "hoist"})
    reader.press("Decline the referral")
    reader.see("Somebody changed this while you were working")
    reader.check()
    reader.press("Go on with what I typed")
    reader.see("What you typed is still here")
    assert reader.page.get_by_label("Note to the ward (optional)").input_value() == "Please ask the hospice."
    reader.press("Decline the referral")
    reader.see("Referral declined.")
    reader.see("The ward reads it too")


@BOTH_WAYS
def test_what_cannot_be_done_says_what_to_do_next(
    stack: Any,
    staff: Open,
    javascript: bool,  # noqa: FBT001 — a parameter of the test
) -> None:
    referral_id = sent(stack, PERSON)
    reader = staff(javascript=javascript)
    reader.sign_in("care broker")
    reader.open(referral_id)
    reader.reload_until("Add a note")
    for path, title in (("/nowhere", "Page not found"), ("/subscriptions", "You cannot do this")):
        reader.page.goto(f"{reader.address}{path}")
        reader.see(title)
        reader.check()
    reader.page.goto(f"{reader.address}/referrals/{referral_id}/do/note")
    reader.page.get_by_label("Note", exact=True).fill("x" * 1_100_000)
    reader.press("Save")
    reader.see("This is too long")
    reader.check()
