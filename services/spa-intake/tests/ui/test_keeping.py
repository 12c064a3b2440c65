"""The forms and words of acceptance rules and subscriptions."""

from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.datastructures import FormData

from spa_intake.api.acceptance_rules import RuleBody
from spa_intake.domain.acceptance_rules import DECIDABLE, Effect
from spa_intake.domain.delivery import DeliveryState
from spa_intake.domain.subscription import MESSAGE_TYPES
from spa_intake.ui.forms import rule, subscription
from spa_intake.ui.forms.fields import check
from spa_intake.ui.presenters import rules, subscriptions, words

Json = dict[str, Any]  # Any: JSON
Pairs = tuple[tuple[str, str], ...]
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
DAY: Pairs = (("valid_from-day", "1"), ("valid_from-month", "1"), ("valid_from-year", "2026"))
SAID: Pairs = (("sentence", "This service is for adults."), ("effect", "warn"))
OF_200 = "Of the 200 referrals that were worked on last"
AGES: Pairs = (("test", "outside_ages"), ("youngest", "18"))
CONDITIONS: tuple[Json, ...] = (
    {"test": "outside_area", "outward_postcodes": ["BR1", "SE20"], "gp_practices": []},
    {"test": "outside_ages", "youngest": 18, "oldest": None},
    {"test": "hospital_not_served", "hospitals": ["RJZ"]},
    {"test": "missing", "fields": ["consent", "needs"]},
)


def errors(*pairs: tuple[str, str]) -> dict[str, str]:
    return dict(check(rule.CHANGE, FormData(list(pairs))).errors)


@pytest.mark.parametrize("condition", CONDITIONS, ids=[str(one["test"]) for one in CONDITIONS])
def test_a_rule_is_typed_again_as_it_is_kept(condition: Json) -> None:
    kept: Json = {
        "sentence": "Nobody has said.",
        "effect": "decline",
        "reason": "not_eligible",
        "kinds": ["care_home"],
        "condition": condition,
        "valid_from": "2026-01-01",
        "valid_to": "2026-12-31",
    }
    checked = check(rule.CHANGE, FormData([*rule.typed(rule.raw_of(kept))]))
    assert isinstance(checked.values, rule.RuleForm), checked.errors
    assert checked.values.body() == kept
    RuleBody.model_validate(checked.values.body())


@pytest.mark.parametrize(
    ("pairs", "field"),
    [
        ((*SAID, *AGES), "valid_from"),
        ((SAID[0], ("effect", "decline"), *AGES, *DAY), "reason"),
        ((*SAID, ("test", "outside_ages"), *DAY), "youngest"),
        ((*SAID, *AGES, ("oldest", "17"), *DAY), "oldest"),
        ((*SAID, ("test", "outside_area"), ("outward_postcodes", "BR1 1AA"), *DAY), "outward_postcodes"),
        ((*SAID, ("test", "hospital_not_served"), *DAY), "hospitals"),
        ((*SAID, ("test", "missing"), *DAY), "fields"),
        (
            (*SAID, *AGES, *DAY, *((n.replace("from", "to"), "1" if v != "2026" else "2025") for n, v in DAY)),
            "valid_to",
        ),
        ((SAID[1], *AGES, *DAY), "sentence"),
    ],
)
def test_each_mistake_names_its_field(pairs: Pairs, field: str) -> None:
    assert list(errors(*pairs)) == [field]


def test_a_new_rule_gets_a_name_for_good() -> None:
    checked = check(rule.NEW, FormData([*SAID, *AGES, *DAY, ("code", "Adults only!")]))
    assert getattr(checked.values, "code", None) == "adults_only"
    assert list(check(rule.NEW, FormData([*SAID, *AGES, *DAY, ("code", "18")])).errors) == ["code"]


