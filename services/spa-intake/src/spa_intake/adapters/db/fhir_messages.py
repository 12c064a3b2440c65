"""Which FHIR messages were taken or are being taken, by the sender's own X-Request-Id."""

from dataclasses import dataclass
from enum import Enum, auto
from uuid import UUID

from homeward_kit.database import Tx, lock_number


class Claim(Enum):
    """What is known of a request when it arrives."""

    NEW = auto()
    BEING_TAKEN = auto()
    TAKEN = auto()


@dataclass(frozen=True)
class TakenMessage:
    """A message that was taken, and the referral it made."""

    sender: str  # the client's subject
    request_id: UUID
    correlation_id: UUID
    bundle_id: str
    referral_id: UUID


async def claim(tx: Tx, sender: str, request_id: UUID) -> Claim:
    """Ask for a request until the end of this transaction; nobody waits, for the standard has an answer to that."""
    number = lock_number(f"fhir/{sender}/{request_id}")
    locked = await tx.execute("SELECT pg_try_advisory_xact_lock(:number)", {"number": number})
    if not locked.scalar_one():
        return Claim.BEING_TAKEN
    found = await tx.execute(
        "SELECT 1 FROM fhir_messages WHERE sender = :sender AND request_id = :request_id",
        {"sender": sender, "request_id": request_id},
    )
    return Claim.NEW if found.one_or_none() is None else Claim.TAKEN


async def remember(tx: Tx, message: TakenMessage) -> None:
    """Note that a message was taken, in the transaction that took it."""
    await tx.execute(
        "INSERT INTO fhir_messages (sender, request_id, correlation_id, bundle_id, referral_id, received_at)"
        " VALUES (:sender, :request_id, :correlation_id, :bundle_id, :referral_id, :now)",
        {
            "sender": message.sender,
            "request_id": message.request_id,
            "correlation_id": message.correlation_id,
            "bundle_id": message.bundle_id,
            "referral_id": message.referral_id,
            "now": tx.now,
        },
    )
