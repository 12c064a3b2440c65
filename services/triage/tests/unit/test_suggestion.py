"""The suggested pathway: Annex B's definitions as rules, and the facts that fired them."""

from typing import Any

import pytest
import triage_builders as a
from hypothesis import given
from hypothesis import strategies as st

from triage.domain import codes
from triage.domain.events import LineSpec
from triage.domain.facts import CodedFacts
from triage.domain.lines import check_lines, suggest_lines
from triage.domain.suggestion import RULES, picture_of, suggest

PERSONAL = ("washing_dressing", "meals")


@pytest.mark.parametrize(
    ("facts", "findings", "pathway", "rules"),
    [
        ({"needs": ()}, (), 0, ["no_new_needs"]),
        ({"needs": ("shopping_social",)}, (), 0, ["no_new_needs"]),
        ({"needs": PERSONAL, "existing_care": "package_of_care"}, (), 0, ["package_restarts_unchanged"]),
        ({"needs": PERSONAL, "existing_care": "care_home"}, (), 0, ["returns_to_care_home"]),
        ({"needs": PERSONAL, "living_situation": "care_home"}, (), 0, ["returns_to_care_home"]),
        ({"needs": PERSONAL}, (), 1, ["new_personal_care"]),
        ({"needs": ("wound_care",)}, (), 1, ["new_health_care"]),
        (
            {"needs": ("wound_care",), "existing_care": "package_of_care"},
            ("no_new_needs",),
            0,
            ["no_new_needs", "package_restarts_unchanged"],
        ),
        ({"needs": ("wound_care",)}, ("no_new_needs",), 0, ["no_new_needs"]),
        ({"needs": ("wound_care", "meals")}, ("no_new_needs",), 1, ["new_personal_care"]),
        ({"needs": PERSONAL, "existing_care": "package_of_care"}, ("needs_increased",), 1, ["needs_increased"]),
        ({"needs": PERSONAL, "living_situation": "care_home"}, ("needs_increased",), 1, ["needs_increased"]),
        ({"needs": ("bed_based_rehabilitation",)}, (), 2, ["bed_based_rehabilitation"]),
        ({"needs": ("care_home_placement",)}, (), 3, ["new_care_home"]),
        ({"needs": ("meals",)}, ("needs_24_hour_care",), 3, ["new_personal_care", "needs_24_hour_care"]),
        ({"needs": ()}, ("therapy",), 1, ["new_health_care"]),
    ],
)
def test_annex_b(facts: dict[str, Any], findings: tuple[str, ...], pathway: int, rules: list[str]) -> None:
    assessments = [a.assessment(a.NURSE, *findings)] if findings else []
    suggestion = suggest(picture_of(a.coded(**facts), assessments))
    assert suggestion.pathway == pathway
    assert [fired.rule for fired in suggestion.rules] == rules


def test_each_fired_rule_names_the_facts_that_fired_it() -> None:
    suggestion = suggest(picture_of(a.coded(needs=("meals", "wound_care"))))
    assert {fired.rule: fired.because for fired in suggestion.rules} == {
        "new_personal_care": ("needs.meals",),
        "new_health_care": ("needs.wound_care",),
    }


def test_the_newest_judgement_on_new_needs_counts() -> None:
    first, second = a.assessment(a.NURSE, "needs_increased"), a.assessment(a.NURSE, "no_new_needs")
    assert picture_of(a.coded(), [first, second]).judgements == {"no_new_needs"}
    assert picture_of(a.coded(), [second, first]).judgements == {"needs_increased"}


@given(
    needs=st.sets(st.sampled_from(codes.Need)),
    findings=st.sets(st.sampled_from(sorted(codes.FINDINGS)), min_size=1),
    existing_care=st.sampled_from([None, "none", "informal", "package_of_care", "care_home"]),
    living_situation=st.sampled_from([None, "alone", "care_home"]),
)
def test_whatever_the_picture_a_rule_fires_with_its_reasons_and_the_lines_fit(
    needs: set[str], findings: set[str], existing_care: str | None, living_situation: str | None
) -> None:
    facts = CodedFacts(needs=tuple(needs), existing_care=existing_care, living_situation=living_situation)
    picture = picture_of(facts, [a.assessment(a.NURSE, *findings)])
    suggestion = suggest(picture)
    assert suggestion.rules
    assert all(fired.because for fired in suggestion.rules)
    assert suggestion.pathway in {0, 1, 2, 3}
    lines = suggest_lines(picture, suggestion.pathway)
    if lines or suggestion.pathway == 0:
        check_lines(lines, suggestion.pathway)


def test_every_rule_states_its_source() -> None:
    assert all("Annex B" in (rule.fires.__doc__ or "") for rule in RULES)


@pytest.mark.parametrize(
    ("facts", "findings", "line"),
    [
        ({"needs": PERSONAL}, "meals", LineSpec(codes.Service.HOME_CARE, 3, 30, 1, 7)),
        ({"needs": PERSONAL}, "reablement_potential", LineSpec(codes.Service.REABLEMENT, 3, 30, 1, 7)),
        (
            {"needs": ("moving_handling",), "mobility": "hoist"},
            "moving_handling",
            LineSpec(codes.Service.HOME_CARE, 3, 45, 2, 7),
        ),
        ({"needs": ("wound_care",)}, "wound_care", LineSpec(codes.Service.COMMUNITY_NURSING)),
    ],
)
def test_needs_suggest_lines(facts: dict[str, Any], findings: str, line: LineSpec) -> None:
    picture = picture_of(a.coded(**facts), [a.assessment(a.NURSE, findings)])
    assert suggest_lines(picture, 1) == (line,)


def test_a_restarted_package_is_home_care_again_and_a_care_home_gives_its_own() -> None:
    restart = picture_of(a.coded(needs=(), existing_care="package_of_care"))
    assert [line.service for line in suggest_lines(restart, 0)] == ["home_care"]
    assert suggest_lines(picture_of(a.coded(existing_care="care_home")), 0) == ()
