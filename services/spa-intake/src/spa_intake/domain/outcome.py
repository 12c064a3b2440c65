"""What the outcome of the thirty days does to the referrals of that stay."""

from collections.abc import Iterable
from datetime import datetime

from .codes import CloseReason
from .ids import ReferralId, StayId
from .referral import Change, Referral, decide
from .referral_commands import Close


def ended_by_outcome(referrals: Iterable[Referral], stay_id: StayId) -> list[Referral]:
    """Every accepted live one: architecture.md, section 7 (outcomes carry the stay, not one referral of it)."""
    return [one for one in referrals if one.is_live and one.was_accepted and one.stay_id == stay_id]


def close_after_watch(referrals: Iterable[Referral], stay_id: StayId, now: datetime) -> list[Change]:
    """The thirty days went by without a readmission."""
    return [decide(one, Close(CloseReason.WATCH_COMPLETED), now) for one in ended_by_outcome(referrals, stay_id)]


def close_after_readmission(referral: Referral, now: datetime) -> Change | None:
    """A day has gone by since the readmission was detected; None: something else has ended the referral since."""
    if not referral.is_live or not referral.was_accepted:
        return None
    return decide(referral, Close(CloseReason.READMITTED), now)


def spared(referrals: Iterable[Referral], stay_id: StayId, referral_id: ReferralId) -> list[Referral]:
    """The referrals that a readmission ended, or would have, and that it turns out not to concern."""
    return [one for one in referrals if one.stay_id == stay_id or one.referral_id == referral_id]
