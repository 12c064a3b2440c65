"""Decline a referral, or send the ward to the service that is right for the person."""

from uuid import UUID

from homeward_kit.database import Tx
from spa_intake.adapters.db import notes
from spa_intake.domain.referral import Referral, decide
from spa_intake.domain.referral_commands import Decline

from .access import Access, open_referral
from .recording import record_change


async def decline_referral(
    tx: Tx, referral_id: UUID, command: Decline, access: Access, note: str | None = None
) -> Referral:
    """`note` is for the ward to read. Refuses with ReferralAlreadyAccepted, ReferralHasEnded, RedirectNeedsService."""
    referral = await open_referral(tx, referral_id, access)
    change = decide(referral, command, tx.now)
    if note is not None and change.happened is not None:
        notes.add(tx, referral_id, note, for_ward=True)  # there before the ward is told of the decline
    return await record_change(tx, change, "decline_referral")
