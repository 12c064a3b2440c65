from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from intake_builders import MONDAY, facts, hours

from spa_intake.domain.codes import Criterion
from spa_intake.domain.criteria import (
    LAPSES_AFTER,
    Assessment,
    Met,
    first_assessment,
    is_kept,
    met_now,
    next_lapse,
    series,
)

FLUIDS, LEG, TRUNK, INVASIVE = (
    Criterion.IV_FLUIDS,
    Criterion.LOWER_LIMB_SURGERY_48H,
    Criterion.TRUNK_SURGERY_72H,
    Criterion.INVASIVE_PROCEDURE_24H,
)


def found(at: float, *criteria: Criterion, since: dict[Criterion, float] | None = None, told: float = 0) -> Assessment:
    """Hours after Monday nine o'clock."""
    began = {criterion: MONDAY + hours(when) for criterion, when in (since or {}).items()}
    return Assessment(MONDAY + hours(at), criteria, began, MONDAY + hours(max(at, told)), "client/ward")


def met(assessments: Sequence[Assessment], at: float) -> dict[Criterion, float]:
    """What is met at a time, and since how many hours after Monday nine o'clock."""
    return {one.criterion: (one.since - MONDAY) / hours(1) for one in met_now(series(assessments), MONDAY + hours(at))}


@pytest.mark.parametrize(("criterion", "lasts"), [(LEG, 48), (TRUNK, 72), (INVASIVE, 24)])
def test_criteria_9_to_11_end_so_many_hours_after_the_operation(criterion: Criterion, lasts: float) -> None:
    said = [found(10, criterion, since={criterion: 4})]
    assert met(said, 4 + lasts - 0.01) == {criterion: 4}
    assert met(said, 4 + lasts) == {}
    (entry,) = series(said)
    assert next_lapse(entry.met) == MONDAY + hours(4 + lasts)


def test_without_the_time_of_the_operation_the_assessment_counts() -> None:
    assert met([found(10, LEG)], 57.9) == {LEG: 10}
    assert met([found(10, LEG)], 58) == {}


def test_the_clock_ends_no_other_criterion() -> None:
    assert set(LAPSES_AFTER) == {LEG, TRUNK, INVASIVE}
    others = tuple(set(Criterion) - set(LAPSES_AFTER))
    assert set(met([found(0, *others)], 10_000)) == set(others)
    assert next_lapse(series([found(0, *others)])[0].met) is None


@pytest.mark.parametrize(
    ("said", "at", "expected"),
    [
        pytest.param([found(0, FLUIDS), found(12, FLUIDS)], 13, {FLUIDS: 0}, id="met since the first in a row"),
        pytest.param([found(0, FLUIDS), found(12), found(24, FLUIDS)], 25, {FLUIDS: 24}, id="a gap begins it again"),
        pytest.param([found(0, LEG), found(40, LEG)], 47, {LEG: 0}, id="saying it again does not prolong it"),
        pytest.param([found(0, LEG), found(40, LEG)], 48, {}, id="so it ends with the first"),
        pytest.param([found(0, LEG), found(50, LEG)], 60, {LEG: 50}, id="found after it ended: another operation"),
        pytest.param([found(0, LEG), found(9, LEG, since={LEG: -6})], 41, {LEG: -6}, id="a later time is a better one"),
        pytest.param([found(0, LEG), found(9, LEG, since={LEG: -6})], 42, {}, id="and the clock follows it"),
        pytest.param([found(0, LEG, since={LEG: 5})], 47, {LEG: 0}, id="not after the assessment that found it"),
        pytest.param([found(0, LEG, TRUNK)], 50, {TRUNK: 0}, id="each by itself"),
        pytest.param([found(0, FLUIDS), found(0, told=1)], 2, {}, id="of two for one time the later told counts"),
        pytest.param([], 0, {}, id="nothing was assessed"),
    ],
)
def test_what_is_met_and_since_when(said: list[Assessment], at: float, expected: dict[Criterion, float]) -> None:
    assert met(said, at) == expected


def test_an_older_assessment_that_comes_late_changes_only_since_when() -> None:
    late = found(-12, FLUIDS, told=30)
    assert met([found(0, FLUIDS), late], 31) == {FLUIDS: -12}
    assert series([found(0, FLUIDS), late])[0].assessment == late


def test_an_assessment_that_is_kept_already() -> None:
    kept = [found(0, FLUIDS, LEG)]
    assert is_kept(found(0, LEG, FLUIDS, told=9), kept)
    assert not is_kept(found(0, FLUIDS), kept)
    assert not is_kept(found(0, FLUIDS, LEG, since={LEG: -3}), kept)
    assert not is_kept(found(1, FLUIDS, LEG), kept)


def test_what_a_referral_itself_says() -> None:
    said = facts(criteria_to_reside=(LEG,))
    assert first_assessment(facts(), MONDAY) is None
    assert first_assessment(facts(criteria_assessed_at=MONDAY), MONDAY + hours(3)) == Assessment(MONDAY, ())
    assert first_assessment(said, MONDAY) == Assessment(MONDAY, (LEG,))


criteria = st.lists(st.sampled_from([FLUIDS, LEG, TRUNK, INVASIVE]), unique=True, max_size=4).map(tuple)
whole_hours = st.integers(0, 120)


@st.composite
def assessments(draw: st.DrawFn) -> list[Assessment]:
    made = []
    for place, at in enumerate(draw(st.lists(whole_hours, max_size=7))):
        said = draw(criteria)
        since = {one: float(at - draw(whole_hours)) for one in said if draw(st.booleans())}
        made.append(found(at, *said, since=since, told=200 + place))
    return made


@given(said=assessments(), again=st.data(), now=whole_hours)
def test_any_order_and_any_repeats_make_the_same_series(said: list[Assessment], again: st.DataObject, now: int) -> None:
    arrived = again.draw(
        st.permutations([*said, *again.draw(st.lists(st.sampled_from(said)) if said else st.just([]))])
    )
    assert series(arrived) == series(said)
    assert met(arrived, now) == met(said, now)


@given(said=assessments())
def test_the_clock_only_takes_away(said: list[Assessment]) -> None:
    def at(when: datetime) -> set[Met]:
        return set(met_now(series(said), when))

    moments = [MONDAY + hours(number) for number in range(0, 220, 7)]
    assert all(at(later) <= at(earlier) for earlier, later in pairwise(moments))
    for when in moments:
        lapse = next_lapse(at(when))
        if lapse is not None:
            assert at(lapse - timedelta(microseconds=1)) == at(when)
            assert at(lapse) < at(when)
