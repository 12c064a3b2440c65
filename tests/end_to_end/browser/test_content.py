"""What a referral says, on the record page: every heading, the scores with their parts, on any screen and on paper."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from spa_intake.api.examples import REFERRAL

from .referring import FITS, Json

Open = Callable[..., Any]  # Any: the Person of conftest


def sent(stack: Any, example: str) -> str:
    """The documented example, of a person nobody else refers; its number."""
    body: Json = dict(REFERRAL[example]["value"])
    body["person"] = body["person"] | {"hospital_number": uuid4().hex[:12]}
    body["person"].pop("nhs_number_verification_status", None)
    referral_id: str = stack.client.post("spa-intake", "/api/v1/referrals", "ward_system", body)["referral_id"]
    return referral_id


@pytest.mark.parametrize("width", [1280, 820, 390], ids=["desktop", "tablet", "phone"])
def test_every_heading_that_holds_something_is_shown(stack: Any, staff: Open, width: int) -> None:
    reader = staff(width=width)
    reader.sign_in("coordinator")
    reader.open(sent(stack, "a hospital discharge"))
    reader.reload_until("What the referral says")
    for text in (
        "Abilities",
        "Unable",
        "Lasting power of attorney for health",
        "MRSA",
        "Grace Example",
        "Next of kin",
        "Wants to be back in her own flat.",
        "LACE (2010)",
        "12 of 19",
        "Days in hospital 4",
        "HOSPITAL (2016)",
        "Living with moderate frailty",
    ):
        reader.see(text)
    for nothing in ("Not recorded", "None", "null"):
        assert reader.page.get_by_text(nothing, exact=True).count() == 0
    assert reader.page.evaluate(FITS)
    reader.check()


def test_what_is_not_said_has_no_heading(stack: Any, staff: Open) -> None:
    reader = staff()
    reader.sign_in("coordinator")
    reader.open(sent(stack, "the least of a hospital discharge"))
    reader.reload_until("Person and needs")
    for heading in ("Abilities", "Capacity and consent", "Equipment", "Risk and frailty", "People to talk to"):
        assert reader.page.get_by_text(heading, exact=True).count() == 0


def test_a_referral_from_no_ward_does_not_speak_of_one(stack: Any, staff: Open) -> None:
    reader = staff()
    reader.sign_in("coordinator")
    reader.open(sent(stack, "admission avoidance"))
    reader.reload_until("Admission avoidance")
    reader.see("NHS 111")
    reader.see("Within 2 hours")
    reader.see("ask the referrer")
    assert "the ward" not in reader.page.locator("main").inner_text().lower()
    reader.check()


def test_it_is_whole_on_paper(stack: Any, staff: Open) -> None:
    reader = staff()
    reader.sign_in("coordinator")
    reader.open(sent(stack, "a hospital discharge"))
    reader.reload_until("What the referral says")
    reader.page.emulate_media(media="print")
    table = reader.page.locator(".hw-scores")
    assert table.locator("thead").evaluate("one => getComputedStyle(one).display") == "table-header-group"
    assert table.evaluate("one => one.getBoundingClientRect().right <= document.documentElement.clientWidth")
    reader.see("Days in hospital 4")
