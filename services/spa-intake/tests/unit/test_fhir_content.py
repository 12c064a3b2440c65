import json
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from door_builders import Change, Json, bars, resource, setting, structure

from spa_intake.adapters.fhir.codes import FACTS
from spa_intake.adapters.fhir.message import read_message
from spa_intake.adapters.fhir.outcome import FhirRefusal
from spa_intake.adapters.fhir.referral import read_referral
from spa_intake.domain.codes import Criterion
from spa_intake.domain.content import Communication, Contact, Equipment, ExistingCareDetail, Infection, Legal, Liaison
from spa_intake.domain.content_codes import (
    Ability,
    Activity,
    CommunicationNeed,
    Consent,
    Consulted,
    ContactRole,
    EquipmentItem,
    LegalPlan,
    MentalCapacity,
    Organism,
    Referrer,
    Relationship,
    SafeguardingFlag,
)
from spa_intake.domain.inputs import ReferralFacts, ReferralIn
from spa_intake.domain.scores import Comorbidity, RiskInputs

PAGE = Path(__file__).parents[4] / "docs" / "integrate" / "fhir.md"
SYSTEM = "https://homeward.example/fhir/CodeSystem/discharge-facts"


def stating(fact: str, **value: object) -> Change:
    """Add an Observation of a fact."""

    def change(bundle: Json) -> None:
        code = {"coding": [{"system": SYSTEM, "code": fact}]}
        observation = {"resourceType": "Observation", "status": "final", "code": code, **value}
        bundle["entry"].append({"fullUrl": f"urn:test:{len(bundle['entry'])}", "resource": observation})

    return change


def coded(code: str) -> Json:
    return {"coding": [{"system": SYSTEM, "code": code}]}


def codes(fact: str, *stated: str) -> list[Change]:
    return [stating(fact, valueCodeableConcept=coded(code)) for code in stated]


def read(*changes: Change) -> ReferralIn:
    return read_referral(read_message(json.dumps(bars(*changes)).encode(), structure()), "RJZ")


def facts(*changes: Change) -> ReferralFacts:
    return read(*changes).facts


def fault(*changes: Change) -> tuple[str, str | None]:
    with pytest.raises(FhirRefusal) as caught:
        read(*changes)
    return caught.value.issues[0].code, caught.value.issues[0].expression


def test_a_message_without_the_content_says_nothing_of_it() -> None:
    found = facts()
    assert (found.legal, found.infection, found.equipment, found.risk) == (None, None, None, None)
    assert (found.existing_care_detail, found.abilities, found.safeguarding) == (None, {}, ())
    assert found.referrer is Referrer.WARD


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_what_was_taken_back_is_not_stated(status: str) -> None:
    assert facts(stating("clinical-frailty-scale", valueInteger=9, status=status)).clinical_frailty_scale != 9
    assert facts(stating("objection", valueBoolean=True, status=status)).legal is None


def test_a_fact_about_somebody_else_is_refused() -> None:
    about = stating("objection", valueBoolean=True, subject={"reference": "Patient/somebody-else"})
    assert fault(about) == ("invariant", "Observation.subject")
    assert facts(stating("objection", valueBoolean=True, subject={"display": "her"})).legal is not None


def test_a_fact_that_is_not_known_is_refused() -> None:
    assert fault(stating("clinical-frailty", valueInteger=6)) == ("code-invalid", "Observation.code")


def test_the_facts_that_are_read_are_those_of_the_page() -> None:
    table = PAGE.read_text().partition("| `Observation.code` | Value |\n")[2].partition("\n\n")[0]
    named = set()
    for row in table.splitlines()[1:]:
        first, *others = re.findall(r"`([a-z0-9-]+)`", row.split("|")[1])
        named |= {first, *(f"ability{other}" if other.startswith("-") else other for other in others)}
    # beside a fact that has values, others may stand in the row's second column
    assert named <= FACTS
    assert {fact for fact in FACTS if f"`{fact}`" not in table and not fact.startswith("ability-")} == set()


def test_mental_capacity_consent_and_plans() -> None:
    found = facts(
        stating("mental-capacity", valueCodeableConcept=coded("lacks_capacity"), effectiveDateTime="2026-11-19"),
        *codes("consent-to-referral", "best_interests"),
        *codes("legal-plan", "dnacpr", "lpa_health"),
        *codes("consulted", "carer"),
        stating("objection", valueBoolean=False),
    )
    assert found.legal == Legal(
        mental_capacity=MentalCapacity.LACKS_CAPACITY,
        mental_capacity_assessed_on=date(2026, 11, 19),
        consent_to_referral=Consent.BEST_INTERESTS,
        plans=(LegalPlan.DNACPR, LegalPlan.LPA_HEALTH),
        consulted=(Consulted.CARER,),
        has_objection=False,
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"policyRule": {"coding": [{"code": "OPTIN"}]}}, Consent.GIVEN),
        ({"policyRule": {"coding": [{"code": "OPTOUT"}]}}, Consent.REFUSED),
        ({"provision": {"type": "deny"}}, Consent.REFUSED),
        ({"status": "rejected"}, Consent.REFUSED),
    ],
)
def test_the_consent_of_the_message_is_that_to_share(changes: Json, expected: Consent) -> None:
    legal = facts(lambda bundle: resource(bundle, "Consent").update(changes)).legal
    assert legal is not None
    assert legal.consent_to_share is expected


