"""Every edge of the scores, by the tables they were published with; where those differ, each of them."""

from dataclasses import replace
from itertools import combinations

import pytest

from spa_intake.domain.scores import (
    CFS_BANDS,
    POINTS_OF,
    CfsVersion,
    Comorbidity,
    HospitalVersion,
    RiskInputs,
    Score,
    ScoreRules,
    clinical_frailty,
    frailty_index,
    hospital,
    hospital_admission_points,
    lace,
    lace_comorbidity_points,
    lace_length_points,
    scores,
    with_stay,
)

C = Comorbidity
RULES = ScoreRules()
LOWEST = RiskInputs(
    length_of_stay_days=0,
    is_emergency_admission=False,
    comorbidities=(),
    ed_visits_6_months=0,
    admissions_12_months=0,
    haemoglobin_g_per_l=140,
    sodium_mmol_per_l=140,
    was_on_oncology=False,
    had_procedure=False,
)
HIGHEST = RiskInputs(
    length_of_stay_days=40,
    is_emergency_admission=True,
    comorbidities=tuple(C),
    ed_visits_6_months=12,
    admissions_12_months=12,
    haemoglobin_g_per_l=80,
    sodium_mmol_per_l=120,
    was_on_oncology=True,
    had_procedure=True,
)


def points(score: Score, name: str) -> int | None:
    return next(part.points for part in score.parts if part.name == name)


@pytest.mark.parametrize(
    ("days", "expected"),
    [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 4), (6, 4), (7, 5), (13, 5), (14, 7), (15, 7), (400, 7)],
)
def test_lace_days_in_hospital(days: int, expected: int) -> None:
    assert lace_length_points(days, 7) == expected


@pytest.mark.parametrize(("days", "expected"), [(13, 5), (14, 6), (30, 6)])
def test_the_modified_lace_gives_one_point_less_from_14_days_on(days: int, expected: int) -> None:
    assert lace_length_points(days, 6) == expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ((), 0),
        ((C.PREVIOUS_MI,), 1),
        ((C.HEART_FAILURE,), 2),
        ((C.PREVIOUS_MI, C.HEART_FAILURE), 3),
        ((C.DEMENTIA,), 3),
        ((C.CONNECTIVE_TISSUE,), 3),
        ((C.HEART_FAILURE, C.CHRONIC_PULMONARY), 5),  # four is five
        ((C.SEVERE_LIVER_OR_RENAL,), 5),
        ((C.METASTATIC_TUMOUR,), 5),
        ((C.DIABETES, C.DIABETES_WITH_DAMAGE), 2),  # the worse alone
        ((C.DIABETES, C.DIABETES_WITH_DAMAGE, C.PREVIOUS_MI), 3),
        ((C.TUMOUR, C.METASTATIC_TUMOUR), 5),
        ((C.MILD_LIVER_OR_RENAL, C.PREVIOUS_MI, C.PREVIOUS_MI), 3),  # said twice counts once
        (tuple(C), 5),
    ],
)
def test_lace_comorbidity(found: tuple[Comorbidity, ...], expected: int) -> None:
    assert lace_comorbidity_points(found) == expected


def test_lace_comorbidity_of_any_two_is_their_sum_up_to_three_and_five_above() -> None:
    degrees = [{C.DIABETES, C.DIABETES_WITH_DAMAGE}, {C.TUMOUR, C.METASTATIC_TUMOUR}]
    degrees.append({C.MILD_LIVER_OR_RENAL, C.SEVERE_LIVER_OR_RENAL})
    for pair in combinations(C, 2):
        if set(pair) not in degrees:
            total = sum(POINTS_OF[one] for one in pair)
            assert lace_comorbidity_points(pair) == (total if total <= 3 else 5)


@pytest.mark.parametrize(("visits", "expected"), [(0, 0), (1, 1), (3, 3), (4, 4), (5, 4), (99, 4)])
def test_lace_emergency_visits(visits: int, expected: int) -> None:
    assert points(lace(replace(LOWEST, ed_visits_6_months=visits), RULES), "emergency_visits") == expected


@pytest.mark.parametrize(
    ("inputs", "total", "band"),
    [
        (LOWEST, 0, "low"),
        (replace(LOWEST, length_of_stay_days=4), 4, "low"),
        (replace(LOWEST, length_of_stay_days=7), 5, "moderate"),
        (replace(LOWEST, length_of_stay_days=7, ed_visits_6_months=4), 9, "moderate"),
        (replace(LOWEST, length_of_stay_days=14, is_emergency_admission=True), 10, "high"),
        (HIGHEST, 19, "high"),
    ],
)
def test_lace_totals_and_bands(inputs: RiskInputs, total: int, band: str) -> None:
    score = lace(inputs, RULES)
    assert (score.total, score.band, score.highest, score.version) == (total, band, 19, "2010")


def test_the_modified_lace_says_so() -> None:
    score = lace(HIGHEST, ScoreRules(lace_points_for_14_days=6))
    assert (score.total, score.highest, score.version) == (18, 18, "modified")


