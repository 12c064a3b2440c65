"""Open the journey that a later message belongs to: the referral it is about, if it is live and not newer."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from homeward_kit.database import Tx
from spa_intake.adapters.db import fhir_messages, people
from spa_intake.domain.errors import ReferralHasEnded, ReferralNotFound
from spa_intake.domain.message_errors import ReferralChangedSince
from spa_intake.domain.person import require_same_number
from spa_intake.domain.referral import Referral

from .access import Access, open_referral
from .naming import Naming


@dataclass(frozen=True)
class Journey:
    """How a message names a referral, and from when it is."""

    referral_id: UUID | None  # our own number of it
    bundle_id: str
    seen_version: int | None
    nhs_number: str | None
    sent_at: datetime | None  # by the sender's clock


async def open_journey(tx: Tx, journey: Journey, access: Access, naming: Naming | None = None) -> Referral:
    """`naming`: the numbers that the message may add. Refuses with ReferralNotFound, ReferralHasEnded,
    ReferralChangedSince, PatientDiffers.
    """
    referral = await _open(tx, journey, access, naming)
    if not referral.is_live:
        raise ReferralHasEnded(state=referral.state.value)
    last = await fhir_messages.last_sent_at(tx, referral.referral_id)
    is_older = last is not None and journey.sent_at is not None and journey.sent_at < last
    if is_older or (journey.seen_version is not None and journey.seen_version < referral.version):
        raise ReferralChangedSince
    person = await people.get(tx, referral.patient_key)
    if person is not None:
        require_same_number(person, journey.nhs_number)
    return referral


async def _open(tx: Tx, journey: Journey, access: Access, naming: Naming | None) -> Referral:
    if journey.referral_id is not None:
        try:
            return await open_referral(tx, journey.referral_id, access, naming)
        except ReferralNotFound:
            pass  # the sender's own number of it, perhaps: the journey's number decides
    referral_id = await fhir_messages.referral_of_journey(tx, journey.bundle_id, access.organisations)
    if referral_id is None:
        raise ReferralNotFound
    return await open_referral(tx, referral_id, access, naming)
