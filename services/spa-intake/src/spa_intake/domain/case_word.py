"""What the MDT's word about a case does to its referral."""

from collections.abc import Sequence
from datetime import datetime

from .codes import CloseReason
from .referral import Change, Referral, decide
from .referral_commands import Close, Query

BY_MDT = "mdt"


def ask_ward(referral: Referral, missing: Sequence[str], asked_by: str, now: datetime) -> Change | None:
    """What the MDT asks, the ward is asked; None: nothing is asked, we asked it ourselves, or the referral ended."""
    if asked_by != BY_MDT or not missing or not referral.is_live:
        return None
    return decide(referral, Query(tuple(missing)), now)


def close_unsuitable(referral: Referral, reason: str, now: datetime) -> Change | None:
    """None: the case was closed by something that intake knows already, or the referral has ended."""
    if reason != CloseReason.NOT_SUITABLE or not referral.is_live or not referral.was_accepted:
        return None
    return decide(referral, Close(CloseReason.NOT_SUITABLE), now)
