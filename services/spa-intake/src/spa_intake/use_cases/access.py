"""The way to a referral: found among those the caller may see, locked, and still at the version the caller saw."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from uuid import UUID

from homeward_kit import telemetry
from homeward_kit.database import Tx
from spa_intake.adapters.db import referrals
from spa_intake.adapters.db.recognition import locks_of
from spa_intake.domain.errors import ReferralNotFound
from spa_intake.domain.referral import Referral

from .naming import Naming


@dataclass(frozen=True)
class Access:
    """Whose referrals the caller may touch (None: any), and the check of the version it saw (None: no check)."""

    organisations: AbstractSet[str] | None = None
    check_version: Callable[[int], None] | None = None

    def may_touch(self, referral: Referral) -> bool:
        return self.organisations is None or referral.facts.referring_organisation in self.organisations


async def open_referral(tx: Tx, referral_id: UUID, access: Access, naming: Naming | None = None) -> Referral:
    """The referral, under its person's lock; ReferralNotFound also where it is another organisation's.

    Numbers that a message names are locked first, as everywhere (`adapters/db/recognition.py`).
    """
    patient_key = await referrals.patient_key_of(tx, referral_id)
    if patient_key is None:
        raise ReferralNotFound
    if naming is not None and (unlocked := await referrals.get(tx, referral_id)):
        await tx.lock(*locks_of(naming(unlocked.facts)))
    await tx.lock(patient_key)
    referral = await referrals.get(tx, referral_id)
    if referral is None or not access.may_touch(referral):
        raise ReferralNotFound
    telemetry.set_referral(referral_id)
    if access.check_version is not None:
        access.check_version(referral.version)
    return referral
