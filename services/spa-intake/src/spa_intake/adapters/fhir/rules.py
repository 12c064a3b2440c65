"""What a receiver of BaRS messages checks, in the order the standard gives, each fault with its published coding."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from spa_intake.adapters.fhir import codes, resources
from spa_intake.adapters.fhir.message import Message
from spa_intake.adapters.fhir.outcome import FhirRefusal, Issue, bad_request, not_supported

MANY = 10_000
# MessageDefinition of a referral (BaRS 1.4): how often each type must and may occur; others have no limit.
CARDINALITIES: Mapping[str, tuple[int, int]] = {
    "MessageHeader": (1, 1),
    "ServiceRequest": (1, 1),
    "Patient": (1, 1),
    "Encounter": (1, 1),
    "CarePlan": (1, 1),
    "HealthcareService": (1, 1),
    "Organization": (2, MANY),
    "Practitioner": (1, MANY),
    "PractitionerRole": (1, MANY),
    "Consent": (1, MANY),
}
# The application version of a message: any of major version 1 ("1.0.0-beta", "1.1.0").
VERSION = re.compile(r"1\.[0-9]{1,3}\.[0-9]{1,3}(-[0-9A-Za-z.-]{1,20})?")
UUID_FORM = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
MEDIA_VERSION = re.compile(r";\s*version\s*=\s*\"?([^;,\"\s]+)")
# Shapes a code may have and still be named in an answer: anything else could be a person's data.
USE_CASE = re.compile(r"[a-z]{1,3}-?[a-z]?[0-9]{1,2}(t[0-9]{1,2})?")
DONE_ENCOUNTERS = frozenset({"finished", "triaged"})


@dataclass(frozen=True)
class Headers:
    """The two identifiers of a request; both are sent back."""

    request_id: UUID
    correlation_id: UUID


def check_headers(headers: Mapping[str, str]) -> Headers:
    """The first check: both identifiers are there and are UUIDs, and the formats asked for can be served."""
    faults: list[Issue] = []
    found: list[UUID] = []
    for name in ("X-Request-Id", "X-Correlation-Id"):
        value = headers.get(name, "")
        if is_identifier(value):
            found.append(UUID(value))
        else:
            faults.append(Issue("invalid", f"The header {name} must be a UUID."))
    if faults:
        raise FhirRefusal(400, "REC_BAD_REQUEST", faults)
    return Headers(*found)


def is_identifier(text: str) -> bool:
    """A UUID as it is usually written; Python would take other forms too."""
    return UUID_FORM.fullmatch(text) is not None


def check_formats(headers: Mapping[str, str]) -> None:
    """JSON is all that is spoken; a version named in Accept or Content-Type must be one of major version 1."""
    accept = headers.get("Accept", "").lower()
    if "xml" in accept and "json" not in accept and "*/*" not in accept:
        raise FhirRefusal(
            406, "REC_NOT_ACCEPTABLE", [Issue("processing", "Answers are given as application/fhir+json only.")]
        )
    versions = MEDIA_VERSION.findall(accept) + MEDIA_VERSION.findall(headers.get("Content-Type", "").lower())
    if any(not version.startswith("1.") for version in versions):
        raise not_supported("The version named in the Accept or Content-Type header is not supported.")


def check_use_context(headers: Mapping[str, str]) -> None:
    """The use-context header names use case, category, event and reason; absent, the message itself decides."""
    context = headers.get("use-context")
    if context is None:
        return
    parts = context.split("|")
    if len(parts) != len(("use case", "category", "event", "reason")):
        raise bad_request("invalid", "The header use-context must have four parts separated by |.")
    wanted = (codes.SUPPORTED_USE_CASES, {"referral"}, {"servicerequest-request"}, {"new"})
    if any(part not in choices for part, choices in zip(parts, wanted, strict=True)):
        raise not_supported(f"The use-context is not supported: its use case is {_named(parts[0])}.")


def check_message(message: Message) -> None:
    """Version, support, cardinalities and invariants of a new referral, in that order."""
    bundle = message.bundle
    if not bundle.meta.version_id:
        raise bad_request("invariant", "Bundle.meta.versionId is missing.", "Bundle.meta.versionId")
    if VERSION.fullmatch(bundle.meta.version_id) is None:
        raise not_supported("The versioning specified is not supported.", "Bundle.meta.versionId")
    if bundle.type != "message":
        raise bad_request("invariant", "The Bundle must be of type message.", "Bundle.type")
    _check_supported(message)
    faults = [*_bundle_faults(bundle), *_cardinality_faults(message)]
    if not faults:
        faults = list(_workflow_faults(message))
    if faults:
        raise FhirRefusal(400, "REC_BAD_REQUEST", faults)


def _check_supported(message: Message) -> None:
    first = message.bundle.entry[0].resource if message.bundle.entry else None
    if first is None or first["resourceType"] != "MessageHeader":
        raise bad_request("invariant", "The first entry must be the MessageHeader.", "Bundle.entry[0]")
    header = message.all(resources.MessageHeader)[0]
    event = header.event_coding
    if event is None or event.system != codes.MESSAGE_EVENTS or event.code != "servicerequest-request":
        raise not_supported("Only messages of the event servicerequest-request are taken.", "MessageHeader.eventCoding")
    requests = message.all(resources.ServiceRequest)
    if not requests:
        raise bad_request("invariant", "The message must hold a ServiceRequest.", "Bundle.entry")
    use_case = requests[0].category_code(codes.USE_CASES)
    if use_case not in codes.SUPPORTED_USE_CASES:
        raise not_supported(
            f"The use case {_named(use_case)} is not supported; the one taken is {codes.LOCAL_USE_CASE}.",
            "ServiceRequest.category",
        )
    if requests[0].category_code(codes.MESSAGE_CATEGORIES) != "referral":
        raise not_supported("Only the category referral is taken.", "ServiceRequest.category")
    reason = header.reason.code(codes.MESSAGE_REASONS) if header.reason else None
    if reason != "new" or requests[0].status != "active":
        raise not_supported("Only new, active referrals are taken.", "MessageHeader.reason")


def _bundle_faults(bundle: resources.Bundle) -> list[Issue]:
    faults = []
    if not bundle.id:
        faults.append(Issue("invariant", "Bundle.id is missing: later messages refer to it.", "Bundle.id"))
    if not bundle.timestamp:
        faults.append(Issue("invariant", "Bundle.timestamp is missing.", "Bundle.timestamp"))
    urls = [entry.full_url for entry in bundle.entry]
    if None in urls or len(set(urls)) < len(urls):
        faults.append(Issue("invariant", "Each entry must have a fullUrl of its own.", "Bundle.entry.fullUrl"))
    return faults


def _cardinality_faults(message: Message) -> list[Issue]:
    counts = message.counts()
    return [
        Issue("invariant", _count_sentence(name, least, most), f"Bundle.entry.resource.ofType({name})")
        for name, (least, most) in CARDINALITIES.items()
        if not least <= counts[name] <= most
    ]


def _count_sentence(name: str, least: int, most: int) -> str:
    count = f"exactly {least}" if least == most else f"at least {least}"
    return f"The message must hold {count} {name}."


def _workflow_faults(message: Message) -> list[Issue]:
    """The combinations of workflow variables that BaRS allows for a new referral, and what points at what."""
    request = message.only(resources.ServiceRequest)
    header = message.only(resources.MessageHeader)
    points = (
        (header.focus[0] if header.focus else None, resources.ServiceRequest, "MessageHeader.focus"),
        (header.sender, resources.Organization, "MessageHeader.sender"),
        (request.subject, resources.Patient, "ServiceRequest.subject"),
        (request.encounter, resources.Encounter, "ServiceRequest.encounter"),
        (request.based_on[0] if request.based_on else None, resources.CarePlan, "ServiceRequest.basedOn"),
    )
    faults = [
        Issue("invariant", f"{at} must point at the {model.__name__} of the message.", at)
        for reference, model, at in points
        if message.find(model, reference) is None
    ]
    if message.only(resources.CarePlan).status != "completed":
        faults.append(Issue("invariant", "A new referral needs a completed CarePlan.", "CarePlan.status"))
    if message.only(resources.Encounter).status not in DONE_ENCOUNTERS:
        faults.append(Issue("invariant", "A new referral needs a triaged or finished Encounter.", "Encounter.status"))
    if not request.authored_on:
        faults.append(Issue("invariant", "ServiceRequest.authoredOn is missing.", "ServiceRequest.authoredOn"))
    if not _can_be_rung(message.only(resources.Patient)):
        faults.append(Issue("invariant", "The contact of rank 1 must have a telephone number.", "Patient.contact"))
    return faults


def _can_be_rung(patient: resources.Patient) -> bool:
    return any(
        extension.url == codes.CONTACT_RANK and extension.value_positive_int == 1
        for contact in patient.contact
        if any(telecom.system == "phone" and telecom.value for telecom in contact.telecom)
        for extension in contact.extension
    )


def _named(use_case: str | None) -> str:
    return use_case if use_case and USE_CASE.fullmatch(use_case) else "not one of BaRS"
