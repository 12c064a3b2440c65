"""What an outcome of the thirty days ends: every accepted live referral of that stay."""

from collections.abc import Iterable

from .ids import StayId
from .referral import Referral


def ended_by_outcome(referrals: Iterable[Referral], stay_id: StayId) -> list[Referral]:
    """Source: architecture.md, section 7 (outcomes carry the stay, not one referral of it)."""
    return [one for one in referrals if one.is_live and one.was_accepted and one.stay_id == stay_id]
