"""The coded facts of a discharge, carried as Observations in a code system local to Homeward."""

from collections.abc import Mapping
from datetime import datetime

from spa_intake.adapters.fhir import resources
from spa_intake.adapters.fhir.content_facts import (
    abilities,
    communication,
    equipment,
    existing_care_detail,
    infection,
    legal,
    risk,
    safeguarding,
)
from spa_intake.adapters.fhir.message import Message, instant
from spa_intake.adapters.fhir.observations import Stated
from spa_intake.adapters.fhir.outcome import Issue
from spa_intake.domain.codes import Cognition, Criterion, ExistingCare, LivingSituation, Mobility, Need
from spa_intake.domain.content_codes import Referrer
from spa_intake.domain.inputs import ReferralFacts


def read_facts(message: Message, stated: Stated, organisation: str, ward: str, faults: list[Issue]) -> ReferralFacts:
    """The facts that the message states; a code that is not one of ours is noted as a fault."""
    assessed_at = stated.effective_at("criterion-to-reside")
    flags = safeguarding(message, stated)
    return ReferralFacts(
        referring_organisation=organisation,
        hospital=organisation,
        ward=ward,
        referrer=Referrer.WARD,
        expected_discharge_on=stated.on("expected-discharge"),
        discharge_ready_on=stated.on("discharge-ready"),
        criteria_to_reside=stated.several("criterion-to-reside", Criterion),
        criteria_assessed_at=instant(assessed_at, "Observation.effective", faults),
        criteria_since=_since(stated, faults),
        needs=stated.several("need", Need),
        abilities=abilities(stated),
        living_situation=stated.one("living-situation", LivingSituation),
        existing_care=stated.one("existing-care", ExistingCare),
        existing_care_detail=existing_care_detail(stated),
        mobility=stated.one("mobility", Mobility),
        cognition=stated.one("cognition", Cognition),
        clinical_frailty_scale=stated.number("clinical-frailty-scale", 1, 9),  # Rockwood
        safeguarding_concern=bool(stated.is_so("safeguarding-concern")),
        safeguarding=flags,
        legal=legal(message, stated),
        communication=communication(message.only(resources.Patient), stated),
        infection=infection(stated),
        equipment=equipment(stated),
        risk=risk(stated),
    )


def _since(stated: Stated, faults: list[Issue]) -> Mapping[Criterion, datetime]:
    """When a criterion began (an operation, a procedure), where its Observation has a period."""
    since = {}
    for each in stated.about("criterion-to-reside"):
        began_at = instant(each.effective_period.start, "Observation.effective", faults)
        concept = each.value_codeable_concept
        criterion = stated.code(concept, Criterion) if concept and began_at else None
        if criterion and began_at:
            since[criterion] = began_at
    return since
