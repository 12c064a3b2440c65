"""What a later message of a journey does: an update amends, a cancellation withdraws."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from homeward_kit.auth import Caller
from homeward_kit.database import Database, Tx
from spa_intake.adapters.db import fhir_messages, notes
from spa_intake.adapters.db.fhir_messages import Claim, Sent
from spa_intake.adapters.fhir import journey, outcome
from spa_intake.adapters.fhir.message import Message
from spa_intake.adapters.fhir.referral import read_referral
from spa_intake.adapters.fhir.rules import Asked
from spa_intake.api.dependencies import organisations_of
from spa_intake.domain.criteria import Assessment
from spa_intake.domain.inputs import ReferralFacts, ReferralIn
from spa_intake.domain.person import said_of
from spa_intake.domain.policy import Policy
from spa_intake.domain.referral import Referral, ReferralState
from spa_intake.use_cases.access import Access
from spa_intake.use_cases.amend_referral import amend_referral
from spa_intake.use_cases.answer_query import answer_query
from spa_intake.use_cases.change_readiness import change_readiness
from spa_intake.use_cases.naming import naming
from spa_intake.use_cases.open_journey import Journey, open_journey
from spa_intake.use_cases.record_note import record_note
from spa_intake.use_cases.rewriting import Rewriting
from spa_intake.use_cases.withdraw_referral import withdraw_referral


@dataclass(frozen=True)
class Change:
    """A later message of a journey, read and checked."""

    message: Message
    asked: Asked
    sent: Sent


@dataclass(frozen=True)
class Changed:
    """What became of it."""

    referral: Referral
    changed_at: datetime
    event_ids: Sequence[UUID]


async def change_referral(database: Database, policy: Policy, caller: Caller, change: Change) -> Changed:
    """Taken once; refuses what was taken before, and what the journey does not allow."""
    async with database.transaction(actor=caller.subject, place="command") as tx:
        claimed = await fhir_messages.claim(tx, change.sent.sender, change.sent.request_id)
        if claimed is Claim.TAKEN:
            raise outcome.duplicate()
        if claimed is Claim.BEING_TAKEN:
            raise outcome.too_early()
        access = Access(organisations_of(caller))
        if change.asked is Asked.CANCEL:
            referral = await _cancel(tx, change.message, await open_journey(tx, _journey(change), access), access)
        else:
            referral = await _update(tx, change, access, policy)
        fhir_messages.remember(tx, change.sent, referral.referral_id)
        return Changed(referral, tx.now, tx.event_ids)


def _journey(change: Change) -> Journey:
    original = journey.original_of(change.message)
    return Journey(**vars(original), sent_at=change.sent.sent_at)


async def _cancel(tx: Tx, message: Message, referral: Referral, access: Access) -> Referral:
    if words := journey.reason_words(message):
        await record_note(tx, referral.referral_id, words, access)
    return await withdraw_referral(tx, referral.referral_id, journey.withdraw_reason(message), access)


async def _update(tx: Tx, change: Change, access: Access, policy: Policy) -> Referral:
    """The message is the referral anew: what it leaves out is no longer known. A query is thereby answered.

    Of the person it corrects what it says and leaves the rest, as a new referral of somebody known does.
    """
    asked = read_referral(change.message, "")  # whose referral it is, and of which hospital, stays
    rewriting = Rewriting(lambda _: asked.content, said_of(asked.person), naming(asked.person, policy))
    referral = await open_journey(tx, _journey(change), access, rewriting.naming)
    changed = await _amend(tx, referral, asked, access, rewriting)
    assessed_at = asked.facts.criteria_assessed_at
    if assessed_at is not None:
        assessment = Assessment(assessed_at, asked.facts.criteria_to_reside, asked.facts.criteria_since)
        changed = await change_readiness(tx, referral.referral_id, assessment, access)
    known = {note.text for note in await notes.of_referral(tx, referral.referral_id)}
    if asked.reason_text and asked.reason_text not in known:
        _, changed = await record_note(tx, referral.referral_id, asked.reason_text, access)
    return changed


async def _amend(tx: Tx, referral: Referral, asked: ReferralIn, access: Access, rewriting: Rewriting) -> Referral:
    def revise(known: ReferralFacts) -> ReferralFacts:
        return replace(asked.facts, ward=asked.facts.ward or known.ward)

    state_changing = answer_query if referral.state is ReferralState.QUERIED else amend_referral
    return await state_changing(tx, referral.referral_id, revise, access, rewriting)
