from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from intake_builders import MONDAY, facts

from spa_intake.domain.acceptance_rules import (
    DECIDABLE,
    Candidate,
    Condition,
    Effect,
    Finding,
    HospitalNotServed,
    MissingItems,
    OutsideAges,
    OutsideArea,
    Rule,
    evaluate,
    is_given,
    still_missing,
    to_ask,
)
from spa_intake.domain.codes import (
    Cognition,
    DeclineReason,
    ExistingCare,
    Kind,
    LivingSituation,
    Missing,
    Mobility,
    Need,
)
from spa_intake.domain.content import Communication, Equipment, Infection, Legal
from spa_intake.domain.content_codes import Ability, Activity, Consent, MentalCapacity, ResponseWithin

TODAY = MONDAY.date()
BROMLEY = frozenset({"BR1", "BR2"})


def candidate(**fields: Any) -> Candidate:  # Any: a builder takes any field of what it builds
    coded = facts(**fields.pop("facts", {"outward_postcode": "BR1"}))
    known = Candidate(Kind.HOSPITAL_DISCHARGE, coded, born_on=date(1941, 5, 6), can_be_reached=True)
    return replace(known, **fields)


def rule(condition: Condition, **fields: Any) -> Rule:  # Any: as above
    return replace(Rule("a_rule", "What it says.", Effect.WARN, condition, valid_from=TODAY), **fields)


def applies(condition: Condition, to: Candidate, **fields: Any) -> bool:  # Any: as above
    return bool(evaluate([rule(condition, **fields)], to, TODAY))


BORN_ON = {18: date(2008, 11, 2), 17: date(2008, 11, 3)}  # by Monday


@pytest.mark.parametrize(
    ("condition", "about", "expected"),
    [
        (OutsideArea(BROMLEY), candidate(), False),
        (OutsideArea(BROMLEY), candidate(facts={"outward_postcode": "CR0"}), True),
        (OutsideArea(BROMLEY), candidate(facts={}), False),  # unknown: that is for a rule about what is missing
        (OutsideArea(BROMLEY), candidate(facts={}, gp_practice="G85000"), False),
        (OutsideArea(BROMLEY, frozenset({"G84001"})), candidate(facts={}, gp_practice="G85000"), True),
        (OutsideArea(BROMLEY, frozenset({"G84001"})), candidate(facts={}, gp_practice="G84001"), False),
        (
            OutsideArea(BROMLEY, frozenset({"G84001"})),
            candidate(facts={"outward_postcode": "CR0"}, gp_practice="G84001"),
            False,
        ),
        (OutsideArea(), candidate(), False),  # covers no area: says nothing
        (OutsideAges(youngest=18), candidate(born_on=BORN_ON[18]), False),
        (OutsideAges(youngest=18), candidate(born_on=BORN_ON[17]), True),
        (OutsideAges(oldest=17), candidate(born_on=BORN_ON[17]), False),
        (OutsideAges(oldest=17), candidate(born_on=BORN_ON[18]), True),
        (OutsideAges(youngest=18), candidate(born_on=None), False),
        (OutsideAges(), candidate(), False),
        (HospitalNotServed(frozenset({"RJZ"})), candidate(), False),
        (HospitalNotServed(frozenset({"RJ1"})), candidate(), True),
        (MissingItems((Missing.MOBILITY,)), candidate(), True),
        (MissingItems((Missing.MOBILITY,)), candidate(facts={"mobility": Mobility.HOIST}), False),
        (MissingItems(), candidate(), False),
    ],
)
def test_when_a_rule_applies(condition: Condition, about: Candidate, expected: bool) -> None:  # noqa: FBT001 — a table
    assert applies(condition, about) is expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, True),
        ({"valid_from": TODAY + timedelta(days=1)}, False),
        ({"valid_to": TODAY}, True),
        ({"valid_to": TODAY - timedelta(days=1)}, False),
        ({"kinds": frozenset({Kind.HOSPITAL_DISCHARGE})}, True),
        ({"kinds": frozenset({Kind.CARE_HOME})}, False),
    ],
)
def test_a_rule_counts_on_its_days_and_for_its_kinds(fields: dict[str, Any], expected: bool) -> None:  # noqa: FBT001
    assert applies(HospitalNotServed(), candidate(), **fields) is expected


