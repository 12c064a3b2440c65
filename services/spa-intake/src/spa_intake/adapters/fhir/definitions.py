"""The MessageDefinitions of the messages that are taken and sent, with the cardinalities that are checked."""

from collections.abc import Mapping

from spa_intake.adapters.fhir import codes
from spa_intake.adapters.fhir.outcome import Json
from spa_intake.adapters.fhir.rules import CANCELLATION_CARDINALITIES, MANY, REFERRAL_CARDINALITIES

PUBLISHED_ON = "2026-11-22"
PROFILES = {
    "MessageHeader": "https://fhir.nhs.uk/StructureDefinition/BARSMessageHeader-servicerequest-request",
    "ServiceRequest": codes.REFERRAL_PROFILE,
}
UK_CORE = "https://fhir.hl7.org.uk/StructureDefinition/UKCore-"
# What BaRS lets a referral carry besides.
OPTIONAL = (
    "Location", "Observation", "Flag", "MedicationStatement", "AllergyIntolerance", "Questionnaire",
    "QuestionnaireResponse", "Condition", "Task", "Communication", "Procedure",
)  # fmt: skip
RESPONSE_CARDINALITIES: Mapping[str, tuple[int, int]] = {
    "MessageHeader": (1, 1),
    "ServiceRequest": (1, 1),
    "Patient": (1, 1),
    "Encounter": (1, 2),
    "Organization": (2, MANY),
}


def _focus(name: str, least: int, most: int) -> Json:
    most_said = "*" if most == MANY else str(most)
    return {"code": name, "profile": PROFILES.get(name, UK_CORE + name), "min": least, "max": most_said}


def _definition(definition_id: str, url: str, event: str, cardinalities: Mapping[str, tuple[int, int]]) -> Json:
    bundle = {"code": "Bundle", "profile": codes.BUNDLE_PROFILE, "min": 1, "max": "1"}
    use_case = {
        "code": {"system": "http://terminology.hl7.org/CodeSystem/usage-context-type", "code": "workflow"},
        "valueCodeableConcept": {
            "coding": [
                {"system": codes.USE_CASES, "code": codes.LOCAL_USE_CASE, "display": codes.LOCAL_USE_CASE_DISPLAY}
            ]
        },
    }
    return {
        "resourceType": "MessageDefinition",
        "id": definition_id,
        "url": url,
        "version": "1.4.0",
        "name": "".join(part.capitalize() for part in definition_id.split("-")),
        "status": "active",
        "date": PUBLISHED_ON,
        "useContext": [use_case],
        "eventCoding": {"system": codes.MESSAGE_EVENTS, "code": event},
        "category": "consequence" if event.endswith("request") else "notification",
        "focus": [bundle, *(_focus(name, *bounds) for name, bounds in cardinalities.items())],
    }


DEFINITIONS: Mapping[str, Json] = {
    definition["id"]: definition
    for definition in (
        _definition(
            "servicerequest-request-referral",
            codes.REFERRAL_DEFINITION,
            "servicerequest-request",
            {**REFERRAL_CARDINALITIES, **dict.fromkeys(OPTIONAL, (0, MANY))},
        ),
        _definition(
            "servicerequest-request-cancelled",
            codes.CANCELLATION_DEFINITION,
            "servicerequest-request",
            CANCELLATION_CARDINALITIES,
        ),
        _definition(
            "servicerequest-response-referral",
            codes.RESPONSE_DEFINITION,
            "servicerequest-response",
            RESPONSE_CARDINALITIES,
        ),
    )
}


def by_id(definition_id: str) -> Json | None:
    return DEFINITIONS.get(definition_id)


def all_of_them(endpoint: str) -> Json:
    """A searchset of every definition."""
    address = f"{endpoint}/MessageDefinition"
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(DEFINITIONS),
        "link": [{"relation": "self", "url": address}],
        "entry": [
            {"fullUrl": f"{address}/{definition_id}", "resource": definition, "search": {"mode": "match"}}
            for definition_id, definition in DEFINITIONS.items()
        ],
    }
