"""Whose referrals a search by a person's number finds: the caller's own organisations' only, page by page."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from uuid import UUID

from homeward_kit import aliases
from homeward_kit.database import Tx


async def people_with_nhs_number(tx: Tx, number: str) -> AbstractSet[UUID]:
    """Everybody who carries the number, verified or not: it finds what was sent with it, and identifies nobody."""
    found = await tx.execute("SELECT patient_key FROM people WHERE nhs_number = :number", {"number": number})
    return await _with_aliases(tx, found.scalars())


async def people_with_hospital_number(tx: Tx, number: str, hospitals: Iterable[str]) -> AbstractSet[UUID]:
    """Everybody to whom one of these hospitals gave the number."""
    found = await tx.execute(
        "SELECT patient_key FROM person_identifiers WHERE scheme = ANY(:hospitals) AND value = :number",
        {"number": number, "hospitals": list(hospitals)},
    )
    return await _with_aliases(tx, found.scalars())


async def people_like_that_of(tx: Tx, referral_id: UUID) -> AbstractSet[UUID]:
    """The person of a referral, with everybody who carries the same NHS number: whom the page before was about."""
    found = await tx.execute(
        "SELECT other.patient_key FROM referrals JOIN people USING (patient_key)"
        " JOIN people other ON other.patient_key = people.patient_key OR other.nhs_number = people.nhs_number"
        " WHERE referral_id = :id",
        {"id": referral_id},
    )
    return await _with_aliases(tx, found.scalars())


async def referrals_of(
    tx: Tx, people: AbstractSet[UUID], organisations: AbstractSet[str], *, after: UUID | None, limit: int
) -> list[UUID]:
    """Their referrals that are these organisations', as they were received; `after` is the last of the page before."""
    found = await tx.execute(
        "SELECT referral_id FROM referrals"
        " WHERE patient_key = ANY(:people) AND organisation = ANY(:own)"
        " AND (CAST(:after AS uuid) IS NULL OR (received_at, referral_id) >"
        "   (SELECT received_at, referral_id FROM referrals WHERE referral_id = :after AND organisation = ANY(:own)))"
        " ORDER BY received_at, referral_id LIMIT :limit",
        {"people": list(people), "own": list(organisations), "after": after, "limit": limit},
    )
    return list(found.scalars())


async def _with_aliases(tx: Tx, keys: Iterable[UUID]) -> AbstractSet[UUID]:
    found = frozenset(keys)
    return await aliases.keys_of(tx, *found) if found else found
