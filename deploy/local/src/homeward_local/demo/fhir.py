"""A referral as a BaRS message (FHIR R4), with the codes that Homeward adds for leaving hospital."""

import uuid
from datetime import datetime
from typing import Any

from homeward_local.config import DEMO_HOSPITAL, DEMO_PLACE

from .people import Person
from .rest import NEEDS

Resource = dict[str, Any]  # FHIR JSON

NHS = "https://fhir.nhs.uk"
UK_CORE = "https://fhir.hl7.org.uk"
# Local to Homeward, because BaRS has no use case for leaving hospital (spa-intake's README lists them).
USE_CASE = "hw-d1"
DISCHARGE_FACTS = "https://homeward.example/fhir/CodeSystem/discharge-facts"
WARD_ID = "https://homeward.example/Id/ward"
CONTENT_TYPE = "application/fhir+json; version=1.4.0"


def referral_message(person: Person, now: datetime) -> Resource:
    """A new referral of a person who is ready to leave hospital."""
    urls = {name: f"urn:uuid:{uuid.uuid4()}" for name in PARTS}
    at = now.isoformat()
    entries = []
    for name, build in PARTS.items():
        resource = build(_Message(person, at, urls))
        resource["meta"] = {"lastUpdated": at}
        entries.append({"fullUrl": urls[name], "resource": resource})
    entries.extend(_facts(urls, at))
    return {
        "resourceType": "Bundle",
        "id": str(uuid.uuid4()),
        "meta": {"versionId": "1.0.0", "profile": [f"{NHS}/StructureDefinition/BARSBundleMessage"]},
        "type": "message",
        "timestamp": at,
        "entry": entries,
    }


class _Message:
    """What the parts of one message share."""

    def __init__(self, person: Person, at: str, urls: dict[str, str]) -> None:
        self.person = person
        self.at = at
        self._urls = urls

    def to(self, name: str) -> dict[str, str]:
        return {"reference": self._urls[name]}


def _coded(system: str, code: str) -> Resource:
    return {"coding": [{"system": system, "code": code}]}


def _header(message: _Message) -> Resource:
    return {
        "resourceType": "MessageHeader",
        "eventCoding": {"system": f"{NHS}/CodeSystem/message-events-bars", "code": "servicerequest-request"},
        "destination": [{"endpoint": "urn:homeward", "receiver": message.to("receiver")}],
        "sender": message.to("hospital"),
        "source": {"name": "Demo ward system", "endpoint": "urn:demo-ward"},
        "reason": _coded(f"{NHS}/CodeSystem/message-reason-bars", "new"),
        "focus": [message.to("request")],
        "definition": f"{NHS}/MessageDefinition/bars-message-servicerequest-request-referral",
    }


def _request(message: _Message) -> Resource:
    return {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "plan",
        "category": [
            _coded(f"{NHS}/CodeSystem/message-category-servicerequest", "referral"),
            _coded(f"{NHS}/CodeSystem/usecases-categories-bars", USE_CASE),
        ],
        "basedOn": [message.to("plan")],
        "subject": message.to("patient"),
        "encounter": message.to("encounter"),
        "authoredOn": message.at,
        "requester": message.to("practitioner"),
        "performer": [message.to("service")],
    }


def _patient(message: _Message) -> Resource:
    person = message.person
    status = _coded(f"{UK_CORE}/CodeSystem/UKCore-NHSNumberVerificationStatus", "01")
    verified = {
        "url": f"{UK_CORE}/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus",
        "valueCodeableConcept": status,
    }
    rank = {"url": f"{UK_CORE}/StructureDefinition/Extension-UKCore-ContactRank", "valuePositiveInt": 1}
    return {
        "resourceType": "Patient",
        "identifier": [
            {"system": f"{NHS}/Id/nhs-number", "value": person.nhs_number, "extension": [verified]},
            {"system": "https://homeward.example/Id/hospital-number", "value": person.hospital_number},
        ],
        "name": [{"use": "official", "family": person.family_name, "given": [person.given_name]}],
        "gender": person.gender,
        "birthDate": person.born_on.isoformat(),
        "address": [{"use": "home", "line": [person.address_line], "city": person.town, "postalCode": person.postcode}],
        "contact": [
            {
                "extension": [rank],
                "relationship": [_coded("http://terminology.hl7.org/CodeSystem/v3-RoleCode", "ONESELF")],
                "telecom": [{"system": "phone", "value": person.phone, "rank": 1}],
            }
        ],
    }


