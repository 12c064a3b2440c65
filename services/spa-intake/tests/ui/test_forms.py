"""Forms keep what was typed, and say one sentence per mistake."""

import re

from starlette.datastructures import FormData, UploadFile

from homeward_local.assets import ensure_assets
from spa_intake.ui.forms import case, decision, referral
from spa_intake.ui.forms.fields import check
from spa_intake.ui.templating import make_environment

Pairs = list[tuple[str, str | UploadFile]]


def test_a_decline_needs_a_reason() -> None:
    assert check(referral.DECLINE, FormData([])).errors == {"reason": "Select a reason"}


def test_a_redirect_needs_the_service() -> None:
    checked = check(referral.DECLINE, FormData([("reason", "redirected")]))
    assert checked.errors == {"redirected_to": "Select the service the person is sent to"}
    assert checked.raw["reason"] == "redirected"


def test_another_reason_drops_the_service() -> None:
    checked = check(referral.DECLINE, FormData([("reason", "duplicate"), ("redirected_to", "hospice")]))
    assert checked.values is not None
    assert checked.values.model_dump(exclude_none=True) == {"reason": "duplicate"}


def test_none_of_these_is_an_answer_and_no_answer_is_not() -> None:
    ready = check(referral.READINESS, FormData([("criteria_to_reside", "none")]))
    assert ready.values is not None
    assert ready.values.model_dump(exclude_none=True) == {"criteria_to_reside": ()}
    assert "criteria_to_reside" in check(referral.READINESS, FormData([])).errors


def test_a_date_is_typed_in_three_parts() -> None:
    parts: Pairs = [("target_on-day", "7"), ("target_on-month", "3"), ("target_on-year", "2027"), ("reason", "medical")]
    checked = check(case.TARGET, FormData(parts))
    assert checked.values is not None
    assert checked.values.model_dump(mode="json") == {"target_on": "2027-03-07", "reason": "medical"}


def test_a_date_that_is_none_keeps_what_was_typed() -> None:
    parts: Pairs = [
        ("target_on-day", "31"),
        ("target_on-month", "2"),
        ("target_on-year", "2027"),
        ("reason", "medical"),
    ]
    checked = check(case.TARGET, FormData(parts))
    assert checked.errors == {"target_on": "Enter a real date, such as 27 3 2027"}
    assert checked.raw["target_on-day"] == "31"


DECIDED: Pairs = [
    ("pathway", "1"),
    ("participants", "nurse"),
    ("participants", "social_worker"),
    ("lines_choice", "suggested"),
]


def test_a_decision_as_suggested_asks_for_the_suggested_lines() -> None:
    sent = decision.check_decision(FormData(DECIDED), suggested_pathway=1)
    assert sent.body == {
        "pathway": 1,
        "participants": ["nurse", "social_worker"],
        "differs_reason": None,
        "target_on": None,
        "lines": None,
    }


def test_a_decision_that_differs_needs_a_reason_and_a_note() -> None:
    sent = decision.check_decision(FormData(DECIDED), suggested_pathway=2)
    assert sent.body is None
    assert set(sent.checked.errors) == {"differs_reason", "note"}


def test_chosen_services_carry_their_visits() -> None:
    grid: Pairs = [
        *DECIDED[:-1],
        ("lines_choice", "own"),
        ("line", "home_care"),
        ("line", "equipment"),
        ("home_care-visits_per_day", "4"),
        ("home_care-minutes_per_visit", "30"),
        ("home_care-carers_per_visit", "1"),
        ("home_care-days_per_week", "7"),
    ]
    sent = decision.check_decision(FormData(grid), suggested_pathway=1)
    assert sent.body is not None
    assert sent.body["lines"] == [
        {
            "service": "home_care",
            "visits_per_day": 4,
            "minutes_per_visit": 30,
            "carers_per_visit": 1,
            "days_per_week": 7,
        },
        {"service": "equipment"},
    ]


def test_a_wrong_number_of_visits_is_named_with_its_service() -> None:
    grid: Pairs = [
        *DECIDED[:-1],
        ("lines_choice", "own"),
        ("line", "reablement"),
        ("reablement-visits_per_day", "lots"),
    ]
    sent = decision.check_decision(FormData(grid), suggested_pathway=1)
    assert sent.checked.errors == {
        "reablement-visits_per_day": "Reablement: enter visits a day as a number up to 12",
    }
    row = next(row for row in sent.grid if row.service == "reablement")
    assert row.typed["visits_per_day"] == "lots"


def test_a_date_is_sent_under_the_names_that_are_read() -> None:
    environment = make_environment(ensure_assets(print), is_demo=True)
    render = environment.from_string('{% from "components/fields.jinja" import render %}{{ render(field, raw, "") }}')
    shown = render.render(field=case.TARGET.fields[0], raw={"target_on-day": "7"})
    assert re.findall(r'name="([^"]+)"', shown) == ["target_on-day", "target_on-month", "target_on-year"]
    assert re.findall(r'id="(target_on-(?:day|month|year))"', shown) == re.findall(r'for="([^"]+)"', shown)