def test_the_form_knows_what_the_service_knows() -> None:
    assert set(rules.EFFECTS) == {str(effect) for effect in Effect}
    assert set(words.MISSING) - rules.ON_PAPER == {str(item) for item in DECIDABLE}
    listed = [code for codes in subscriptions.GROUPS.values() for code in codes]
    assert sorted(listed) == sorted(MESSAGE_TYPES)
    assert set(subscriptions.DELIVERY_STATES) == {str(state) for state in DeliveryState}


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (("2026-01-01", None), "Since Thu 1 Jan"),
        (("2026-12-01", None), "From Tue 1 Dec"),
        (("2026-01-01", "2026-11-24"), "Since Thu 1 Jan until Tue 24 Nov"),
        (("2026-01-01", "2026-11-23"), "Ended on Mon 23 Nov"),
    ],
)
def test_a_rule_says_when_it_counts(days: tuple[str, str | None], text: str) -> None:
    assert rules.counts({"valid_from": days[0], "valid_to": days[1]}, NOW.date()) == text


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (None, ""),
        ({"looked_at": 0, "before": 0, "after": 0, "newly": 0, "no_longer": 0}, ""),
        (
            {"looked_at": 200, "before": 5, "after": 7, "newly": 3, "no_longer": 1},
            f"{OF_200}, this rule would apply to 7. To 3 it does not apply now; 1 it would no longer find.",
        ),
    ],
)
def test_a_preview_is_a_sentence(found: Json | None, text: str) -> None:
    assert rules.preview(found) == text


def subscribed(**fields: object) -> Json:
    health = {"failing_since": None, "failures": 0, "last_error": None, "next_try_at": None, "waiting": 0, "dead": 0}
    return {
        "subscription_id": "9d1cbe0c-6a17-4d02-b2cc-8f0f3e4d2f11",
        "organisation": "RJZ",
        "url": "https://pas.example.nhs.uk/in",
        "event_types": [],
        "state": "active",
        "version": 1,
        "created_at": "2026-11-20T09:00:00Z",
        "previous_secret_until": None,
        "health": health,
    } | fields


def test_a_subscription_says_how_its_address_does() -> None:
    failing = subscribed()["health"] | {
        "failing_since": "2026-11-24T08:00:00Z",
        "failures": 3,
        "last_error": "status_503",
        "next_try_at": "2026-11-24T10:00:00Z",
    }
    texts = {
        "Active": subscribed(),
        "Failing since 08:00 today": subscribed(health=failing),
        "Paused": subscribed(state="paused", health=failing),
        "Stopped: the address says it is gone": subscribed(state="disabled"),
    }
    for text, item in texts.items():
        assert subscriptions.subscription_view(item, NOW).state_text == text
    view = subscriptions.subscription_view(subscribed(health=failing), NOW)
    assert view.detail == "The address answered 503 (Service Unavailable). 3 failures in a row, next try 10:00 today"


@pytest.mark.parametrize(
    ("pairs", "field"),
    [
        ((("organisation", "RJZ"), ("url", "https://a.example"), ("scope", "some")), "event_types"),
        ((("organisation", "RJZ"), ("url", "a.example"), ("scope", "everything")), "url"),
        ((("organisation", "?"), ("url", "https://a.example"), ("scope", "everything")), "organisation"),
        ((("organisation", "RJZ"), ("url", "https://a.example")), "scope"),
    ],
)
def test_a_subscription_that_lacks_something_names_the_field(pairs: Pairs, field: str) -> None:
    assert list(check(subscription.NEW, FormData(list(pairs))).errors) == [field]


def test_everything_is_no_list() -> None:
    pairs = [("organisation", "rjz"), ("url", "https://a.example"), ("scope", "everything")]
    checked = check(subscription.NEW, FormData([*pairs, ("event_types", "case.opened")]))
    assert isinstance(checked.values, subscription.SubscriptionForm)
    assert checked.values.body() == {"organisation": "RJZ", "url": "https://a.example", "event_types": []}
