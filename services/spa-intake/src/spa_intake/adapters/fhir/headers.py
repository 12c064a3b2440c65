"""What a receiver of BaRS messages checks of a request's headers, before it looks into the message."""

import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import pydantic_core

from spa_intake.adapters.fhir import codes
from spa_intake.adapters.fhir.outcome import FhirRefusal, Issue, bad_request, not_supported

UUID_FORM = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
TAKEN = "referral|servicerequest-request|new"
MEDIA_VERSION = re.compile(r";\s*version\s*=\s*\"?([^;,\"\s]+)")
# What each NHSD header holds in base64: a resource of this type, or (None) an identifier.
NHSD_HEADERS: Mapping[str, str | None] = {
    "NHSD-Target-Identifier": None,
    "NHSD-End-User-Organisation": "Organization",
    "NHSD-Requesting-Software": "Device",
    "NHSD-Requesting-Practitioner": "PractitionerRole",
}
# The published guide and the published specification differ on these: missing ones are accepted, and told once.
EXPECTED = frozenset({"NHSD-Target-Identifier", "NHSD-End-User-Organisation", "NHSD-Requesting-Software"})


@dataclass(frozen=True, slots=True)
class Headers:
    """The two identifiers of a request; both are sent back. `missing` are expected headers that were not sent."""

    request_id: UUID
    correlation_id: UUID
    missing: frozenset[str] = frozenset()


def check_headers(headers: Mapping[str, str]) -> Headers:
    """The first check: both identifiers are there and are UUIDs; what else was sent can be read."""
    faults: list[Issue] = []
    found: list[UUID] = []
    for name in ("X-Request-Id", "X-Correlation-Id"):
        value = headers.get(name, "")
        if is_identifier(value):
            found.append(UUID(value))
        else:
            faults.append(Issue("invalid", f"The header {name} must be a UUID."))
    for name, resource_type in NHSD_HEADERS.items():
        sent = headers.get(name)
        if sent is not None and not _is_well_formed(sent, resource_type):
            faults.append(Issue("value", _nhsd_sentence(name, resource_type)))
    if faults:
        raise FhirRefusal(400, "REC_BAD_REQUEST", faults)
    request_id, correlation_id = found
    return Headers(request_id, correlation_id, frozenset(name for name in EXPECTED if name not in headers))


def is_identifier(text: str) -> bool:
    """A UUID as it is usually written; Python would take other forms too."""
    return UUID_FORM.fullmatch(text) is not None


def _is_well_formed(value: str, resource_type: str | None) -> bool:
    try:
        held = pydantic_core.from_json(b64decode(value, validate=True))
    except ValueError:  # neither base64 nor JSON
        return False
    if not isinstance(held, dict):
        return False
    if resource_type is None:
        return all(isinstance(held.get(part), str) and held[part] for part in ("system", "value"))
    return held.get("resourceType") == resource_type


def _nhsd_sentence(name: str, resource_type: str | None) -> str:
    held = f"a FHIR {resource_type}" if resource_type else "an identifier with system and value"
    return f"The header {name} must be {held} as JSON in base64."


def check_formats(headers: Mapping[str, str], *, has_body: bool = True) -> None:
    """JSON is all that is spoken; a body without a content type, or with a plain text type, is read as JSON."""
    accept = headers.get("Accept", "").lower()
    if "xml" in accept and "json" not in accept and "*/*" not in accept:
        raise FhirRefusal(
            406, "REC_NOT_ACCEPTABLE", [Issue("processing", "Answers are given as application/fhir+json only.")]
        )
    if has_body and "xml" in headers.get("Content-Type", "").lower():
        raise FhirRefusal(
            415, "REC_BAD_REQUEST", [Issue("not-supported", "Messages are taken as application/fhir+json only.")]
        )


def check_versions(headers: Mapping[str, str]) -> None:
    """A version named in Accept or Content-Type must be one of major version 1 of BaRS."""
    named = ",".join(headers.get(name, "").lower() for name in ("Accept", "Content-Type"))
    if "version" in named and any(not version.startswith("1.") for version in MEDIA_VERSION.findall(named)):
        raise not_supported("The version named in the Accept or Content-Type header is not supported.")


def use_context(headers: Mapping[str, str]) -> list[str] | None:
    """The parts of the use-context header: use case, category, event and reason; None: the message itself decides."""
    context = headers.get("use-context")
    if context is None:
        return None
    parts = context.split("|")
    if len(parts) != len(("use case", "category", "event", "reason")):
        raise bad_request("invalid", "The header use-context must have four parts separated by |.")
    supported = (codes.SUPPORTED_USE_CASES, {"referral"}, {"servicerequest-request"}, {"new", "update"})
    if any(part not in choices for part, choices in zip(parts, supported, strict=True)):
        raise not_supported(f"The use-context is not supported; taken are {codes.LOCAL_USE_CASE}|{TAKEN} and …|update.")
    return parts
