"""A provider is given two hours in which it answers, not two hours of the night."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest
from package_builders import a_provider, facts, open_offer

from care_package.domain.eligibility import Capacity
from care_package.domain.offering import send_offers
from care_package.domain.reconcile import reconcile
from care_package.settings import policy
from homeward_kit.values import LONDON


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("FROM", "UNTIL", "ON", "ON_BANK_HOLIDAYS"):
        monkeypatch.delenv(f"PROVIDERS_ANSWER_{name}", raising=False)
    policy.cache_clear()
    yield
    policy.cache_clear()


def london(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


def answer_by(sent_at: str) -> datetime:
    """The deadline of an offer sent at this London time."""
    now = london(sent_at)
    package = reconcile(facts(), None, now, policy()).package
    assert package is not None
    provider = replace(a_provider(), capacity={"home_care": Capacity(1, now)})
    return open_offer(send_offers(package, [provider], now, policy()).package).respond_by


@pytest.mark.parametrize(
    ("sent_at", "respond_by"),
    [
        ("2026-11-24T09:00", "2026-11-24T11:00"),
        ("2026-11-24T03:00", "2026-11-24T10:00"),  # at night: two hours from when they open
        ("2026-11-24T19:00", "2026-11-25T09:00"),
        ("2026-11-28T12:00", "2026-11-28T14:00"),  # a Saturday is a day like any other
        ("2026-12-24T19:30", "2026-12-26T09:30"),  # Christmas Day is not; Boxing Day's holiday is the 28th this year
    ],
)
def test_offers_count_the_hours_in_which_providers_answer(sent_at: str, respond_by: str) -> None:
    assert answer_by(sent_at) == london(respond_by)


def test_a_site_sets_when_its_providers_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVIDERS_ANSWER_FROM", "09:00")
    monkeypatch.setenv("PROVIDERS_ANSWER_UNTIL", "17:00")
    monkeypatch.setenv("PROVIDERS_ANSWER_ON", '["mon", "tue", "wed", "thu", "fri"]')
    policy.cache_clear()
    assert answer_by("2026-11-27T16:00") == london("2026-11-30T10:00")