def test_abilities_and_the_care_there_was() -> None:
    found = facts(
        *codes("ability-washing", "one_person"),
        *codes("ability-eating-drinking", "independent"),
        stating("existing-care-visits-per-day", valueInteger=4),
        stating("existing-care-can-restart", valueBoolean=True),
    )
    assert found.abilities == {Activity.WASHING: Ability.ONE_PERSON, Activity.EATING_DRINKING: Ability.INDEPENDENT}
    assert found.existing_care_detail == ExistingCareDetail(visits_per_day=4, can_restart=True)


def test_infection_and_equipment() -> None:
    found = facts(
        *codes("infection", "norovirus", "mrsa"),
        stating("isolation-needed", valueBoolean=True),
        stating("isolation-ends", valueDateTime="2026-11-25"),
        *codes("equipment-needed", "hospital_bed"),
        *codes("equipment-in-place", "walking_aid"),
    )
    organisms = (Organism.NOROVIRUS, Organism.MRSA)
    assert found.infection == Infection(organisms, needs_isolation=True, isolation_ends_on=date(2026, 11, 25))
    assert found.equipment == Equipment((EquipmentItem.HOSPITAL_BED,), (EquipmentItem.WALKING_AID,))


def test_safeguarding_comes_as_a_flag_or_as_an_observation() -> None:
    flag = {
        "resourceType": "Flag",
        "status": "active",
        "subject": {"display": "the person"},
        "code": {
            "coding": [{"system": "https://homeward.example/fhir/CodeSystem/safeguarding", "code": "self_neglect"}]
        },
    }

    def flagged(bundle: Json) -> None:
        bundle["entry"].append({"fullUrl": "urn:test:flag", "resource": flag})

    found = facts(flagged, *codes("safeguarding", "risk_to_staff"))
    assert found.safeguarding == (SafeguardingFlag.SELF_NEGLECT, SafeguardingFlag.RISK_TO_STAFF)
    assert found.has_safeguarding_concern


def test_language_and_communication() -> None:
    spoken = [
        {"language": {"coding": [{"code": "en-GB"}]}},
        {"language": {"coding": [{"code": "pl"}]}, "preferred": True},
    ]
    found = facts(
        setting("Patient", "communication", spoken),
        stating("interpreter-needed", valueBoolean=True),
        *codes("communication-need", "hearing"),
    )
    assert found.communication == Communication("pl", needs_interpreter=True, needs=(CommunicationNeed.HEARING,))


def test_what_the_scores_are_computed_from() -> None:
    found = facts(
        *codes("comorbidity", "dementia"),
        stating("emergency-admission", valueBoolean=True),
        stating("admissions-12-months", valueInteger=3),
        stating("haemoglobin", valueQuantity={"value": 101.5, "unit": "g/L"}),
        stating("sodium", valueQuantity={"value": 134, "unit": "mmol/L"}),
    )
    assert found.risk == RiskInputs(
        is_emergency_admission=True,
        comorbidities=(Comorbidity.DEMENTIA,),
        admissions_12_months=3,
        haemoglobin_g_per_l=101.5,
        sodium_mmol_per_l=134.0,
    )


def test_no_comorbidity_is_not_the_same_as_none_known() -> None:
    risk = facts(stating("comorbidity")).risk
    assert risk is not None
    assert risk.comorbidities == ()


def test_since_when_a_criterion_is_met() -> None:
    operated = stating(
        "criterion-to-reside",
        valueCodeableConcept=coded("lower_limb_surgery_48h"),
        effectivePeriod={"start": "2026-11-19T14:00:00Z"},
    )
    assert facts(operated).criteria_since == {Criterion.LOWER_LIMB_SURGERY_48H: datetime(2026, 11, 19, 14, tzinfo=UTC)}


def test_contacts_and_who_answers_questions() -> None:
    daughter = {
        "name": {"family": "Synthetic", "given": ["Dora"]},
        "relationship": [{"coding": [{"code": "N"}]}, {"coding": [{"code": "DAUC"}]}],
        "telecom": [{"system": "phone", "value": "020 7946 0999"}],
    }

    def with_daughter(bundle: Json) -> None:
        resource(bundle, "Patient")["contact"].append(daughter)

    asks = [{"family": "Sister", "given": ["Sam"]}]
    content = read(with_daughter, setting("Practitioner", "name", asks)).content
    roles = (ContactRole.NEXT_OF_KIN,)
    assert Contact("Dora Synthetic", Relationship.CHILD, "020 7946 0999", roles) in content.contacts
    assert content.liaison == Liaison("Sam Sister")


def test_what_is_said_in_words_stays_words() -> None:
    texts = read(stating("wishes", valueString="Wants to be with the cat")).content.texts
    assert texts.wishes == "Wants to be with the cat"
    assert texts.risks is None


@pytest.mark.parametrize(
    ("change", "issue", "at"),
    [
        (codes("mental-capacity", "perhaps")[0], "code-invalid", "Observation.value"),
        (codes("ability-stairs", "flies")[0], "code-invalid", "Observation.value"),
        (stating("existing-care-visits-per-day", valueInteger=99), "value", "Observation.value"),
        (stating("sodium", valueQuantity={"value": 1}), "value", "Observation.valueQuantity"),
        (stating("isolation-ends", valueDateTime="2026-02-30"), "value", "Observation.value"),
    ],
)
def test_a_wrong_value_is_refused_with_its_place(change: Change, issue: str, at: str) -> None:
    with pytest.raises(FhirRefusal) as caught:
        read(change)
    assert [(each.code, each.expression) for each in caught.value.issues] == [(issue, at)]
