"""A word about two records takes effect: the alias is set or taken away, told, and all that it concerns worked out."""

from homeward_kit import aliases
from homeward_kit.database import Tx
from spa_intake.adapters.db import merges
from spa_intake.adapters.events import telling
from spa_intake.domain.ids import PatientKey
from spa_intake.domain.merging import Said, hear, is_news
from spa_intake.domain.policy import Policy

from .rebuilding import Cause, bring_up_to_date


async def record_word(tx: Tx, said: Said, policy: Policy) -> bool:
    """Whether two records became one person's, or two people's, by this word."""
    await tx.lock(said.survivor, said.retired)
    known = await merges.get(tx, said)
    heard = hear(known, said)
    if heard is None:
        return False
    await merges.save(tx, heard)
    if not is_news(known, heard):
        return False
    groups = await aliases.hear(tx, said.survivor, said.retired, is_merged=said.is_merged, version=heard.revision)
    await telling.tell_merge(tx, heard)
    for group in groups:
        await bring_up_to_date(tx, PatientKey(min(group)), policy, Cause(said.said_at))
    return True
