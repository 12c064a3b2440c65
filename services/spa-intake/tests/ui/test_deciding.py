from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from starlette.datastructures import FormData, UploadFile

from spa_intake.ui.forms import referral as forms
from spa_intake.ui.forms.fields import check
from spa_intake.ui.presenters import deciding
from spa_intake.ui.presenters.timeline import SENTENCES, Names

NOW = datetime(2026, 11, 22, 9, 42, tzinfo=UTC)  # a Sunday
NURSE = UUID("00000000-0000-4000-8000-000000000009")
FAR = {"code": "area", "sentence": "Far away.", "effect": "decline", "reason": "out_of_area", "missing": []}
THIN = {
    "code": "content",
    "sentence": "Incomplete.",
    "effect": "query",
    "reason": None,
    "missing": ["needs", "mobility"],
}
ODD: dict[str, Any] = {"code": "hospital", "sentence": "Not ours.", "effect": "warn", "reason": None, "missing": []}


def referral(**fields: Any) -> dict[str, Any]:  # Any: JSON
    return {"state": "received", "findings": [FAR, THIN, ODD], "missing": []} | fields


def test_one_button_asks_for_exactly_what_is_missing_and_one_declines_with_its_reason() -> None:
    buttons = deciding.prefilled(referral(), ["query", "decline", "note"])
    assert [(button.button, button.code, button.answers) for button in buttons] == [
        ("Ask the ward for this", "query", "missing=needs&missing=mobility"),
        ("Decline: outside the area", "decline", "reason=out_of_area"),
    ]
    assert deciding.prefilled(referral(), ["note"]) == []
    assert deciding.prefilled(referral(findings=None), ["query", "decline"]) == []
    assert deciding.prefilled(None, ["query"]) == []


def test_findings_are_said_in_words() -> None:
    found = deciding.findings(referral())
    assert [(one.effect_text, one.missing) for one in found] == [
        ("Suggests to decline", ""),
        ("Suggests to ask the ward", "needs, mobility"),
        ("Look twice", ""),
    ]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, ""),
        ({"missing": ["needs"]}, "The ward's answer still lacks: needs."),
        ({"missing": ["needs"], "state": "queried"}, "The ward has been asked for: needs."),
    ],
)
def test_what_the_ward_has_not_answered(fields: dict[str, Any], text: str) -> None:
    assert deciding.still_missing(referral(**fields)) == text


@pytest.mark.parametrize(
    ("hours", "text"), [(2, "11:42 today"), (52, "Tue 13:42"), (24 * 7, "09:42 Sun 29 Nov"), (14.5, "Mon 00:12")]
)
def test_when_the_clock_ends_a_criterion(hours: float, text: str) -> None:
    assert deciding.weekday(NOW + timedelta(hours=hours), NOW) == text


def test_the_series_says_who_found_what_and_when() -> None:
    leg = {
        "criterion": "lower_limb_surgery_48h",
        "since": (NOW - timedelta(hours=20)).isoformat(),
        "lapses_at": (NOW + timedelta(hours=28)).isoformat(),
    }
    fluids = {"criterion": "iv_fluids", "since": NOW.isoformat(), "lapses_at": None}
    series = {
        "met": [leg, fluids],
        "items": [
            {"assessed_at": NOW.isoformat(), "by": f"staff/{NURSE}", "met": [leg, fluids]},
            {"assessed_at": (NOW - timedelta(days=1)).isoformat(), "by": "client/ward", "met": []},
        ],
    }
    assert [(one.since, one.lapses) for one in deciding.met(series, NOW)] == [
        ("since 13:42 yesterday", "lapses Mon 13:42"),
        ("since 09:42 today", ""),
    ]
    shown = deciding.assessments(series, {NURSE: "Nurse Adeyemi"}, NOW)
    assert [(one.at, one.by) for one in shown] == [
        ("09:42 today", "Nurse Adeyemi"),
        ("09:42 yesterday", "Ward system"),
    ]
    assert shown[1].text == "None met: ready to leave hospital"


@pytest.mark.parametrize(
    ("criteria", "text"),
    [
        ([], "The time after an operation is over. Ready to leave hospital"),
        (["iv_fluids"], "The time after an operation is over. Still met: needs intravenous fluids"),
    ],
)
def test_the_timeline_says_that_the_clock_did_it(criteria: Sequence[str], text: str) -> None:
    details = {"reason": "lapsed", "is_ready": not criteria, "criteria_to_reside": criteria}
    assert SENTENCES["referral.readiness_changed"](details, Names({}, {}, NOW)) == text


def form(*pairs: tuple[str, str]) -> FormData:
    sent: list[tuple[str, str | UploadFile]] = [*pairs]
    return FormData(sent)


LEG = ("criteria_to_reside", "lower_limb_surgery_48h")
DAY = (("operated_on-day", "21"), ("operated_on-month", "7"), ("operated_on-year", "2026"))


def test_the_time_of_an_operation_is_london_time_and_of_its_criteria_only() -> None:
    sent = form(LEG, ("criteria_to_reside", "iv_fluids"), *DAY, ("operated_at", "14:30"))
    values = check(forms.READINESS, sent).values
    assert values is not None
    assert values.model_dump(mode="json") == {
        "criteria_to_reside": ["lower_limb_surgery_48h", "iv_fluids"],
        "criteria_since": {"lower_limb_surgery_48h": "2026-07-21T14:30:00+01:00"},
    }
    without = check(forms.READINESS, form(LEG)).values
    assert without is not None
    assert without.model_dump(mode="json")["criteria_since"] is None


@pytest.mark.parametrize(
    ("sent", "wrong"),
    [
        (form(LEG, *DAY), "operated_at"),
        (form(LEG, ("operated_at", "14:30")), "operated_on"),
        (form(LEG, *DAY, ("operated_at", "in the afternoon")), "operated_at"),
        (form(LEG, *DAY[:2], ("operated_at", "14:30")), "operated_on"),
    ],
)
def test_half_a_time_is_asked_about(sent: FormData, wrong: str) -> None:
    assert list(check(forms.READINESS, sent).errors) == [wrong]


def test_a_decline_takes_advice_and_a_note_to_the_ward_and_keeps_colleagues_note_apart() -> None:
    sent = form(("reason", "out_of_area"), ("advice", "call_us"), ("note", "Call us"), ("own_note", "Rang twice"))
    values = check(forms.DECLINE, sent).values
    assert values is not None
    body = {"reason": "out_of_area", "advice": ["call_us"], "note": "Call us"}
    assert values.model_dump(mode="json", exclude_none=True) == body
    assert getattr(values, "own_note", None) == "Rang twice"


def test_a_note_is_for_colleagues_unless_the_ward_is_ticked() -> None:
    for ticked, for_ward in (((), False), ((("for_ward", "yes"),), True)):
        values = check(forms.NOTE, form(("text", "Key safe by the door"), *ticked)).values
        assert values is not None
        assert values.model_dump(mode="json") == {"text": "Key safe by the door", "for_ward": for_ward}
