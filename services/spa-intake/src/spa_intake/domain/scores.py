"""Scores of risk and frailty, computed here from their inputs: LACE, HOSPITAL, the frailty index and the CFS.

A score with an input missing has no total; its known parts are shown all the same. Where published versions
differ, `ScoreRules` chooses, and each score says which version it is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

T = TypeVar("T")
Bands = Sequence[tuple[int, str]]  # from this total on


class Comorbidity(StrEnum):
    """The conditions of LACE's C (van Walraven 2010, table in BMC Cardiovasc Disord 14:97)."""

    PREVIOUS_MI = "previous_mi"
    CEREBROVASCULAR = "cerebrovascular"
    PERIPHERAL_VASCULAR = "peripheral_vascular"
    DIABETES = "diabetes"
    DIABETES_WITH_DAMAGE = "diabetes_with_damage"
    HEART_FAILURE = "heart_failure"
    CHRONIC_PULMONARY = "chronic_pulmonary"
    MILD_LIVER_OR_RENAL = "mild_liver_or_renal"
    SEVERE_LIVER_OR_RENAL = "severe_liver_or_renal"
    TUMOUR = "tumour"
    METASTATIC_TUMOUR = "metastatic_tumour"
    DEMENTIA = "dementia"
    CONNECTIVE_TISSUE = "connective_tissue"


POINTS_OF: Mapping[Comorbidity, int] = {
    Comorbidity.PREVIOUS_MI: 1,
    Comorbidity.CEREBROVASCULAR: 1,
    Comorbidity.PERIPHERAL_VASCULAR: 1,
    Comorbidity.DIABETES: 1,
    Comorbidity.DIABETES_WITH_DAMAGE: 2,
    Comorbidity.HEART_FAILURE: 2,
    Comorbidity.CHRONIC_PULMONARY: 2,
    Comorbidity.MILD_LIVER_OR_RENAL: 2,
    Comorbidity.TUMOUR: 2,
    Comorbidity.DEMENTIA: 3,
    Comorbidity.CONNECTIVE_TISSUE: 3,
    Comorbidity.SEVERE_LIVER_OR_RENAL: 4,
    Comorbidity.METASTATIC_TUMOUR: 6,
}
# of two degrees of one illness the worse alone counts, as in Charlson's index
MILDER_THAN: Mapping[Comorbidity, Comorbidity] = {
    Comorbidity.DIABETES: Comorbidity.DIABETES_WITH_DAMAGE,
    Comorbidity.MILD_LIVER_OR_RENAL: Comorbidity.SEVERE_LIVER_OR_RENAL,
    Comorbidity.TUMOUR: Comorbidity.METASTATIC_TUMOUR,
}
LACE_BANDS: Bands = ((0, "low"), (5, "moderate"), (10, "high"))
HOSPITAL_BANDS: Bands = ((0, "low"), (5, "intermediate"), (7, "high"))
FRAILTY_BANDS: Bands = ((0, "fit"), (5, "mild"), (9, "moderate"), (13, "severe"))  # counts of 36 (Clegg 2016)
FRAILTY_AGE_BANDS = frozenset({"65-74", "75-84", "85-94", "95+"})  # neither frailty scale is validated under 65


class HospitalVersion(StrEnum):
    """Points for admissions in the year before: 2013 (0: 0, 1-5: 2, more: 5), 2016 (0-1: 0, 2-5: 2, more: 5)."""

    DERIVATION_2013 = "2013"
    VALIDATION_2016 = "2016"


class CfsVersion(StrEnum):
    """The words of the Clinical Frailty Scale: as first published, or revised (Rockwood and Theou 2020)."""

    V1_2 = "1.2"
    V2_0 = "2.0"


@dataclass(frozen=True)
class ScoreRules:
    """Which published version of each score a site uses."""

    lace_points_for_14_days: int = 7  # 6 in the "modified" LACE (BMJ Open)
    # the published risks (5.8 %, 11.9 %, 22.8 %) belong to the bands of the 2016 validation
    hospital_version: HospitalVersion = HospitalVersion.VALIDATION_2016
    cfs_version: CfsVersion = CfsVersion.V2_0


@dataclass(frozen=True)
class RiskInputs:
    """What the scores are computed from; None: not known."""

    length_of_stay_days: int | None = None
    is_emergency_admission: bool | None = None
    comorbidities: tuple[Comorbidity, ...] | None = None  # (): none of them
    ed_visits_6_months: int | None = None  # before this admission
    admissions_12_months: int | None = None  # before this one
    haemoglobin_g_per_l: float | None = None
    sodium_mmol_per_l: float | None = None
    was_on_oncology: bool | None = None  # discharged from an oncology service
    had_procedure: bool | None = None
    frailty_deficits: int | None = None  # of the 36 of the electronic frailty index


@dataclass(frozen=True)
class Part:
    """An input and its points; None: not known."""

    name: str
    points: int | None


@dataclass(frozen=True)
class Score:
    name: str
    version: str
    total: int | None  # None while an input is missing
    highest: int
    band: str | None
    parts: tuple[Part, ...]
    is_validated: bool = True  # for a person of this age

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(part.name for part in self.parts if part.points is None)


