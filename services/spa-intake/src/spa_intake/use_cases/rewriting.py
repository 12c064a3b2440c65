"""What an amendment or an answer changes beside the coded facts: contacts, words, and how the person is reached."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from homeward_kit.database import Tx
from spa_intake.adapters.db import people, referral_contents
from spa_intake.domain.content import ReferralContent
from spa_intake.domain.inputs import ReferralFacts
from spa_intake.domain.person import require_same_person, told, with_person
from spa_intake.domain.referral import Referral

from .naming import Named, Naming, ask_about, take_numbers


@dataclass(frozen=True)
class Rewriting:
    """How the words change, and what is said of the person (a blank clears it); None: nothing is said of it."""

    content: Callable[[ReferralContent], ReferralContent] | None = None
    person: Mapping[str, Any] | None = None  # Any: details of any type
    naming: Naming | None = None  # their numbers, locked before the referral is opened


@dataclass(frozen=True)
class Rewritten:
    """Whether anything changed, and the facts with what they say of the person as now known."""

    is_rewritten: bool
    facts: ReferralFacts


async def rewrite(tx: Tx, referral: Referral, facts: ReferralFacts, rewriting: Rewriting) -> Rewritten:
    """Save what changes. What is said of the person is told now: older messages of the hospital leave it.

    Refuses with PatientDiffers, and with NhsNumberInvalid where a site wants no such number.
    """
    is_content_new = await _rewrite_content(tx, referral, rewriting)
    person = await people.get(tx, referral.patient_key)
    if person is None or (rewriting.person is None and rewriting.naming is None):
        return Rewritten(is_content_new, facts)
    said = rewriting.person or {}
    require_same_person(person, said)
    named = Named(told(person, said, tx.now) if said else person)
    if rewriting.naming is not None:
        named = await take_numbers(tx, named.person, rewriting.naming(referral.facts))
    after = named.person
    await people.save(tx, after)
    is_same = replace(after, details_as_of=person.details_as_of, told_at=person.told_at) == person
    if named.others or not is_same:
        await ask_about(tx, after, named.others)
    if is_same and not named.is_new:
        return Rewritten(is_content_new, facts)
    return Rewritten(is_rewritten=True, facts=with_person(facts, after, referral.received_at.date()))


async def _rewrite_content(tx: Tx, referral: Referral, rewriting: Rewriting) -> bool:
    if rewriting.content is None:
        return False
    before = await referral_contents.get(tx, referral.referral_id)
    after = rewriting.content(before)
    if after == before:
        return False
    await referral_contents.save(tx, referral.referral_id, after)
    return True
