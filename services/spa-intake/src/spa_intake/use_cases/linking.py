"""A referral follows its stay: linked, or linked anew, whenever either becomes known or changes."""

from collections.abc import Iterable, Sequence

from homeward_kit import timers
from homeward_kit.database import Tx
from spa_intake.domain.referral import Change, Referral, ReferralFact
from spa_intake.domain.stay_history import Stay

from .close_after_readmission import TIMER
from .recording import record_change

_ACTIONS = {
    ReferralFact.STAY_UNLINKED: "unlink_stay",
    ReferralFact.STAY_LINKED: "link_stay",
    ReferralFact.AMENDED: "follow_person",
    ReferralFact.CLOSED: "close_on_death",
}


async def record_following(tx: Tx, referral: Referral, changes: Iterable[Change], stays: Sequence[Stay]) -> Referral:
    """Record how a referral followed its person and their stays."""
    for change in changes:
        if change.happened is None:
            continue
        if change.happened.fact is ReferralFact.STAY_UNLINKED:
            await timers.cancel_timer(tx, TIMER, referral.referral_id)  # a readmission after that stay is not its own
        linked = next((stay for stay in stays if stay.stay_id == change.happened.stay_id), None)
        referral = await record_change(tx, change, _ACTIONS[change.happened.fact], linked)
    return referral