def lace(inputs: RiskInputs, rules: ScoreRules) -> Score:
    """Length of stay, Acuity, Comorbidity, Emergency department visits: 0-19; from 10 on the risk is high."""
    long_stay = rules.lace_points_for_14_days
    parts = (
        _part("length_of_stay", inputs.length_of_stay_days, lambda days: lace_length_points(days, long_stay)),
        _part("acute_admission", inputs.is_emergency_admission, lambda is_acute: 3 if is_acute else 0),
        _part("comorbidity", inputs.comorbidities, lace_comorbidity_points),
        _part("emergency_visits", inputs.ed_visits_6_months, lambda visits: min(visits, 4)),
    )
    version = "2010" if long_stay == 7 else "modified"
    return _score("lace", version, parts, LACE_BANDS, highest=12 + long_stay)


def lace_length_points(days: int, long_stay: int) -> int:
    """Days in hospital: <1: 0, 1: 1, 2: 2, 3: 3, 4-6: 4, 7-13: 5, 14 and more: 7 (or 6)."""
    return next(points for least, points in ((14, long_stay), (7, 5), (4, 4), (0, days)) if days >= least)


def lace_comorbidity_points(found: Iterable[Comorbidity]) -> int:
    """The sum as it is up to 3, and 5 from 4 on."""
    present = set(found)
    counted = {one for one in present if MILDER_THAN.get(one) not in present}
    total = sum(POINTS_OF[one] for one in counted)
    return total if total <= 3 else 5


def hospital(inputs: RiskInputs, rules: ScoreRules) -> Score:
    """HOSPITAL (Donzé 2013, 2016): 0-13; from 7 on the risk of an avoidable readmission is high."""
    parts = (
        _part("haemoglobin", inputs.haemoglobin_g_per_l, lambda grams: 1 if grams < 120 else 0),
        _part("oncology", inputs.was_on_oncology, lambda was: 2 if was else 0),
        _part("sodium", inputs.sodium_mmol_per_l, lambda sodium: 1 if sodium < 135 else 0),
        _part("procedure", inputs.had_procedure, lambda had: 1 if had else 0),
        _part("index_type", inputs.is_emergency_admission, lambda is_urgent: 1 if is_urgent else 0),
        _part(
            "admissions",
            inputs.admissions_12_months,
            lambda count: hospital_admission_points(count, rules.hospital_version),
        ),
        _part("length_of_stay", inputs.length_of_stay_days, lambda days: 2 if days >= 5 else 0),
    )
    return _score("hospital", rules.hospital_version, parts, HOSPITAL_BANDS, highest=13)


def hospital_admission_points(count: int, version: HospitalVersion) -> int:
    if count > 5:
        return 5
    return 2 if count >= (1 if version is HospitalVersion.DERIVATION_2013 else 2) else 0


def frailty_index(inputs: RiskInputs, age_band: str | None) -> Score:
    """The electronic frailty index as a count of deficits, not a rounded fraction: 0-4, 5-8, 9-12, 13 and more."""
    parts = (_part("deficits", inputs.frailty_deficits, lambda count: count),)
    score = _score("frailty_index", "eFI", parts, FRAILTY_BANDS, highest=36)
    return _for_age(score, age_band)


CFS_BANDS: Mapping[CfsVersion, Bands] = {
    CfsVersion.V1_2: (
        (1, "very_fit"),
        (2, "well"),
        (3, "managing_well"),
        (4, "vulnerable"),
        (5, "mildly_frail"),
        (6, "moderately_frail"),
        (7, "severely_frail"),
        (8, "very_severely_frail"),
        (9, "terminally_ill"),
    ),
    CfsVersion.V2_0: (
        (1, "very_fit"),
        (2, "fit"),
        (3, "managing_well"),
        (4, "living_with_very_mild_frailty"),
        (5, "living_with_mild_frailty"),
        (6, "living_with_moderate_frailty"),
        (7, "living_with_severe_frailty"),
        (8, "living_with_very_severe_frailty"),
        (9, "terminally_ill"),
    ),
}


def clinical_frailty(scale: int | None, age_band: str | None, rules: ScoreRules) -> Score:
    """The Clinical Frailty Scale, 1-9, which an assessor gives as a whole."""
    parts = (_part("scale", scale, lambda given: given),)
    score = _score("clinical_frailty", rules.cfs_version, parts, CFS_BANDS[rules.cfs_version], highest=9)
    return _for_age(score, age_band)


def with_stay(inputs: RiskInputs, days: int, *, is_emergency: bool | None) -> RiskInputs:
    """The inputs with what the hospital's messages say, where the referrer said nothing."""
    said = inputs.is_emergency_admission
    return replace(
        inputs,
        length_of_stay_days=days if inputs.length_of_stay_days is None else inputs.length_of_stay_days,
        is_emergency_admission=is_emergency if said is None else said,
    )


def scores(scale: int | None, risk: RiskInputs, age_band: str | None, rules: ScoreRules) -> list[Score]:
    """Every score of which at least one input is known."""
    every = (
        lace(risk, rules),
        hospital(risk, rules),
        frailty_index(risk, age_band),
        clinical_frailty(scale, age_band, rules),
    )
    return [score for score in every if len(score.missing) < len(score.parts)]


def _part(name: str, value: T | None, points: Callable[[T], int]) -> Part:
    return Part(name, None if value is None else points(value))


def _score(name: str, version: str, parts: tuple[Part, ...], bands: Bands, highest: int) -> Score:
    known = [part.points for part in parts if part.points is not None]
    total = sum(known) if len(known) == len(parts) else None
    band = None if total is None else [word for least, word in bands if total >= least][-1]
    return Score(name, version, total, highest, band, parts)


def _for_age(score: Score, age_band: str | None) -> Score:
    return replace(score, is_validated=age_band is None or age_band in FRAILTY_AGE_BANDS)
