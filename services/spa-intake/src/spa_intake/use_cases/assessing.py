"""How a referral follows its dated series of assessments and the clock."""

from collections.abc import Sequence

from homeward_kit import timers
from homeward_kit.database import Tx
from spa_intake.adapters.db import assessments
from spa_intake.domain.codes import ReadinessReason
from spa_intake.domain.criteria import Met, first_assessment, met_now, next_lapse, readiness, series
from spa_intake.domain.referral import Change, Referral, decide

LAPSE = "lapse_criteria"


async def start_clock(tx: Tx, referral: Referral) -> None:
    """For a referral that has just come; what has ended already ends at once, so that it is told."""
    first = first_assessment(referral.facts, referral.received_at)
    met = series([first])[-1].met if first else ()
    if next_lapse(met) is not None:
        await set_clock(tx, referral, met)


async def settle_readiness(tx: Tx, referral: Referral, reason: ReadinessReason) -> Change:
    """The referral as its series stands now, with the clock set for the criterion that ends next."""
    entries = series(await assessments.of_referral(tx, referral.referral_id))
    command = readiness(entries, tx.now, reason)
    if command is None:
        return Change(referral, None)
    change = decide(referral, command, tx.now)
    await set_clock(tx, referral, met_now(entries, tx.now))
    return change


async def set_clock(tx: Tx, referral: Referral, met: Sequence[Met]) -> None:
    """Wake when the next of these ends; nothing is to be waited for where the clock ends none."""
    due_at = next_lapse(met)
    if due_at is None:
        await timers.cancel_timer(tx, LAPSE, referral.referral_id)
    else:
        await timers.set_timer(tx, LAPSE, referral.referral_id, key=referral.patient_key, due_at=due_at)
