import json
from datetime import UTC, date, datetime

import pytest
from door_builders import Change, Json, bars, resource, setting, structure, without

from spa_intake.adapters.fhir.message import instant, read_message
from spa_intake.adapters.fhir.outcome import FhirRefusal, Issue
from spa_intake.adapters.fhir.referral import read_referral, sender_of
from spa_intake.domain.codes import Criterion, Gender, Kind, Mobility, Need, Source, VerificationStatus
from spa_intake.domain.inputs import ReferralIn

SYSTEM = "https://homeward.example/fhir/CodeSystem/discharge-facts"


def read(*changes: Change) -> ReferralIn:
    return read_referral(read_message(json.dumps(bars(*changes)).encode(), structure()), "RJZ")


def refused(*changes: Change) -> list[tuple[str, str | None]]:
    with pytest.raises(FhirRefusal) as caught:
        read(*changes)
    return [(issue.code, issue.expression) for issue in caught.value.issues]


def fact(name: str, **value: object) -> Change:
    """Set the value of every Observation of a fact."""

    def change(bundle: Json) -> None:
        for entry in bundle["entry"]:
            found = entry["resource"]
            if found["resourceType"] == "Observation" and found["code"]["coding"][0]["code"] == name:
                found.update(value)

    return change


def coded(code: str) -> Json:
    return {"coding": [{"system": SYSTEM, "code": code}]}


def test_who_and_from_where() -> None:
    referral = read()
    assert (referral.kind, referral.source) == (Kind.HOSPITAL_DISCHARGE, Source.FHIR)
    assert referral.visit_number == "V2026112001"
    person = referral.person
    assert (person.family_name, person.given_name, person.gender) == ("Example", "Edith Synthetic", Gender.FEMALE)
    assert (person.hospital, person.hospital_number, person.gp_practice) == ("RJZ", "H7700121", "G84000")
    assert (person.nhs_number, person.verification_status) == (
        "9990001219",
        VerificationStatus.PRESENT_AND_VERIFIED,
    )
    assert (person.born_on, person.postcode, person.phone) == (date(1941, 3, 9), "BR1 1AA", "02079460121")
    assert referral.reason_text is not None
    assert "neck of femur" in referral.reason_text


def test_the_coded_facts() -> None:
    facts = read().facts
    assert (facts.referring_organisation, facts.hospital, facts.ward) == ("RJZ", "RJZ", "FARNBOROUGH")
    assert facts.needs == (Need.WASHING_DRESSING, Need.MEALS, Need.THERAPY, Need.EQUIPMENT)
    assert (facts.mobility, facts.clinical_frailty_scale) == (Mobility.ONE_PERSON, 6)
    assert (facts.expected_discharge_on, facts.discharge_ready_on) == (date(2026, 11, 23), date(2026, 11, 20))
    assert facts.is_ready
    assert facts.criteria_assessed_at == datetime(2026, 11, 20, 8, 15, tzinfo=UTC)


def test_what_is_not_there_is_absent() -> None:
    referral = read(without("Observation"), without("Location"), setting("Patient", "identifier", None))
    assert (referral.facts.ward, referral.facts.needs, referral.facts.mobility) == ("", (), None)
    assert (referral.person.nhs_number, referral.person.hospital_number) == (None, None)


def test_the_sender_is_named_by_its_ods_code() -> None:
    def nameless(bundle: Json) -> None:
        for entry in bundle["entry"]:
            if entry["resource"]["resourceType"] == "Organization":
                entry["resource"].pop("identifier", None)

    def sender(*changes: Change) -> str | None:
        return sender_of(read_message(json.dumps(bars(*changes)).encode(), structure()))

    assert (sender(), sender(nameless)) == ("RJZ", None)


def test_a_criterion_makes_the_person_not_ready() -> None:
    facts = read(fact("criterion-to-reside", valueCodeableConcept=coded("iv_fluids"))).facts
    assert facts.criteria_to_reside == (Criterion.IV_FLUIDS,)
    assert not facts.is_ready


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (fact("need", valueCodeableConcept=coded("a_new_bicycle")), ("code-invalid", "Observation.value")),
        (fact("clinical-frailty-scale", valueInteger=10), ("value", "Observation.value")),
        (fact("expected-discharge", valueDateTime="2026-02-30"), ("value", "Observation.value")),
        (fact("criterion-to-reside", effectiveDateTime="2026-02-30T10:00:00Z"), ("value", "Observation.effective")),
        (setting("Patient", "birthDate", "1941-02-29"), ("value", "Patient.birthDate")),
    ],
)
def test_a_wrong_value_is_refused_with_its_place(change: Change, fault: tuple[str, str]) -> None:
    assert refused(change)[0] == fault


@pytest.mark.parametrize("birth_date", ["1941", "1941-03"])
def test_a_vague_birth_date_is_none(birth_date: str) -> None:
    assert read(setting("Patient", "birthDate", birth_date)).person.born_on is None


@pytest.mark.parametrize(
    ("code", "status"),
    [("number-present-and-verified", "01"), ("02", "02"), ("trace-required", "03"), ("nonsense", None)],
)
def test_the_verification_status_is_kept_old_words_and_codes(code: str, status: str | None) -> None:
    def change(bundle: Json) -> None:
        concept = resource(bundle, "Patient")["identifier"][0]["extension"][0]["valueCodeableConcept"]
        concept["coding"][0]["code"] = code

    assert read(change).person.verification_status == status


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2023-06-26T11:30:00.8185338+00:00", datetime(2023, 6, 26, 11, 30, 0, 818533, UTC)),
        ("2023-06-26T12:30:00+01:00", datetime(2023, 6, 26, 11, 30, tzinfo=UTC)),
        ("2023-06-26T11:30:60Z", datetime(2023, 6, 26, 11, 30, 59, tzinfo=UTC)),
        ("2023-06-26", datetime(2023, 6, 25, 23, 0, tzinfo=UTC)),
        ("2023-06", None),
        (None, None),
    ],
)
def test_times_are_read_to_utc(text: str | None, moment: datetime | None) -> None:
    faults: list[Issue] = []
    assert instant(text, "x", faults) == moment
    assert faults == []


@pytest.mark.parametrize("text", ["2023-02-30T11:30:00Z", "9999-12-31T23:30:00-14:00", "0001-01-01"])
def test_times_that_do_not_exist_are_faults(text: str) -> None:
    faults: list[Issue] = []
    assert instant(text, "x", faults) is None
    assert len(faults) == 1
