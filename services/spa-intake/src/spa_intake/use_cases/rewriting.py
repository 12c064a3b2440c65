"""What an amendment or an answer changes beside the coded facts: contacts, words, and how the person is reached."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from homeward_kit.database import Tx
from spa_intake.adapters.db import people, referral_contents
from spa_intake.domain.content import ReferralContent
from spa_intake.domain.inputs import ReferralFacts
from spa_intake.domain.person import Person, told, with_person
from spa_intake.domain.referral import Referral


@dataclass(frozen=True)
class Rewriting:
    """How the words change, and what is said of the person (a blank clears it); None: nothing is said of them."""

    content: Callable[[ReferralContent], ReferralContent] | None = None
    person: Callable[[Person], Mapping[str, Any]] | None = None  # Any: details of any type


@dataclass(frozen=True)
class Rewritten:
    """Whether anything changed, and the facts with what they say of the person as now known."""

    is_rewritten: bool
    facts: ReferralFacts


async def rewrite(tx: Tx, referral: Referral, facts: ReferralFacts, rewriting: Rewriting) -> Rewritten:
    """Save what changes. What is said of the person is told now: older messages of the hospital leave it."""
    is_content_new = await _rewrite_content(tx, referral, rewriting)
    person = await people.get(tx, referral.patient_key)
    if person is None or rewriting.person is None:
        return Rewritten(is_content_new, facts)
    after = told(person, rewriting.person(person), tx.now)
    await people.save(tx, after)
    if replace(after, details_as_of=person.details_as_of, told_at=person.told_at) == person:
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
