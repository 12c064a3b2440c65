"""The synchronous answer to a message: a servicerequest-response message in the form of bars-refresp03."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from spa_intake.adapters.fhir import codes, resources
from spa_intake.adapters.fhir.message import Message
from spa_intake.adapters.fhir.outcome import Json
from spa_intake.adapters.fhir.rules import Asked

# What every referral here is, in the two code systems of BaRS.
CATEGORY: list[Json] = [
    {
        "coding": [
            {"system": codes.MESSAGE_CATEGORIES, "code": "referral", "display": "Transfer of Care"},
            {"system": codes.USE_CASES, "code": codes.LOCAL_USE_CASE, "display": codes.LOCAL_USE_CASE_DISPLAY},
        ]
    }
]


@dataclass(frozen=True)
class Receipt:
    """What was made of the message, and where the answer comes from."""

    referral_id: UUID
    received_at: datetime
    endpoint: str  # address of this FHIR server
    asked: Asked = Asked.NEW


def response_message(message: Message, receipt: Receipt) -> Json:
    """The answer. The person is referred to, not repeated: the sender holds the record."""
    urls = {name: f"urn:uuid:{uuid4()}" for name in ("header", "encounter", "receiver")}
    sent = message.only(resources.MessageHeader)
    resource_by_url = {
        urls["header"]: _header(message, sent, receipt, urls["receiver"]),
        message.url_of("ServiceRequest"): _service_request(message, receipt),
        **{url: _encounter(message) for url in message.urls_of("Encounter")},  # a cancellation has none
        urls["encounter"]: _our_encounter(message, receipt),
        message.url_of("Patient"): {"resourceType": "Patient"},
        urls["receiver"]: {
            "resourceType": "Organization",
            "meta": {"profile": [codes.ORGANIZATION_PROFILE]},
            "name": "Homeward single point of access",
        },
    }
    if sent.sender and sent.sender.reference:
        resource_by_url[sent.sender.reference] = _sender(message, sent)
    moment = receipt.received_at.isoformat(timespec="milliseconds")
    for resource in resource_by_url.values():
        resource["meta"] = {"lastUpdated": moment} | resource.get("meta", {})
    return {
        "resourceType": "Bundle",
        "id": str(uuid4()),
        "meta": {
            "versionId": message.bundle.meta.version_id,
            "lastUpdated": moment,
            "profile": [codes.BUNDLE_PROFILE],
        },
        "type": "message",
        "timestamp": moment,
        "entry": [{"fullUrl": url, "resource": resource} for url, resource in resource_by_url.items()],
    }


def _header(message: Message, sent: resources.MessageHeader, receipt: Receipt, receiver: str) -> Json:
    return {
        "resourceType": "MessageHeader",
        "meta": {"profile": [codes.RESPONSE_HEADER_PROFILE]},
        "eventCoding": {"system": codes.MESSAGE_EVENTS, "code": "servicerequest-response"},
        "sender": {"reference": receiver},
        "source": {"name": "Homeward", "software": "Homeward spa-intake", "endpoint": receipt.endpoint},
        "destination": [
            {"endpoint": sent.source.endpoint or receipt.endpoint}
            | ({"receiver": {"reference": sent.sender.reference}} if sent.sender else {})
        ],
        "reason": {"coding": [{"system": codes.MESSAGE_REASONS, "code": _reason(receipt.asked)}]},
        "response": {"identifier": message.bundle.id, "code": "ok"},
        "definition": codes.RESPONSE_DEFINITION,
        "focus": [{"reference": message.url_of("ServiceRequest")}],
    }


def _reason(asked: Asked) -> str:
    return "new" if asked is Asked.NEW else "update"


def _service_request(message: Message, receipt: Receipt) -> Json:
    asked = message.only(resources.ServiceRequest)
    return {
        "resourceType": "ServiceRequest",
        "id": str(receipt.referral_id),
        "meta": {"profile": [codes.REFERRAL_PROFILE]},
        "identifier": [{"system": codes.REFERRAL_ID, "value": str(receipt.referral_id)}],
        "status": asked.status,
        "intent": "plan",
        "subject": {"reference": message.url_of("Patient")},
        "authoredOn": asked.authored_on or receipt.received_at.isoformat(timespec="milliseconds"),
        "category": CATEGORY,
    }


def _encounter(message: Message) -> Json:
    encounter = message.only(resources.Encounter)
    return _encounter_of(message, str(encounter.status)) | _identifiers(encounter.identifier)


def _our_encounter(message: Message, receipt: Receipt) -> Json:
    """The work that begins here, under the identifier by which the sender can ask for it."""
    status = "cancelled" if receipt.asked is Asked.CANCEL else "planned"
    return _encounter_of(message, status) | {
        "identifier": [{"system": codes.REFERRAL_ID, "value": str(receipt.referral_id)}],
        "period": {"start": receipt.received_at.isoformat(timespec="milliseconds")},
    }


def _encounter_of(message: Message, status: str) -> Json:
    # A discharge ends a stay in a bed, whatever class the sender's own contact had.
    return {
        "resourceType": "Encounter",
        "meta": {"profile": [codes.ENCOUNTER_PROFILE]},
        "status": status,
        "class": {
            "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
            "code": "IMP",
            "display": "inpatient encounter",
        },
        "subject": {"reference": message.url_of("Patient")},
    }


def _sender(message: Message, sent: resources.MessageHeader) -> Json:
    organisation = message.find(resources.Organization, sent.sender)
    return {
        "resourceType": "Organization",
        "meta": {"profile": [codes.ORGANIZATION_PROFILE]},
    } | _identifiers(organisation.identifier if organisation else [])


def _identifiers(sent: list[resources.Identifier]) -> Json:
    """Identifiers sent back; FHIR has no empty lists."""
    said = [{"system": each.system, "value": each.value} for each in sent if each.system and each.value]
    return {"identifier": said} if said else {}
