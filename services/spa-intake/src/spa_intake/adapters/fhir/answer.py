"""The synchronous answer to a message: a servicerequest-response message in the form of bars-refresp03."""

from collections.abc import Sequence
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


@dataclass(frozen=True, slots=True)
class Heard:
    """What the answer repeats of a message: little, so that no message is kept while its referral is stored."""

    version_id: str | None
    bundle_id: str | None
    sender: str | None  # the reference; None where no sender is named
    sender_identifiers: Json
    source_endpoint: str | None
    request_url: str
    request_status: str | None
    authored_on: str | None
    patient_url: str
    encounter_urls: Sequence[str]
    encounter: Json  # status and identifiers; empty where there is none

    @classmethod
    def in_message(cls, message: Message) -> "Heard":
        """Of a message that has passed every rule."""
        header, request = message.only(resources.MessageHeader), message.only(resources.ServiceRequest)
        encounters = message.urls_of("Encounter")  # a cancellation has none
        organisation = message.find(resources.Organization, header.sender)
        return cls(
            version_id=message.bundle.meta.version_id,
            bundle_id=message.bundle.id,
            sender=header.sender.reference if header.sender else None,
            sender_identifiers=_identifiers(organisation.identifier if organisation else []),
            source_endpoint=header.source.endpoint,
            request_url=message.url_of("ServiceRequest"),
            request_status=request.status,
            authored_on=request.authored_on,
            patient_url=message.url_of("Patient"),
            encounter_urls=encounters,
            encounter=_encounter(message.only(resources.Encounter)) if encounters else {},
        )


def response_message(heard: Heard, receipt: Receipt) -> Json:
    """The answer. The person is referred to, not repeated: the sender holds the record."""
    urls = {name: f"urn:uuid:{uuid4()}" for name in ("header", "encounter", "receiver")}
    resource_by_url = {
        urls["header"]: _header(heard, receipt, urls["receiver"]),
        heard.request_url: _service_request(heard, receipt),
        **{url: _encounter_of(heard, heard.encounter) for url in heard.encounter_urls},
        urls["encounter"]: _our_encounter(heard, receipt),
        heard.patient_url: {"resourceType": "Patient"},
        urls["receiver"]: {
            "resourceType": "Organization",
            "meta": {"profile": [codes.ORGANIZATION_PROFILE]},
            "name": "Homeward single point of access",
        },
    }
    if heard.sender:
        resource_by_url[heard.sender] = {
            "resourceType": "Organization",
            "meta": {"profile": [codes.ORGANIZATION_PROFILE]},
        } | heard.sender_identifiers
    moment = receipt.received_at.isoformat(timespec="milliseconds")
    for resource in resource_by_url.values():
        resource["meta"] = {"lastUpdated": moment} | resource.get("meta", {})
    return {
        "resourceType": "Bundle",
        "id": str(uuid4()),
        "meta": {
            "versionId": heard.version_id,
            "lastUpdated": moment,
            "profile": [codes.BUNDLE_PROFILE],
        },
        "type": "message",
        "timestamp": moment,
        "entry": [{"fullUrl": url, "resource": resource} for url, resource in resource_by_url.items()],
    }


def _header(heard: Heard, receipt: Receipt, receiver: str) -> Json:
    return {
        "resourceType": "MessageHeader",
        "meta": {"profile": [codes.RESPONSE_HEADER_PROFILE]},
        "eventCoding": {"system": codes.MESSAGE_EVENTS, "code": "servicerequest-response"},
        "sender": {"reference": receiver},
        "source": {"name": "Homeward", "software": "Homeward spa-intake", "endpoint": receipt.endpoint},
        "destination": [
            {"endpoint": heard.source_endpoint or receipt.endpoint}
            | ({"receiver": {"reference": heard.sender}} if heard.sender else {})
        ],
        "reason": {"coding": [{"system": codes.MESSAGE_REASONS, "code": _reason(receipt.asked)}]},
        "response": {"identifier": heard.bundle_id, "code": "ok"},
        "definition": codes.RESPONSE_DEFINITION,
        "focus": [{"reference": heard.request_url}],
    }


def _reason(asked: Asked) -> str:
    return "new" if asked is Asked.NEW else "update"


def _service_request(heard: Heard, receipt: Receipt) -> Json:
    return {
        "resourceType": "ServiceRequest",
        "id": str(receipt.referral_id),
        "meta": {"profile": [codes.REFERRAL_PROFILE]},
        "identifier": [{"system": codes.REFERRAL_ID, "value": str(receipt.referral_id)}],
        "status": heard.request_status,
        "intent": "plan",
        "subject": {"reference": heard.patient_url},
        "authoredOn": heard.authored_on or receipt.received_at.isoformat(timespec="milliseconds"),
        "category": CATEGORY,
    }


def _encounter(encounter: resources.Encounter) -> Json:
    return {"status": str(encounter.status)} | _identifiers(encounter.identifier)


def _our_encounter(heard: Heard, receipt: Receipt) -> Json:
    """The work that begins here, under the identifier by which the sender can ask for it."""
    status = "cancelled" if receipt.asked is Asked.CANCEL else "planned"
    own = {
        "status": status,
        "identifier": [{"system": codes.REFERRAL_ID, "value": str(receipt.referral_id)}],
        "period": {"start": receipt.received_at.isoformat(timespec="milliseconds")},
    }
    return _encounter_of(heard, own)


def _encounter_of(heard: Heard, own: Json) -> Json:
    # A discharge ends a stay in a bed, whatever class the sender's own contact had.
    return {
        "resourceType": "Encounter",
        "meta": {"profile": [codes.ENCOUNTER_PROFILE]},
        "class": {
            "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
            "code": "IMP",
            "display": "inpatient encounter",
        },
        "subject": {"reference": heard.patient_url},
    } | own


def _identifiers(sent: list[resources.Identifier]) -> Json:
    """Identifiers sent back; FHIR has no empty lists."""
    said = [{"system": each.system, "value": each.value} for each in sent if each.system and each.value]
    return {"identifier": said} if said else {}
