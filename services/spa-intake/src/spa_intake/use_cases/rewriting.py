"""What an amendment or an answer changes beside the coded facts: contacts, words, and how the person is reached."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from homeward_kit.database import Tx
from spa_intake.adapters.db import people, referral_contents
from spa_intake.domain.content import ReferralContent
from spa_intake.domain.inputs import ReferralFacts
from spa_intake.domain.person import Person, with_person
from spa_intake.domain.referral import Referral


@dataclass(frozen=True)
class Rewriting:
    """How both change; None: nothing is said of them."""

    content: Callable[[ReferralContent], ReferralContent] | None = None
    person: Callable[[Person], Person] | None = None


@dataclass(frozen=True)
class Rewritten:
    """Whether anything changed, and the facts with what they say of the person as now known."""

    is_rewritten: bool
    facts: ReferralFacts


async def rewrite(tx: Tx, referral: Referral, facts: ReferralFacts, rewriting: Rewriting) -> Rewritten:
    """Save what changes. The person's details are then as of now: an older message of the hospital leaves them."""
    is_content_new = await _rewrite_content(tx, referral, rewriting)
    person = await people.get(tx, referral.patient_key)
    if person is None or rewriting.person is None:
        return Rewritten(is_content_new, facts)
    after = rewriting.person(person)
    if after == person:
        return Rewritten(is_content_new, facts)
    await people.save(tx, replace(after, details_as_of=max(tx.now, person.details_as_of)))
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
