"""How a referral's journey stands for the ward, and that a change of it is a change of the referral."""

from collections.abc import Collection, Sequence
from uuid import UUID

from homeward_kit.database import Tx
from spa_intake.adapters.webhooks.message import JourneyPart

_JOURNEY = """
SELECT p.case_state, coalesce(p.is_paused, false) AS is_paused, coalesce(p.is_returned, false) AS is_returned,
    p.pathway, p.target_on, p.package_state, coalesce(p.holds, '{}') AS holds, p.watch_state,
    s.discharged_at AS left_at
FROM referrals r
LEFT JOIN stays s ON s.stay_id = r.stay_id AND NOT s.is_cancelled
LEFT JOIN referral_progress p ON p.referral_id = r.referral_id
WHERE r.referral_id = :id
"""


async def journey_of(tx: Tx, referral_id: UUID) -> JourneyPart:
    """As far as it is known; of a referral that is not there yet, nothing."""
    row = (await tx.execute(_JOURNEY, {"id": referral_id})).mappings().one_or_none()
    return JourneyPart() if row is None else JourneyPart(**{**row, "holds": tuple(row["holds"])})


async def note_change(tx: Tx, referral_id: UUID) -> None:
    """Somebody who asks for what has changed since finds it again."""
    await tx.execute(
        "UPDATE referrals SET changed_at = :now WHERE referral_id = :id", {"id": referral_id, "now": tx.now}
    )


async def note_change_of_stays(tx: Tx, stay_ids: Collection[UUID]) -> Sequence[UUID]:
    """As `note_change`, for the referrals linked to these stays; which they are."""
    if not stay_ids:
        return []
    changed = await tx.execute(
        "UPDATE referrals SET changed_at = :now WHERE stay_id = ANY(:ids) RETURNING referral_id",
        {"ids": list(stay_ids), "now": tx.now},
    )
    return changed.scalars().all()


async def note_change_of_person(tx: Tx, patient_key: UUID) -> None:
    """As `note_change`, for all of a person's referrals."""
    await tx.execute(
        "UPDATE referrals SET changed_at = :now WHERE patient_key = :key", {"key": patient_key, "now": tx.now}
    )
