"""A referral follows its stay: linked, or linked anew, whenever either becomes known or changes."""

from collections.abc import Sequence

from homeward_kit import timers
from homeward_kit.database import Tx
from spa_intake.domain.linking import stay_of
from spa_intake.domain.policy import Policy
from spa_intake.domain.referral import Referral, decide
from spa_intake.domain.referral_commands import LinkStay, UnlinkStay
from spa_intake.domain.stay_history import Stay

from .close_after_readmission import TIMER
from .recording import record_change


async def link_to_stay(tx: Tx, referral: Referral, stays: Sequence[Stay], policy: Policy) -> Referral:
    """Unlink it from a stay that is not its own, and link it to the one that is."""
    found = stay_of(referral, stays, policy.link_window)
    if referral.stay_id == found:
        return referral
    if referral.stay_id is not None:
        await timers.cancel_timer(tx, TIMER, referral.referral_id)  # a readmission after that stay is not its own
        referral = await record_change(tx, decide(referral, UnlinkStay(), tx.now), "unlink_stay")
    stay = next((one for one in stays if one.stay_id == found), None)
    if stay is None:
        return referral
    return await record_change(tx, decide(referral, LinkStay(stay.stay_id), tx.now), "link_stay", stay)
