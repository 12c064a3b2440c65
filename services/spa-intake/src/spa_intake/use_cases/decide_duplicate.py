"""Decide whether two records are one person's: a coordinator compared them, or takes an earlier decision back."""

from collections.abc import Callable
from uuid import UUID

from homeward_kit import audit
from homeward_kit.database import Tx
from spa_intake.adapters.db import merges, people
from spa_intake.adapters.db.merges import PossibleDuplicate
from spa_intake.domain.errors import PossibleDuplicateNotFound
from spa_intake.domain.merging import Decision, DecisionReason, require_change, word_of_staff
from spa_intake.domain.policy import Policy

from .joining import record_word


async def decide_duplicate(
    tx: Tx,
    duplicate_id: UUID,
    choice: tuple[Decision, DecisionReason],
    policy: Policy,
    check_version: Callable[[int], None],
) -> PossibleDuplicate:
    """Refuses with PossibleDuplicateNotFound, PossibleDuplicateDecided."""
    decision, reason = choice
    found = await merges.duplicate(tx, duplicate_id)
    if found is None:
        raise PossibleDuplicateNotFound
    await tx.lock(found.first, found.second)
    known = await _again(tx, duplicate_id)  # it may have been decided while this waited
    check_version(known.version)
    require_change(known.decision, decision)
    first, second = sorted(await people.of_keys(tx, (known.first, known.second)), key=lambda person: person.patient_key)
    said = word_of_staff(first, second, decision, tx.now)
    await merges.decide(tx, duplicate_id, decision, reason)
    await record_word(tx, said, policy)
    subject = f"possible-duplicate/{duplicate_id}"
    await audit.record(tx, "decide_duplicate", subject, patient_key=said.survivor, outcome=decision)
    return await _again(tx, duplicate_id)


async def _again(tx: Tx, duplicate_id: UUID) -> PossibleDuplicate:
    found = await merges.duplicate(tx, duplicate_id)
    if found is None:
        raise PossibleDuplicateNotFound
    return found
