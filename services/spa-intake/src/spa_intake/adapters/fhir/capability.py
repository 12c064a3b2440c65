"""What this FHIR server can do, as GET /metadata tells it."""

from spa_intake.adapters.fhir import codes
from spa_intake.adapters.fhir.outcome import Json

PUBLISHED_ON = "2026-11-22"


def capability_statement(endpoint: str) -> Json:
    """A CapabilityStatement: messages of referral, and nothing that is not built."""
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
    return {"mode": "server", "security": {"service": [{"coding": [security]}]}, "operation": [operation]}


def _messaging(endpoint: str) -> Json:
    protocol = {"system": "http://terminology.hl7.org/CodeSystem/message-transport", "code": "http"}
    return {
        "endpoint": [{"protocol": protocol, "address": f"{endpoint}/$process-message"}],
        "supportedMessage": [{"mode": "receiver", "definition": codes.REFERRAL_DEFINITION}],
    }
