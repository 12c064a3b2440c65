"""What each kind of referral needs to be received: one thing left out at a time."""

from dataclasses import replace
from typing import Any

import pytest
from intake_builders import MONDAY, facts, hours, person_in

from spa_intake.domain.codes import Criterion, Kind, Source
from spa_intake.domain.content_codes import Referrer, ResponseWithin
from spa_intake.domain.inputs import ReferralIn
from spa_intake.domain.kinds import CONTENT, POLICIES, Fault, faults_of, referrer_of

FULL: dict[str, Any] = {"nhs_number": "9990000018", "gp_practice": "G85001"}  # Any: fields of PersonIn


def asked(kind: Kind, **changes: Any) -> ReferralIn:  # Any: fields of ReferralFacts
    person = person_in(**FULL)
    if kind is Kind.HOSPITAL_DISCHARGE:
        return ReferralIn(kind, Source.REST, person, replace(facts(), **{"referrer": Referrer.WARD} | changes))
    coded = facts(referring_organisation="G85001", hospital="G85001", ward="", referrer=POLICIES[kind].referrers[0])
    within = ResponseWithin.TWO_HOURS if kind is Kind.ADMISSION_AVOIDANCE else None
    return ReferralIn(kind, Source.REST, person, replace(coded, **{"response_within": within} | changes))


def without(full: ReferralIn, pointer: str) -> ReferralIn:
    name = pointer.rpartition("/")[2]
    nothing: dict[str, Any] = {"address_lines": (), "hospital": "", "ward": ""}  # Any: fields of either
    left_out: dict[str, Any] = {name: nothing.get(name)}  # Any: as above
    if pointer == "/person/hospital_number" and full.kind is Kind.HOSPITAL_DISCHARGE:
        left_out["nhs_number"] = None  # the one stands in for the other
    if pointer.startswith("/person/"):
        return replace(full, person=replace(full.person, **left_out))
    return replace(full, facts=replace(full.facts, **left_out))


@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_has_a_policy_and_is_received_when_nothing_is_missing(kind: Kind) -> None:
    assert faults_of(asked(kind), MONDAY) == []


@pytest.mark.parametrize(("kind", "pointer"), [(kind, pointer) for kind in Kind for pointer in POLICIES[kind].needed])
def test_what_a_kind_needs_is_named_when_it_is_missing(kind: Kind, pointer: str) -> None:
    assert faults_of(without(asked(kind), pointer), MONDAY) == [Fault(pointer, "missing")]


@pytest.mark.parametrize(
    ("kind", "pointer"),
    [(kind, pointer) for kind in Kind for pointer in CONTENT if pointer not in POLICIES[kind].needed],
)
def test_what_another_kind_needs_may_be_left_out(kind: Kind, pointer: str) -> None:
    if pointer not in {"/hospital", "/ward"}:
        assert faults_of(without(asked(kind), pointer), MONDAY) == []


@pytest.mark.parametrize("number", ["hospital_number", "nhs_number"])
def test_one_number_is_enough_for_a_discharge_and_its_ward_can_be_asked_for(number: str) -> None:
    full = without(asked(Kind.HOSPITAL_DISCHARGE), "/ward")
    person: dict[str, Any] = {number: None}  # Any: a field of PersonIn
    assert faults_of(replace(full, person=replace(full.person, **person)), MONDAY) == []


@pytest.mark.parametrize(("kind", "referrer"), [(kind, referrer) for kind in Kind for referrer in Referrer])
def test_a_kind_is_referred_by_those_it_fits(kind: Kind, referrer: Referrer) -> None:
    fits = referrer in POLICIES[kind].referrers
    expected = [] if fits else [Fault("/referrer", "not_for_this_kind")]
    assert faults_of(asked(kind, referrer=referrer), MONDAY) == expected


def test_who_refers_goes_without_saying_where_only_one_does() -> None:
    assert [referrer_of(kind, None) for kind in Kind] == [
        Referrer.WARD,
        Referrer.GP_PRACTICE,
        None,
        Referrer.CARE_HOME,
    ]
    assert faults_of(asked(Kind.ADMISSION_AVOIDANCE, referrer=None), MONDAY) == [Fault("/referrer", "missing")]


@pytest.mark.parametrize("kind", [kind for kind in Kind if not POLICIES[kind].is_from_hospital])
@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"hospital": "RJZ"}, "/hospital"),
        ({"ward": "W1"}, "/ward"),
        ({"criteria_to_reside": (Criterion.IV_FLUIDS,)}, "/criteria_to_reside"),
    ],
)
def test_what_is_about_a_stay_is_refused_where_there_is_none(kind: Kind, change: dict[str, Any], pointer: str) -> None:
    assert faults_of(asked(kind, **change), MONDAY) == [Fault(pointer, "not_for_this_kind")]


def test_a_criterion_that_is_not_met_has_no_since() -> None:
    since = {Criterion.LOWER_LIMB_SURGERY_48H: MONDAY - hours(9)}
    told = asked(Kind.HOSPITAL_DISCHARGE, criteria_since=since)
    assert faults_of(told, MONDAY) == [Fault("/criteria_since", "criterion_not_met")]
    assert faults_of(replace(told, facts=replace(told.facts, criteria_to_reside=tuple(since))), MONDAY) == []


def test_what_has_not_happened_yet_was_not_assessed() -> None:
    ahead, met = MONDAY + hours(1), (Criterion.TRUNK_SURGERY_72H,)
    assert faults_of(asked(Kind.HOSPITAL_DISCHARGE, criteria_assessed_at=ahead), MONDAY) == [
        Fault("/criteria_assessed_at", "in_future")
    ]
    for assessed_at in (MONDAY, None):
        begun_later = {
            "criteria_since": {met[0]: ahead},
            "criteria_to_reside": met,
            "criteria_assessed_at": assessed_at,
        }
        assert faults_of(asked(Kind.HOSPITAL_DISCHARGE, **begun_later), MONDAY) == [
            Fault("/criteria_since", "later_than_assessment")
        ]
    within_tolerance = MONDAY + hours(0.05)
    assert faults_of(asked(Kind.HOSPITAL_DISCHARGE, criteria_assessed_at=within_tolerance), MONDAY) == []