def test_a_finding_says_what_is_missing_and_what_a_decline_would_give() -> None:
    wanted = (Missing.NEEDS, Missing.MOBILITY, Missing.NEEDS)
    asks = rule(MissingItems(wanted), code="content", effect=Effect.QUERY)
    far = rule(OutsideArea(BROMLEY), code="area", effect=Effect.DECLINE, reason=DeclineReason.OUT_OF_AREA)
    looks = rule(HospitalNotServed(), code="hospital")
    found = evaluate([looks, asks, far], candidate(facts={"outward_postcode": "CR0"}), TODAY)
    assert found == (
        Finding("area", "What it says.", Effect.DECLINE, DeclineReason.OUT_OF_AREA),
        Finding("content", "What it says.", Effect.QUERY, missing=(Missing.NEEDS, Missing.MOBILITY)),
        Finding("hospital", "What it says.", Effect.WARN),
    )
    assert to_ask(found) == (Missing.NEEDS, Missing.MOBILITY)


COMPLETE = facts(
    criteria_assessed_at=MONDAY,
    expected_discharge_on=TODAY,
    discharge_ready_on=TODAY,
    needs=(Need.MEALS,),
    mobility=Mobility.INDEPENDENT,
    cognition=Cognition.NO_CONCERN,
    living_situation=LivingSituation.ALONE,
    existing_care=ExistingCare.NONE,
    clinical_frailty_scale=4,
    abilities={Activity.WASHING: Ability.INDEPENDENT},
    legal=Legal(mental_capacity=MentalCapacity.HAS_CAPACITY, consent_to_referral=Consent.GIVEN),
    communication=Communication(),
    infection=Infection(),
    equipment=Equipment(),
    response_within=ResponseWithin.TWO_DAYS,
)


@pytest.mark.parametrize("item", sorted(DECIDABLE))
def test_every_item_a_rule_can_look_for_is_missing_from_nothing_and_there_in_everything(item: Missing) -> None:
    full = Candidate(Kind.HOSPITAL_DISCHARGE, COMPLETE, date(1941, 5, 6), "G84001", True, True)
    assert is_given(item, full)
    assert not is_given(item, Candidate(Kind.HOSPITAL_DISCHARGE, facts(ward="")))


def test_an_answer_clears_what_it_gives_and_what_facts_cannot_show() -> None:
    asked = (Missing.MOBILITY, Missing.THERAPY_REPORT, Missing.NEEDS, Missing.CONTACT_DETAILS, "of_the_mdt")
    assert still_missing(asked, facts(mobility=Mobility.HOIST)) == (Missing.NEEDS,)
    assert still_missing(asked, COMPLETE) == ()


codes = st.sampled_from(["BR1", "BR2", "CR0", "", "G84001"])
sets = st.frozensets(codes, max_size=3)
ages = st.none() | st.integers(-5, 200)
days = st.dates(date(2020, 1, 1), date(2030, 1, 1))
conditions = st.one_of(
    st.builds(OutsideArea, sets, sets),
    st.builds(OutsideAges, ages, ages),
    st.builds(HospitalNotServed, sets),
    st.builds(MissingItems, st.lists(st.sampled_from(list(Missing)), max_size=4).map(tuple)),
)
rules = st.builds(
    Rule,
    code=st.sampled_from(["a", "b", "c"]),
    sentence=st.sampled_from(["One.", "Two."]),
    effect=st.sampled_from(Effect),
    condition=conditions,
    valid_from=days,
    kinds=st.frozensets(st.sampled_from(Kind)),
    reason=st.none() | st.sampled_from(DeclineReason),
    valid_to=st.none() | days,
)
candidates = st.builds(
    Candidate,
    kind=st.sampled_from(Kind),
    facts=st.sampled_from([facts(), COMPLETE, facts(outward_postcode="CR0"), facts(hospital="")]),
    born_on=st.none() | st.dates(date(1, 1, 1), date(9999, 12, 31)),
    gp_practice=st.none() | codes,
    can_be_reached=st.booleans(),
    has_next_of_kin=st.booleans(),
)


@given(known=st.lists(rules, max_size=6), about=candidates, on=days, shuffled=st.randoms())
def test_any_rules_in_any_order_find_the_same(known: list[Rule], about: Candidate, on: date, shuffled: Any) -> None:
    found = evaluate(known, about, on)
    again = [*known, *known[:2]]
    shuffled.shuffle(again)
    assert evaluate(again, about, on) == found
    assert set(to_ask(found)) <= DECIDABLE
    assert all(not is_given(item, about) for finding in found for item in finding.missing)
    assert [list(Effect).index(one.effect) for one in found] == sorted(list(Effect).index(one.effect) for one in found)


@given(known=st.lists(rules, max_size=6), another=rules, about=candidates, on=days)
def test_a_rule_more_takes_no_finding_away(known: list[Rule], another: Rule, about: Candidate, on: date) -> None:
    assert set(evaluate(known, about, on)) <= set(evaluate([*known, another], about, on))