def _encounter(message: _Message) -> Resource:
    return {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
        "subject": message.to("patient"),
        "identifier": [{"system": "https://homeward.example/Id/visit-number", "value": message.person.visit_number}],
        "location": [{"location": message.to("ward")}],
    }


def _ward(message: _Message) -> Resource:
    return {"resourceType": "Location", "identifier": [{"system": WARD_ID, "value": message.person.ward}]}


def _plan(message: _Message) -> Resource:
    return {
        "resourceType": "CarePlan",
        "status": "completed",
        "intent": "plan",
        "subject": message.to("patient"),
        "encounter": message.to("encounter"),
    }


def _organisation(code: str) -> Resource:
    system = f"{NHS}/id/ods-organization-code"
    return {
        "resourceType": "Organization",
        "name": "Demo organisation",
        "identifier": [{"system": system, "value": code}],
    }


def _practitioner(_message: _Message) -> Resource:
    return {"resourceType": "Practitioner", "name": [{"family": "Demo", "given": ["Discharge"]}]}


def _role(message: _Message) -> Resource:
    return {
        "resourceType": "PractitionerRole",
        "practitioner": message.to("practitioner"),
        "organization": message.to("hospital"),
    }


def _service(message: _Message) -> Resource:
    return {"resourceType": "HealthcareService", "providedBy": message.to("receiver"), "name": "Single point of access"}


def _consent(message: _Message) -> Resource:
    return {
        "resourceType": "Consent",
        "status": "active",
        "scope": _coded("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy"),
        "category": [_coded(f"{NHS}/CodeSystem/consent-categories-bars", "DRC")],
        "patient": message.to("patient"),
        "policyRule": _coded("http://terminology.hl7.org/CodeSystem/v3-ActCode", "IMPLIED"),
    }


PARTS = {
    "header": _header,
    "request": _request,
    "patient": _patient,
    "encounter": _encounter,
    "ward": _ward,
    "plan": _plan,
    "hospital": lambda _message: _organisation(DEMO_HOSPITAL),
    "receiver": lambda _message: _organisation(DEMO_PLACE),
    "practitioner": _practitioner,
    "role": _role,
    "service": _service,
    "consent": _consent,
}


def _facts(urls: dict[str, str], at: str) -> list[Resource]:
    """The coded facts of the discharge; a criterion to reside without a value says that none is met."""
    coded = [("need", need) for need in NEEDS]
    coded += [("living-situation", "alone"), ("existing-care", "none"), ("mobility", "one_person")]
    values: list[tuple[str, Resource]] = [
        (fact, {"valueCodeableConcept": _coded(DISCHARGE_FACTS, code)}) for fact, code in coded
    ]
    values += [
        ("criterion-to-reside", {"effectiveDateTime": at}),
        ("clinical-frailty-scale", {"valueInteger": 5}),
        ("discharge-ready", {"valueDateTime": at}),
    ]
    return [
        {
            "fullUrl": f"urn:uuid:{uuid.uuid4()}",
            "resource": {
                "resourceType": "Observation",
                "meta": {"lastUpdated": at},
                "status": "final",
                "code": _coded(DISCHARGE_FACTS, fact),
                "subject": {"reference": urls["patient"]},
                **value,
            },
        }
        for fact, value in values
    ]