@pytest.mark.parametrize(
    ("name", "value", "part", "expected"),
    [
        ("haemoglobin_g_per_l", 120.0, "haemoglobin", 0),
        ("haemoglobin_g_per_l", 119.9, "haemoglobin", 1),
        ("sodium_mmol_per_l", 135.0, "sodium", 0),
        ("sodium_mmol_per_l", 134.9, "sodium", 1),
        ("was_on_oncology", True, "oncology", 2),
        ("had_procedure", True, "procedure", 1),
        ("is_emergency_admission", True, "index_type", 1),
        ("length_of_stay_days", 4, "length_of_stay", 0),
        ("length_of_stay_days", 5, "length_of_stay", 2),
    ],
)
def test_the_parts_of_hospital(name: str, value: object, part: str, expected: int) -> None:
    score = hospital(replace(LOWEST, **{name: value}), RULES)  # type: ignore[arg-type]  # one field of each type
    assert (points(score, part), score.total) == (expected, expected)


@pytest.mark.parametrize(
    ("admissions", "in_2013", "in_2016"),
    [(0, 0, 0), (1, 2, 0), (2, 2, 2), (5, 2, 2), (6, 5, 5), (30, 5, 5)],
)
def test_hospital_admissions_differ_by_source(admissions: int, in_2013: int, in_2016: int) -> None:
    assert hospital_admission_points(admissions, HospitalVersion.DERIVATION_2013) == in_2013
    assert hospital_admission_points(admissions, HospitalVersion.VALIDATION_2016) == in_2016


@pytest.mark.parametrize(
    ("inputs", "total", "band"),
    [
        (LOWEST, 0, "low"),
        (replace(LOWEST, was_on_oncology=True, length_of_stay_days=5), 4, "low"),
        (replace(LOWEST, admissions_12_months=6), 5, "intermediate"),
        (replace(LOWEST, admissions_12_months=6, had_procedure=True), 6, "intermediate"),
        (replace(LOWEST, admissions_12_months=6, was_on_oncology=True), 7, "high"),
        (HIGHEST, 13, "high"),
    ],
)
def test_hospital_totals_and_bands(inputs: RiskInputs, total: int, band: str) -> None:
    score = hospital(inputs, RULES)
    assert (score.total, score.band, score.highest, score.version) == (total, band, 13, "2016")


@pytest.mark.parametrize(
    ("deficits", "band"),
    [
        (0, "fit"),
        (4, "fit"),
        (5, "mild"),
        (8, "mild"),
        (9, "moderate"),
        (12, "moderate"),
        (13, "severe"),
        (36, "severe"),
    ],
)
def test_the_frailty_index_counts_deficits(deficits: int, band: str) -> None:
    score = frailty_index(RiskInputs(frailty_deficits=deficits), "75-84")
    assert (score.total, score.band, score.is_validated) == (deficits, band, True)


@pytest.mark.parametrize("version", list(CfsVersion))
@pytest.mark.parametrize("scale", range(1, 10))
def test_the_clinical_frailty_scale_in_the_words_of_its_version(scale: int, version: CfsVersion) -> None:
    score = clinical_frailty(scale, "65-74", ScoreRules(cfs_version=version))
    assert (score.total, score.band) == (scale, CFS_BANDS[version][scale - 1][1])


@pytest.mark.parametrize(
    ("age_band", "is_validated"),
    [("0-17", False), ("18-64", False), ("65-74", True), ("95+", True), (None, True)],
)
def test_frailty_scales_are_not_validated_under_65(age_band: str | None, *, is_validated: bool) -> None:
    assert clinical_frailty(5, age_band, RULES).is_validated is is_validated
    assert frailty_index(RiskInputs(frailty_deficits=5), age_band).is_validated is is_validated


@pytest.mark.parametrize(
    ("left_out", "missing"),
    [
        ("length_of_stay_days", "length_of_stay"),
        ("is_emergency_admission", "acute_admission"),
        ("comorbidities", "comorbidity"),
        ("ed_visits_6_months", "emergency_visits"),
    ],
)
def test_a_score_without_one_of_its_inputs_has_no_total_and_says_which(left_out: str, missing: str) -> None:
    score = lace(replace(HIGHEST, **{left_out: None}), RULES)
    assert (score.total, score.band, score.missing) == (None, None, (missing,))


def test_a_score_of_which_nothing_is_known_is_not_given() -> None:
    assert scores(None, RiskInputs(), "75-84", RULES) == []
    assert [score.name for score in scores(6, LOWEST, "75-84", RULES)] == ["lace", "hospital", "clinical_frailty"]


def test_what_the_hospital_says_fills_what_the_referrer_left_out_only() -> None:
    filled = with_stay(RiskInputs(), 6, is_emergency=True)
    assert (filled.length_of_stay_days, filled.is_emergency_admission) == (6, True)
    said = with_stay(RiskInputs(length_of_stay_days=0, is_emergency_admission=False), 6, is_emergency=True)
    assert (said.length_of_stay_days, said.is_emergency_admission) == (0, False)
