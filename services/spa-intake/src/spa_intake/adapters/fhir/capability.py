"""What this FHIR server can do, as GET /metadata tells it."""

from spa_intake.adapters.fhir import codes
from spa_intake.adapters.fhir.outcome import Json

PUBLISHED_ON = "2026-11-22"
BY_PATIENT = (
    f"system|value; the system is {codes.NHS_NUMBER} or {codes.HOSPITAL_NUMBER}. "
    "POST ServiceRequest/_search keeps the number out of the address."
)


def capability_statement(endpoint: str) -> Json:
    """A CapabilityStatement: messages of referral, reads of them, and nothing that is not built."""
    return {
        "resourceType": "CapabilityStatement",
        "id": "homeward-spa-intake",
        "name": "HomewardSpaIntake",
        "title": "Homeward: referrals on leaving hospital",
        "status": "active",
        "experimental": True,
        "date": PUBLISHED_ON,
        "publisher": "Homeward",
        "description": (
            "Takes BaRS referrals as messages. BaRS has no use case for leaving hospital: the code "
            f"{codes.LOCAL_USE_CASE} in {codes.USE_CASES} is LOCAL TO HOMEWARD and stands in its place."
        ),
        "kind": "instance",
        "software": {"name": "Homeward spa-intake"},
        "implementation": {"description": "Homeward spa-intake", "url": endpoint},
        # HL7's published JSON Schema of R4 lists 4.0.0 and not the technical correction 4.0.1.
        "fhirVersion": "4.0.0",
        "format": ["json"],
        "rest": [_rest()],
        "messaging": [_messaging(endpoint)],
    }


def _rest() -> Json:
    security = {"system": "http://terminology.hl7.org/CodeSystem/restful-security-service", "code": "OAuth"}
    operation = {
        "name": "process-message",
        "definition": "http://hl7.org/fhir/OperationDefinition/MessageHeader-process-message",
    }
    return {
        "mode": "server",
        "security": {"service": [{"coding": [security]}]},
        "resource": [
            _resource("MessageDefinition"),
            _resource(
                "ServiceRequest",
                ("_id", "token", "The id of a referral"),
                (
                    "patient:identifier",
                    "token",
                    BY_PATIENT,
                ),
            ),
            _resource(
                "Task",
                ("_id", "token", "The id of a referral, which is that of the work on it"),
                ("focus", "reference", "The ServiceRequest that the work is about"),
                ("based-on", "reference", "The same"),
            ),
        ],
        "operation": [operation],
    }


def _resource(name: str, *searches: tuple[str, str, str]) -> Json:
    found: Json = {
        "type": name,
        "versioning": "versioned" if searches else "no-version",
        "interaction": [{"code": "read"}, {"code": "search-type"}],
    }
    if searches:
        found["searchParam"] = [
            {"name": search, "type": kind, "documentation": words} for search, kind, words in searches
        ]
    return found


def _messaging(endpoint: str) -> Json:
    protocol = {"system": "http://terminology.hl7.org/CodeSystem/message-transport", "code": "http"}
    return {
        "endpoint": [{"protocol": protocol, "address": f"{endpoint}/$process-message"}],
        "supportedMessage": [
            {"mode": "receiver", "definition": codes.REFERRAL_DEFINITION},
            {"mode": "receiver", "definition": codes.CANCELLATION_DEFINITION},
            {"mode": "sender", "definition": codes.RESPONSE_DEFINITION},
        ],
    }
