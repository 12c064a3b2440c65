"""What a later message of a journey says about the referral that the first one made."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from homeward_kit.values import is_valid_nhs_number
from spa_intake.adapters.fhir import codes, resources
from spa_intake.adapters.fhir.headers import is_identifier
from spa_intake.adapters.fhir.message import Message, first_value, instant
from spa_intake.adapters.fhir.outcome import FhirRefusal, Issue, bad_request
from spa_intake.domain.codes import WithdrawReason


@dataclass(frozen=True)
class Original:
    """How a message names the referral it is about."""

    referral_id: UUID | None  # our own number of it, from an answer or a search
    bundle_id: str  # kept through all messages of a journey
    seen_version: int | None  # the version its sender had read, where it says
    nhs_number: str | None  # with a right check digit


def original_of(message: Message) -> Original:
    """Named by the identifier or the id that we gave it, else by the Bundle.id of the first message."""
    request = message.only(resources.ServiceRequest)
    ours = first_value(request.identifier, codes.REFERRAL_ID)
    named = ours.value if ours and ours.value else request.id or ""
    referral_id = UUID(named) if is_identifier(named) else None
    version = request.meta.version_id or ""
    number = first_value(message.only(resources.Patient).identifier, codes.NHS_NUMBER)
    digits = "".join((number.value or "").split()) if number else ""
    return Original(
        referral_id=referral_id,
        bundle_id=str(message.bundle.id),
        # a number is ours only where the resource is the one that was read here
        seen_version=int(version) if referral_id and version.isascii() and version.isdigit() else None,
        nhs_number=digits if is_valid_nhs_number(digits) else None,
    )


def sent_at(message: Message) -> datetime | None:
    """When the message was written, by the sender's clock: the newest time its Bundle names."""
    bundle = message.bundle
    faults: list[Issue] = []
    moments = [
        instant(bundle.meta.last_updated, "Bundle.meta.lastUpdated", faults),
        instant(bundle.timestamp, "Bundle.timestamp", faults),
    ]
    if faults:
        raise FhirRefusal(400, "REC_BAD_REQUEST", faults)
    return max((moment for moment in moments if moment is not None), default=None)


def withdraw_reason(message: Message) -> WithdrawReason:
    """Why a referral is cancelled: by its status, else by a reason code of ours, else no longer needed."""
    request = message.only(resources.ServiceRequest)
    if request.status == "entered-in-error":
        return WithdrawReason.ENTERED_IN_ERROR
    said = next((code for each in request.reason_code if (code := each.code(codes.WITHDRAW_REASONS))), None)
    if said is None:
        return WithdrawReason.NO_LONGER_NEEDED
    if said not in set(WithdrawReason):
        raise bad_request("code-invalid", "The code is not one of WithdrawReason.", "ServiceRequest.reasonCode")
    return WithdrawReason(said)


def reason_words(message: Message) -> str | None:
    """What the sender wrote about a cancellation, for a note."""
    written = [each.text for each in message.only(resources.ServiceRequest).reason_code if each.text]
    return "\n".join(written).strip()[:10_000] or None
