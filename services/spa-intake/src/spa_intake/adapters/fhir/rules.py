"""What a receiver of BaRS messages checks in a message, in the order the standard gives, with its published coding."""

import re
from collections.abc import Mapping
from enum import StrEnum

from spa_intake.adapters.fhir import codes, headers, resources
from spa_intake.adapters.fhir.message import Message
from spa_intake.adapters.fhir.outcome import FhirRefusal, Issue, bad_request, not_supported

MANY = 10_000
# MessageDefinitions of BaRS 1.4: how often each type must and may occur; others have no limit.
REFERRAL_CARDINALITIES: Mapping[str, tuple[int, int]] = {
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
CANCELLATION_CARDINALITIES: Mapping[str, tuple[int, int]] = {
    "MessageHeader": (1, 1),
    "ServiceRequest": (1, 1),
    "Patient": (1, 1),
    "Organization": (2, MANY),
}
# The application version of a message: any of major version 1 ("1.0.0-beta", "1.1.0").
VERSION = re.compile(r"1\.[0-9]{1,3}\.[0-9]{1,3}(-[0-9A-Za-z.-]{1,20})?")
DONE_ENCOUNTERS = frozenset({"finished", "triaged"})
CANCELLED = frozenset({"revoked", "entered-in-error"})


class Asked(StrEnum):
    """What a message asks for."""

    NEW = "new"
    UPDATE = "update"
    CANCEL = "cancel"


def check_message(message: Message, request_headers: Mapping[str, str] | None = None) -> Asked:
    """Version, support, cardinalities and invariants, in that order; answers what is asked for."""
    bundle = message.bundle
    if not bundle.meta.version_id:
        raise bad_request("invariant", "Bundle.meta.versionId is missing.", "Bundle.meta.versionId")
    headers.check_versions(request_headers or {})
    if VERSION.fullmatch(bundle.meta.version_id) is None:
        raise not_supported("The versioning specified is not supported.", "Bundle.meta.versionId")
    context = headers.use_context(request_headers or {})
    if bundle.type != "message":
        raise bad_request("invariant", "The Bundle must be of type message.", "Bundle.type")
    asked = _check_supported(message)
    if context is not None and context[-1] != ("new" if asked is Asked.NEW else "update"):
        raise bad_request("invariant", "The use-context says another reason than the message.", "MessageHeader.reason")
    cardinalities = CANCELLATION_CARDINALITIES if asked is Asked.CANCEL else REFERRAL_CARDINALITIES
    faults = [*_bundle_faults(message), *_cardinality_faults(message, cardinalities)]
    if not faults:
        faults = _reference_faults(message, asked)
        if asked is not Asked.CANCEL:
            faults += _workflow_faults(message)
    if faults:
        raise FhirRefusal(400, "REC_BAD_REQUEST", faults)
    return asked


def _check_supported(message: Message) -> Asked:
    first = message.entries[0].resource if message.entries else None
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
            f"The use case {codes.named(use_case)} is not supported; the one taken is {codes.LOCAL_USE_CASE}.",
            "ServiceRequest.category",
        )
    if requests[0].category_code(codes.MESSAGE_CATEGORIES) != "referral":
        raise not_supported("Only the category referral is taken.", "ServiceRequest.category")
    return _asked(header.reason.code(codes.MESSAGE_REASONS) if header.reason else None, requests[0].status)


def _asked(reason: str | None, status: str | None) -> Asked:
    """The combinations of reason and status that BaRS has for a request."""
    if reason == "update" and status in CANCELLED:
        return Asked.CANCEL
    if status == "active" and reason in {"new", "update"}:
        return Asked(reason)
    raise not_supported(
        "Taken are new and updated referrals that are active, and updates that revoke one.", "MessageHeader.reason"
    )


def _bundle_faults(message: Message) -> list[Issue]:
    bundle = message.bundle
    faults = []
    if not bundle.id:
        faults.append(Issue("invariant", "Bundle.id is missing: later messages refer to it.", "Bundle.id"))
    if not bundle.timestamp:
        faults.append(Issue("invariant", "Bundle.timestamp is missing.", "Bundle.timestamp"))
    urls = [entry.full_url for entry in message.entries]
    if None in urls or len(set(urls)) < len(urls):
        faults.append(Issue("invariant", "Each entry must have a fullUrl of its own.", "Bundle.entry.fullUrl"))
    return faults


def _cardinality_faults(message: Message, cardinalities: Mapping[str, tuple[int, int]]) -> list[Issue]:
    counts = message.counts()
    return [
        Issue("invariant", _count_sentence(name, least, most), f"Bundle.entry.resource.ofType({name})")
        for name, (least, most) in cardinalities.items()
        if not least <= counts[name] <= most
    ]


def _count_sentence(name: str, least: int, most: int) -> str:
    count = f"exactly {least}" if least == most else f"at least {least}"
    return f"The message must hold {count} {name}."


def _reference_faults(message: Message, asked: Asked) -> list[Issue]:
    """What must point at what."""
    request = message.only(resources.ServiceRequest)
    header = message.only(resources.MessageHeader)
    points: list[tuple[resources.Reference | None, type[resources.Resource], str]] = [
        (header.focus[0] if header.focus else None, resources.ServiceRequest, "MessageHeader.focus"),
        (header.sender, resources.Organization, "MessageHeader.sender"),
        (request.subject, resources.Patient, "ServiceRequest.subject"),
    ]
    if asked is not Asked.CANCEL:
        plan = request.based_on[0] if request.based_on else None
        points += [
            (request.encounter, resources.Encounter, "ServiceRequest.encounter"),
            (plan, resources.CarePlan, "ServiceRequest.basedOn"),
        ]
    return [
        Issue("invariant", f"{at} must point at the {model.__name__} of the message.", at)
        for reference, model, at in points
        if not message.has(model, reference)
    ]


def _workflow_faults(message: Message) -> list[Issue]:
    """The combinations of workflow variables that BaRS allows for an active referral."""
    faults = []
    if message.only(resources.CarePlan).status != "completed":
        faults.append(Issue("invariant", "An active referral needs a completed CarePlan.", "CarePlan.status"))
    if message.only(resources.Encounter).status not in DONE_ENCOUNTERS:
        sentence = "An active referral needs a triaged or finished Encounter."
        faults.append(Issue("invariant", sentence, "Encounter.status"))
    if not message.only(resources.ServiceRequest).authored_on:
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
