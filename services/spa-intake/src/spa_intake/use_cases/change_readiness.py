"""Record an assessment of the criteria to reside: with one, the person must stay; with none, they may go home."""

from datetime import timedelta
from uuid import UUID

from homeward_kit.database import Tx
from spa_intake.adapters.db import assessments
from spa_intake.domain.codes import ReadinessReason
from spa_intake.domain.criteria import Assessment, is_kept
from spa_intake.domain.errors import AssessmentInFuture, CriterionBeganLater, CriterionNotMet, ReferralNotFromHospital
from spa_intake.domain.kinds import POLICIES
from spa_intake.domain.referral import Referral

from .access import Access, open_referral
from .assessing import settle_readiness
from .recording import record_change

CLOCK_TOLERANCE = timedelta(minutes=5)  # the ward's clock may be a little fast


async def change_readiness(tx: Tx, referral_id: UUID, assessment: Assessment, access: Access) -> Referral:
    """One older than the newest is kept in the series, and counts only for since when a criterion has been met.

    Refuses with ReferralNotFromHospital, AssessmentInFuture, CriterionNotMet, CriterionBeganLater, ReferralHasEnded.
    """
    referral = await open_referral(tx, referral_id, access)
    if not POLICIES[referral.kind].is_from_hospital:
        raise ReferralNotFromHospital
    if assessment.assessed_at > tx.now + CLOCK_TOLERANCE:
        raise AssessmentInFuture
    if assessment.since.keys() - set(assessment.criteria):
        raise CriterionNotMet
    if any(began_at > assessment.assessed_at for began_at in assessment.since.values()):
        raise CriterionBeganLater
    if not is_kept(assessment, await assessments.of_referral(tx, referral_id)):
        await assessments.add(tx, referral.referral_id, assessment)
    change = await settle_readiness(tx, referral, ReadinessReason.ASSESSED)
    return await record_change(tx, change, "change_readiness")
