"""Which FHIR messages were taken or are being taken, by the sender's own X-Request-Id, and whose referral each is."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from uuid import UUID

from homeward_kit.database import Tx, lock_number
from spa_intake.domain.ids import ReferralId


class Claim(Enum):
    """What is known of a request when it arrives."""

    NEW = auto()
    BEING_TAKEN = auto()
    TAKEN = auto()


@dataclass(frozen=True, slots=True)
class Sent:
    """A message as its sender identifies it."""

    sender: str  # the client's subject
    request_id: UUID
    correlation_id: UUID
    bundle_id: str  # kept through all messages of a journey
    reason: str  # new, update or cancel
    sent_at: datetime | None  # by the sender's clock


async def claim(tx: Tx, sender: str, request_id: UUID) -> Claim:
    """As `claim_all`, for one."""
    (claimed,) = await claim_all(tx, [(sender, request_id)])
    return claimed


async def claim_all(tx: Tx, wanted: Sequence[tuple[str, UUID]]) -> list[Claim]:
    """Ask for requests until the end of this transaction; nobody waits, for the standard has an answer to that.

    Of two that are the same, the first is asked for and the second is being taken.
    """
    numbers = [lock_number(f"fhir/{sender}/{request_id}") for sender, request_id in wanted]
    locked = await tx.execute(
        "SELECT number FROM unnest(CAST(:numbers AS bigint[])) AS number WHERE pg_try_advisory_xact_lock(number)",
        {"numbers": sorted(set(numbers))},
    )
    ours = set(locked.scalars())
    # a statement of its own, begun when the locks are held: whoever held them before has committed or gone
    found = await tx.execute(
        "SELECT sender, request_id FROM fhir_messages"
        " JOIN unnest(CAST(:senders AS text[]), CAST(:ids AS uuid[])) AS wanted (sender, request_id)"
        " USING (sender, request_id)",
        {"senders": [sender for sender, _ in wanted], "ids": [request_id for _, request_id in wanted]},
    )
    taken = {(row.sender, UUID(str(row.request_id))) for row in found}
    claims = []
    for request, number in zip(wanted, numbers, strict=True):
        if request in taken:
            claims.append(Claim.TAKEN)
        else:
            claims.append(Claim.NEW if number in ours else Claim.BEING_TAKEN)
            ours.discard(number)
    return claims


def remember(tx: Tx, message: Sent, referral_id: ReferralId) -> None:
    """Note that a message was taken, in the transaction that took it."""
    tx.add_row(
        "fhir_messages",
        {
            "sender": message.sender,
            "request_id": message.request_id,
            "correlation_id": message.correlation_id,
            "bundle_id": message.bundle_id,
            "referral_id": referral_id,
            "received_at": tx.now,
            "reason": message.reason,
            "sent_at": message.sent_at,
        },
    )


async def referral_of_journey(tx: Tx, bundle_id: str, organisations: AbstractSet[str] | None) -> ReferralId | None:
    """The youngest referral of these organisations (None: of any) that a message with this Bundle.id made."""
    found = await tx.execute(
        "SELECT r.referral_id FROM fhir_messages JOIN referrals r USING (referral_id)"
        " WHERE bundle_id = :bundle_id AND reason = 'new'"
        " AND (CAST(:own AS text[]) IS NULL OR r.organisation = ANY(:own))"
        " ORDER BY fhir_messages.received_at DESC LIMIT 1",
        {"bundle_id": bundle_id, "own": None if organisations is None else list(organisations)},
    )
    referral_id = found.scalar_one_or_none()
    return ReferralId(referral_id) if referral_id else None


async def last_sent_at(tx: Tx, referral_id: ReferralId) -> datetime | None:
    """When, by the sender's clock, the newest message that was taken about a referral was written.

    None was written after it came: of a clock that is ahead nothing would be newer for as long.
    """
    found = await tx.execute(
        "SELECT max(least(sent_at, received_at)) FROM fhir_messages WHERE referral_id = :id", {"id": referral_id}
    )
    sent_at: datetime | None = found.scalar_one()
    return sent_at
