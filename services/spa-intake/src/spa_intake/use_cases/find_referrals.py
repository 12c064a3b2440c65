"""Find an organisation's own referrals by a number of the person they are about."""

from collections.abc import Set as AbstractSet
from uuid import UUID

from homeward_kit.database import Tx
from spa_intake.adapters.db import fhir_search, referral_views
from spa_intake.adapters.db.referral_views import ReferralView
from spa_intake.adapters.fhir.searching import NHS_SCHEME, Search


async def find_referrals(tx: Tx, search: Search, own: AbstractSet[str]) -> list[ReferralView]:
    """One more than the page holds where there is another page."""
    if search.referral_ids is not None:
        return await referral_views.of_ids(tx, search.referral_ids, own)
    limit = search.count + 1
    found = await fhir_search.referrals_of(tx, await _people(tx, search, own), own, after=search.after, limit=limit)
    return await referral_views.of_ids(tx, found, own)


async def _people(tx: Tx, search: Search, own: AbstractSet[str]) -> AbstractSet[UUID]:
    if search.after is not None:
        return await fhir_search.people_like_that_of(tx, search.after)
    if search.patient is None:
        return frozenset()
    if search.patient.scheme == NHS_SCHEME:
        return await fhir_search.people_with_nhs_number(tx, search.patient.value)
    return await fhir_search.people_with_hospital_number(tx, search.patient.value, own)
