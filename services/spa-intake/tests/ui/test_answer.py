"""The ward's answer taken down on the phone: everything a query asks for can be entered, and nothing said is lost."""

from typing import Any

import pytest
from starlette.datastructures import FormData

from spa_intake.api.schemas import AmendmentBody
from spa_intake.domain.codes import Missing
from spa_intake.ui.forms.answer import ANSWER, AnswerForm, raw_of, sections
from spa_intake.ui.forms.answer_fields import FIELDS, GROUPS, ITEMS, SECTIONS
from spa_intake.ui.forms.fields import Kind, check

Json = dict[str, Any]  # Any: JSON
OUTSIDE_THE_BODY = {"criteria_to_reside", "therapy_report"}


def taken(*pairs: tuple[str, str]) -> AnswerForm:
    checked = check(ANSWER, FormData(list(pairs)))
    assert isinstance(checked.values, AnswerForm), checked.errors
    return checked.values


def example(name: str, kind: Kind, codes: list[str]) -> list[tuple[str, str]]:
    """Something that can be entered in a field."""
    if kind is Kind.DATE:
        return [(f"{name}-day", "1"), (f"{name}-month", "3"), (f"{name}-year", "2026")]
    if codes:
        return [(name, codes[-1])]
    known = {"phone": "020 7946 0001", "contact_phone": "020 7946 0002", "gp_practice": "g84001", "ward": "W8"}
    return [(name, known.get(name, "2"))]


def test_everything_that_a_query_can_ask_for_can_be_entered_and_is_taken() -> None:
    assert set(ITEMS) == {str(item) for item in Missing}
    assert {item for items in SECTIONS.values() for item in items} == set(ITEMS)
    for item, fields in ITEMS.items():
        pairs = [
            pair
            for field in fields
            for pair in example(field.name, field.kind, [choice.value for choice in field.choices])
        ]
        body = taken(*pairs).body({}, None)
        assert body or item in OUTSIDE_THE_BODY, item
        AmendmentBody.model_validate(body)


def test_a_group_keeps_what_the_ward_said_before() -> None:
    referral: Json = {"legal": {"mental_capacity": "has_capacity", "plans": ["dnacpr"], "has_objection": None}}
    content: Json = {
        "texts": {"wishes": "Home", "medicines": None},
        "contacts": [{"name": "Grace Example", "relationship": "child", "phone": None, "roles": ["next_of_kin"]}],
    }
    answer = taken(("consent_to_referral", "given"), ("medicines", "Dosette box"), ("contact_name", "Tom Example"))
    body = answer.body(referral, content)
    assert body["legal"] == {"mental_capacity": "has_capacity", "plans": ["dnacpr"], "consent_to_referral": "given"}
    assert body["texts"] == {"wishes": "Home", "medicines": "Dosette box"}
    assert [one["name"] for one in body["contacts"]] == ["Grace Example", "Tom Example"]
    assert body["contacts"][1]["roles"] == ["next_of_kin"]


def test_what_is_left_empty_is_not_said() -> None:
    assert taken().body({"needs": ["meals"]}, None) == {}


def test_none_of_the_criteria_is_an_answer_and_no_tick_is_not() -> None:
    assert taken(("criteria_to_reside", "none")).criteria_to_reside == ()
    assert taken().criteria_to_reside is None


def test_the_therapy_report_becomes_a_note() -> None:
    answer = taken(("therapy_report", "Walks with a frame"))
    assert answer.own_note == "From the therapy report: Walks with a frame"
    assert answer.body({}, None) == {}


def test_what_is_known_is_filled_in_and_sends_itself_back_unchanged() -> None:
    referral: Json = {
        "mobility": "hoist",
        "needs": ["meals", "toileting"],
        "expected_discharge_on": "2026-11-30",
        "communication": {"language": "pl", "needs_interpreter": False, "needs": ["hearing"]},
        "safeguarding_concern": False,
    }
    raw = raw_of(referral, None, {"address_lines": ["1 High Street", "Bromley"], "postcode": "BR1 1AA"})
    assert raw["mobility"] == "hoist"
    assert raw["address_lines"] == "1 High Street\nBromley"
    assert raw["needs_interpreter"] == "no"
    assert "safeguarding_concern" not in raw  # nobody has said that there is none
    sent = [(name, one) for name, value in raw.items() for one in (value if isinstance(value, list) else [value])]
    body = taken(*sent).body(referral, None)
    assert body.pop("person") == {"address_lines": ["1 High Street", "Bromley"], "postcode": "BR1 1AA"}
    assert body == {name: value for name, value in referral.items() if name != "safeguarding_concern"}


@pytest.mark.parametrize(
    ("kind", "hidden"), [("hospital_discharge", "response_within"), ("admission_avoidance", "ward")]
)
def test_what_was_asked_for_comes_first_and_what_the_kind_does_not_know_is_left_out(kind: str, hidden: str) -> None:
    first, *others = sections(["next_of_kin", "mobility"], kind)
    assert first.is_asked
    assert [field.name for field in first.fields][:2] == ["mobility", "contact_name"]
    shown = {field.name for section in others for field in section.fields}
    assert hidden not in shown
    assert "mobility" not in shown
    asked = sections([hidden if hidden == "ward" else "response_time"], kind)[0]
    assert hidden in [field.name for field in asked.fields]


def test_each_field_of_a_group_exists() -> None:
    names = {field.name for field in FIELDS}
    assert {name for names_in_group in GROUPS.values() for name in names_in_group} <= names
    assert names == set(AnswerForm.model_fields)
